/** Programs sign in with "madang.<credential id>.<secret>" as bearer. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type Grants, isWithin, rolesIn } from "@madang/core/identity/permission";
import type { Database, Tx } from "@madang/db";
import { z } from "zod";
import { grantsOf, type Identity } from "./identity.ts";

const touchEveryMs = 60_000;
const shape = /^madang\.([0-9a-f-]{36})\.([\w-]{43})$/;
const rules = z.array(z.string()).nullable();

export type Secret = { secret: string; secretHash: string };

/** 256 random bits: the hash needs no salt, and guessing is hopeless. */
export function newSecret(): Secret {
  const secret = randomBytes(32).toString("base64url");
  return { secret, secretHash: hashOf(secret) };
}

export function bearerText(id: string, secret: string): string {
  return `madang.${id}.${secret}`;
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

type Row = Omit<Identity, "grants" | "sessionId" | "credential"> & {
  credentialId: string;
  credentialName: string;
  secretHash: string;
  accessRules: unknown;
  projectId: string;
  roles: string[];
  system: string[];
  projects: { id: string; role: string }[];
};

const query = {
  name: "madang_credential_identity",
  text: `SELECT c.id AS "credentialId", c.name AS "credentialName", c.secret_hash AS "secretHash",
    c.access_rules AS "accessRules", c.project_id AS "projectId", c.roles::text[] AS roles, c.created_at AS "createdAt",
    c.created_at AS "confirmedAt", coalesce(c.last_used_at, 'epoch') AS "lastSeenAt", u.id AS "userId",
    u.name AS "userName", u.email, u.must_change_password AS "mustChangePassword",
    (SELECT coalesce(json_agg(a.role), '[]') FROM system_role_assignment a WHERE a.user_id = u.id) AS system,
    (SELECT coalesce(json_agg(json_build_object('id', a.project_id, 'role', a.role)), '[]') FROM (
       SELECT project_id, role FROM role_assignment WHERE user_id = u.id AND project_id = c.project_id
       UNION SELECT g.project_id, g.role FROM group_role_assignment g
         JOIN group_member m ON m.group_id = g.group_id WHERE m.user_id = u.id AND g.project_id = c.project_id) a) AS projects
  FROM application_credential c JOIN "user" u ON u.id = c.user_id JOIN domain d ON d.id = u.domain_id
    JOIN project p ON p.id = c.project_id
  WHERE c.id = ANY($1::uuid[]) AND (c.expires_at IS NULL OR c.expires_at > now()) AND u.enabled AND d.enabled AND p.enabled`,
};

/**
 * null when it is not ours, wrong, expired, or its owner may not sign in or has no role left that it was made for. It
 * counts no further than its owner does now.
 */
export async function readCredentialIdentity(database: Database, bearer: string): Promise<Identity | null> {
  const [, id, secret] = shape.exec(bearer) ?? [];
  if (id === undefined || secret === undefined || !z.uuid().safeParse(id).success) return null;
  const [row] = (await database.pool.query<Row>(query, [[id]])).rows;
  if (!row || !isSame(hashOf(secret), row.secretHash)) return null;
  const grants = grantsBy(row);
  if (!grants) return null;
  const { credentialId, credentialName, secretHash, accessRules, roles, system, projects, ...rest } = row;
  const credential = { id: credentialId, name: credentialName, accessRules: rules.parse(accessRules) };
  return { ...rest, sessionId: null, credential, grants };
}

/** What the credentials grant as a transaction sees it now, by credential; only of those that grant anything. */
export async function credentialGrants(tx: Tx, ids: readonly string[]): Promise<Map<string, Grants>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRawUnsafe<Row[]>(query.text, ids);
  return new Map(
    rows.flatMap((row) => {
      const grants = grantsBy(row);
      return grants ? [[row.credentialId, grants] as const] : [];
    }),
  );
}

function grantsBy({ system, projects, projectId, roles }: Row): Grants | null {
  const held = rolesIn(grantsOf(system, projects), projectId);
  const mine = grantsOf(roles, []).system.filter((role) => isWithin(role, held));
  return mine.length > 0 ? { system: [], projects: { [projectId]: mine } } : null;
}

/** At most once a minute, so that reading does not become writing. */
export async function touchCredential(
  database: Database,
  { credential, lastSeenAt }: Pick<Identity, "credential" | "lastSeenAt">,
): Promise<void> {
  const now = database.now();
  if (!credential || now.getTime() - lastSeenAt.getTime() < touchEveryMs) return;
  await database.pool.query(
    `UPDATE application_credential SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`,
    [credential.id, now],
  );
}

/** What stands for a bearer where it is counted: not the secret itself. */
export function bearerMark(bearer: string): string {
  return `credential ${hashOf(bearer)}`;
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
