import { memberFields } from "@madang/core/filter/people-fields";
import type { Role } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import { z } from "zod";
import { type MemberKind, memberKinds } from "../admission/member.ts";
import { at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

/** A user or a group with a role in the project. `roles`: given directly; `via`: what a user has by groups besides. */
export type MemberItem = {
  kind: MemberKind;
  id: string;
  name: string;
  /** A user's. */
  email: string | null;
  enabled: boolean;
  roles: { role: Role; since: Date; by: string | null }[];
  via: { id: string; name: string; roles: Role[] }[];
  /** How many people are in it, for a group. */
  members: number | null;
};

const from = `(
  SELECT a.project_id, 'user' AS kind, u.id, u.name, u.email, u.enabled FROM (
    SELECT project_id, user_id FROM role_assignment
    UNION SELECT r.project_id, m.user_id FROM group_role_assignment r JOIN group_member m ON m.group_id = r.group_id) a
  JOIN "user" u ON u.id = a.user_id
  UNION ALL SELECT a.project_id, 'group', g.id, g.name, NULL, true FROM (
    SELECT DISTINCT project_id, group_id FROM group_role_assignment) a JOIN "group" g ON g.id = a.group_id) x`;
const grants = (table: string, owner: string) =>
  `(SELECT json_agg(json_build_object('role', a.role, 'since', a.created_at, 'by', a.granted_by) ORDER BY a.role)
     FROM ${table} a WHERE a.project_id = x.project_id AND a.${owner} = x.id)`;
const select = `x.kind, x.id, x.name, x.email, x.enabled,
  coalesce(CASE x.kind WHEN 'user' THEN ${grants("role_assignment", "user_id")}
    ELSE ${grants("group_role_assignment", "group_id")} END, '[]') AS roles,
  CASE x.kind WHEN 'group' THEN (SELECT count(*)::int FROM group_member m WHERE m.group_id = x.id) END AS members,
  (SELECT coalesce(json_agg(json_build_object('id', v.id, 'name', v.name, 'roles', v.roles) ORDER BY v.name), '[]') FROM (
     SELECT g.id, g.name, json_agg(a.role ORDER BY a.role) AS roles FROM group_member m JOIN "group" g ON g.id = m.group_id
       JOIN group_role_assignment a ON a.group_id = g.id AND a.project_id = x.project_id
     WHERE m.user_id = x.id GROUP BY g.id) v) AS via`;
const sorts = { name: { column: "x.name", type: "text" } } as const;

export const memberFilter = z
  .object({ text: listText.optional(), kind: z.enum(memberKinds).optional() })
  .optional();

export function listMembers(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof memberFilter> },
): Promise<Page<MemberItem>> {
  const { text, kind } = input.filter ?? {};
  const where: Sql[] = [sql`x.project_id = ${projectId}::uuid`];
  where.push(...filterClauses(text, memberList));
  if (kind) where.push(sql`x.kind = ${kind}`);
  const query = { select, from, id: "x.id", sorts, defaultSort: "name", where, toItem };
  return listPage<Row, MemberItem>(database, query, input);
}

type Row = Omit<MemberItem, "roles"> & { roles: { role: Role; since: string; by: string | null }[] };

function toItem({ kind, id, name, email, enabled, roles, via, members }: Row): MemberItem {
  const given = roles.map(({ role, since, by }) => ({ role, since: new Date(since), by }));
  return { kind, id, name, email, enabled, roles: given, via, members };
}

function named(text: string): Sql {
  const pattern = containing(text);
  return sql`x.name ILIKE ${pattern} OR x.email ILIKE ${pattern} OR x.id::text ILIKE ${pattern.slice(1)}`;
}

const memberList: ListFilter<typeof memberFields> = {
  fields: memberFields,
  places: {
    name: at("x.name"),
    id: at("x.id"),
    email: at("x.email"),
    kind: at("x.kind"),
    enabled: at("x.enabled"),
  },
  free: named,
};
