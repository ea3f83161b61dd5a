import { storedLimits } from "@madang/core/quota/request";
import {
  isQuotaResource,
  type Limits,
  type QuotaResource,
  quotaResources,
} from "@madang/core/quota/resource";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { containing, sql } from "../sql.ts";
import { storedTypeNames, type TypeNames, typeNamesSql } from "./type-name.ts";

/** `affected`: projects for which it counts, for they have no limit of their own. */
export type QuotaDefaultItem = {
  resource: QuotaResource;
  /** Of the volume type whose limit it is. */
  typeName: string | null;
  limit: number;
  affected: number;
};

/** The fixed resources, then those of volume types that have a limit. */

export async function readQuotaDefaults(database: Database): Promise<{ defaults: QuotaDefaultItem[] }> {
  type Row = Omit<QuotaDefaultItem, "resource"> & { resource: string };
  const { rows } = await database.pool.query<Row>(
    `SELECT r.resource, r.type_name AS "typeName", coalesce(d."limit", 0) AS "limit",
       ((SELECT count(*) FROM project) - (SELECT count(*) FROM quota q WHERE q.resource = r.resource
         AND (q.expires_at IS NULL OR q.expires_at > statement_timestamp() OR q.fallback_limit IS NOT NULL)))::int AS affected
     FROM (SELECT resource, NULL::text AS type_name, place FROM unnest($1::text[]) WITH ORDINALITY AS fixed (resource, place)
       UNION ALL SELECT l.resource, t.name, 1000 FROM quota_default l
         JOIN volume_type t ON l.resource LIKE '%:%' AND t.id::text = split_part(l.resource, ':', 2)) AS r
     LEFT JOIN quota_default d ON d.resource = r.resource ORDER BY r.place, r.type_name, r.resource DESC`,
    [[...quotaResources]],
  );
  const defaults = rows.flatMap(({ resource, ...row }) =>
    isQuotaResource(resource) ? [{ resource, ...row }] : [],
  );
  return { defaults };
}

export type QuotaTemplateItem = {
  id: string;
  name: string;
  description: string;
  /** What is missing is the default. */
  limits: Limits;
  typeNames: TypeNames;
  createdAt: Date;
};

type Row = Omit<QuotaTemplateItem, "limits" | "typeNames"> & { limits: unknown; typeNames: unknown };

const select = `t.id, t.name, t.description, t.limits, t.created_at AS "createdAt",
  ${typeNamesSql("t.limits")} AS "typeNames"`;
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

function toItem({ id, name, description, limits, typeNames, createdAt }: Row): QuotaTemplateItem {
  const named = { limits: storedLimits.parse(limits), typeNames: storedTypeNames(typeNames) };
  return { id, name, description, ...named, createdAt };
}
