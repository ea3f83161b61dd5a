import type { Role } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { sql } from "../sql.ts";

export type CredentialItem = {
  id: string;
  name: string;
  description: string;
  owner: { id: string; name: string };
  roles: Role[];
  /** Procedures it may call; null: all that its roles allow. */
  accessRules: string[] | null;
  createdAt: Date;
  /** null: never */
  expiresAt: Date | null;
  /** Within a minute; null: never yet. */
  lastUsedAt: Date | null;
  expired: boolean;
};

type Row = Omit<CredentialItem, "owner"> & { ownerId: string; ownerName: string };

export const credentialFilter = z.object({ mine: z.boolean().optional() }).optional();

const select = `c.id, c.name, c.description, c.roles::text[] AS roles, c.access_rules AS "accessRules",
  c.created_at AS "createdAt", c.expires_at AS "expiresAt", c.last_used_at AS "lastUsedAt",
  coalesce(c.expires_at <= now(), false) AS expired, u.id AS "ownerId", u.name AS "ownerName"`;
const sorts = {
  name: { column: "c.name", type: "text" },
  createdAt: { column: "c.created_at", type: "timestamptz" },
} as const;

/** `ownerId` null: everybody's in the project. */
export function listCredentials(
  database: Database,
  { projectId, ownerId }: { projectId: string; ownerId: string | null },
  input: PageInput,
): Promise<Page<CredentialItem>> {
  const own = ownerId === null ? [] : [sql`c.user_id = ${ownerId}::uuid`];
  const where = [sql`c.project_id = ${projectId}::uuid`, ...own];
  const from = `application_credential c JOIN "user" u ON u.id = c.user_id`;
  const query = { select, from, id: "c.id", sorts, defaultSort: "name", where, toItem };
  return listPage<Row, CredentialItem>(database, query, input);
}

function toItem(row: Row): CredentialItem {
  const { id, name, description, roles, accessRules, createdAt, expiresAt, lastUsedAt, expired } = row;
  const owner = { id: row.ownerId, name: row.ownerName };
  return { id, name, description, owner, roles, accessRules, createdAt, expiresAt, lastUsedAt, expired };
}
