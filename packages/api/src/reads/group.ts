import { groupFields } from "@madang/core/filter/people-fields";
import type { Role } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import { z } from "zod";
import { groupNotFound } from "../admission/group.ts";
import { among, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type GroupItem = {
  id: string;
  name: string;
  description: string;
  members: number;
  projects: number;
  createdAt: Date;
};
export type GroupDetail = GroupItem & {
  projectRoles: { id: string; name: string; enabled: boolean; roles: Role[] }[];
};

const select = `g.id, g.name, g.description, g.created_at AS "createdAt",
  (SELECT count(*)::int FROM group_member m WHERE m.group_id = g.id) AS members,
  (SELECT count(DISTINCT a.project_id)::int FROM group_role_assignment a WHERE a.group_id = g.id) AS projects`;
const sorts = {
  name: { column: "g.name", type: "text" },
  createdAt: { column: "g.created_at", type: "timestamptz" },
} as const;

export const groupFilter = z.object({ text: listText.optional(), userId: z.uuid().optional() }).optional();

/** `text`: in the name, or the id's beginning. `userId`: only groups he is in. */
export function listGroups(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof groupFilter> },
): Promise<Page<GroupItem>> {
  const where: Sql[] = [];
  where.push(...filterClauses(input.filter?.text, groupList));
  if (input.filter?.userId)
    where.push(
      sql`EXISTS (SELECT 1 FROM group_member m WHERE m.group_id = g.id AND m.user_id = ${input.filter.userId}::uuid)`,
    );
  const query = { select, from: '"group" g', id: "g.id", sorts, defaultSort: "name", where, toItem };
  return listPage<GroupItem, GroupItem>(database, query, input);
}

/** Its members are `listUsers` with its id. Throws NotFound. */
export async function readGroup(database: Database, id: string): Promise<GroupDetail> {
  const { rows } = await database.pool.query<GroupDetail>(
    `SELECT ${select},
       (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', p.name, 'enabled', p.enabled, 'roles', a.roles)
            ORDER BY p.name, p.id), '[]') FROM (
          SELECT project_id, json_agg(role ORDER BY role) AS roles FROM group_role_assignment
          WHERE group_id = g.id GROUP BY project_id) a JOIN project p ON p.id = a.project_id) AS "projectRoles"
     FROM "group" g WHERE g.id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) throw groupNotFound();
  return { ...toItem(row), projectRoles: row.projectRoles };
}

function toItem({ id, name, description, members, projects, createdAt }: GroupItem): GroupItem {
  return { id, name, description, members, projects, createdAt };
}

const groupList: ListFilter<typeof groupFields> = {
  fields: groupFields,
  places: {
    name: at("g.name"),
    id: at("g.id"),
    description: at("g.description"),
    user: among('group_member m JOIN "user" u ON u.id = m.user_id WHERE m.group_id = g.id', "u.name"),
    created: at("g.created_at"),
  },
  free: (text) => sql`g.name ILIKE ${containing(text)} OR g.id::text ILIKE ${containing(text).slice(1)}`,
};
