import { storedLimits } from "@madang/core/quota/request";
import { type Limits, type QuotaResource, quotaResources } from "@madang/core/quota/resource";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { containing, sql } from "../sql.ts";

/** `affected`: projects for which it counts, for they have no limit of their own. */
export type QuotaDefaultItem = { resource: QuotaResource; limit: number; affected: number };

export async function readQuotaDefaults(database: Database): Promise<{ defaults: QuotaDefaultItem[] }> {
  const { rows } = await database.pool.query<QuotaDefaultItem>(
    `SELECT r.resource, coalesce(d."limit", 0) AS "limit",
       ((SELECT count(*) FROM project) - (SELECT count(*) FROM quota q WHERE q.resource = r.resource
         AND (q.expires_at IS NULL OR q.expires_at > statement_timestamp() OR q.fallback_limit IS NOT NULL)))::int AS affected
     FROM unnest($1::text[]) WITH ORDINALITY AS r (resource, place) LEFT JOIN quota_default d ON d.resource = r.resource
     ORDER BY r.place`,
    [[...quotaResources]],
  );
  return { defaults: rows };
}

export type QuotaTemplateItem = {
  id: string;
  name: string;
  description: string;
  /** What is missing is the default. */
  limits: Limits;
  createdAt: Date;
};

type Row = Omit<QuotaTemplateItem, "limits"> & { limits: unknown };

const select = `t.id, t.name, t.description, t.limits, t.created_at AS "createdAt"`;
const sorts = {
  name: { column: "t.name", type: "text" },
  createdAt: { column: "t.created_at", type: "timestamptz" },
} as const;

export const templateFilter = z.object({ text: filterText.optional() }).optional();

/** The oldest first: those that a cloud begins with grow from small to large. */
export function listTemplates(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof templateFilter> },
): Promise<Page<QuotaTemplateItem>> {
  const text = input.filter?.text?.trim();
  const where = text ? [sql`t.name ILIKE ${containing(text)}`] : [];
  const query = {
    select,
    from: "quota_template t",
    id: "t.id",
    sorts,
    defaultSort: "createdAt",
    where,
    toItem,
  };
  return listPage<Row, QuotaTemplateItem>(database, query, input);
}

function toItem({ id, name, description, limits, createdAt }: Row): QuotaTemplateItem {
  return { id, name, description, limits: storedLimits.parse(limits), createdAt };
}
