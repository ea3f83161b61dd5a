import { userFields } from "@madang/core/filter/people-fields";
import type { Role } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import { z } from "zod";
import { userNotFound } from "../admission/locked-user.ts";
import { among, anyOf, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type UserItem = {
  id: string;
  name: string;
  email: string | null;
  description: string;
  enabled: boolean;
  systemRoles: Role[];
  /** In which he has a role, also by a group. */
  projects: number;
  groups: { id: string; name: string }[];
  /** He proves himself by more than a password. */
  secondFactor: boolean;
  /** false: made with a link that he has not used yet. */
  hasPassword: boolean;
  mustChangePassword: boolean;
  lastSignInAt: Date | null;
  createdAt: Date;
};

/** His roles in one project, `group` null: given to himself. */
export type UserProject = { id: string; name: string; enabled: boolean; roles: RoleHeld[] };
export type RoleHeld = { role: Role; group: { id: string; name: string } | null };

/** What goes with the person, too. */
export type UserDetail = UserItem & {
  projectRoles: UserProject[];
  sessions: number;
  keyPairs: number;
  credentials: number;
  instances: number;
  /** He is the only one who could administer the cloud. */
  lastAdministrator: boolean;
};

const projectsOf = `SELECT a.project_id FROM role_assignment a WHERE a.user_id = u.id
  UNION SELECT g.project_id FROM group_role_assignment g JOIN group_member m ON m.group_id = g.group_id
    WHERE m.user_id = u.id`;
const select = `u.id, u.name, u.email, u.description, u.enabled, u.totp_confirmed_at IS NOT NULL AS "secondFactor",
  u.password_hash IS NOT NULL AS "hasPassword", u.must_change_password AS "mustChangePassword",
  u.last_sign_in_at AS "lastSignInAt", u.created_at AS "createdAt",
  (SELECT coalesce(json_agg(a.role ORDER BY a.role), '[]') FROM system_role_assignment a WHERE a.user_id = u.id) AS "systemRoles",
  (SELECT count(*)::int FROM (${projectsOf}) p) AS projects,
  (SELECT coalesce(json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.name), '[]')
     FROM group_member m JOIN "group" g ON g.id = m.group_id WHERE m.user_id = u.id) AS groups`;
const sorts = {
  name: { column: "u.name", type: "text" },
  email: { column: "coalesce(u.email, '')", type: "text" },
  lastSignInAt: { column: "coalesce(u.last_sign_in_at, '-infinity')", type: "timestamptz" },
  createdAt: { column: "u.created_at", type: "timestamptz" },
} as const;

export const userStates = ["enabled", "disabled"] as const;
export const userFilter = z
  .object({
    text: listText.optional(),
    state: z.enum(userStates).optional(),
    /** Only members of the group. */
    groupId: z.uuid().optional(),
    /** Only who has this role over the whole cloud. */
    systemRole: z.enum(["admin", "reader"]).optional(),
  })
  .optional();

/** `text`: in name or e-mail address, or the id's beginning. */
export function listUsers(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof userFilter> },
): Promise<Page<UserItem>> {
  const { text, state, groupId, systemRole } = input.filter ?? {};
  const where: Sql[] = [];
  where.push(...filterClauses(text, userList));
  if (state) where.push(sql`u.enabled = ${state === "enabled"}`);
  if (groupId)
    where.push(
      sql`EXISTS (SELECT 1 FROM group_member m WHERE m.user_id = u.id AND m.group_id = ${groupId}::uuid)`,
    );
  if (systemRole)
    where.push(
      sql`EXISTS (SELECT 1 FROM system_role_assignment a WHERE a.user_id = u.id AND a.role = ${systemRole}::role)`,
    );
  const query = { select, from: '"user" u', id: "u.id", sorts, defaultSort: "name", where, toItem };
  return listPage<UserItem, UserItem>(database, query, input);
}

type DetailRow = Omit<UserDetail, "projectRoles"> & {
  projectRoles: (Pick<UserProject, "id" | "name" | "enabled"> & RoleHeld)[];
};

/** Throws NotFound. */
export async function readUser(database: Database, id: string): Promise<UserDetail> {
  const { rows } = await database.pool.query<DetailRow>(
    `SELECT ${select},
       (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', p.name, 'enabled', p.enabled, 'role', a.role,
            'group', a.via) ORDER BY p.name, p.id, a.role), '[]') FROM (
          SELECT project_id, role, NULL::json AS via FROM role_assignment WHERE user_id = u.id
          UNION ALL SELECT r.project_id, r.role, json_build_object('id', g.id, 'name', g.name)
            FROM group_member m JOIN "group" g ON g.id = m.group_id JOIN group_role_assignment r ON r.group_id = g.id
            WHERE m.user_id = u.id) a JOIN project p ON p.id = a.project_id) AS "projectRoles",
       (SELECT count(*)::int FROM session s WHERE s.user_id = u.id AND s.revoked_at IS NULL AND s.expires_at > now()) AS sessions,
       (SELECT count(*)::int FROM key_pair k WHERE k.user_id = u.id) AS "keyPairs",
       (SELECT count(*)::int FROM application_credential c WHERE c.user_id = u.id) AS credentials,
       (SELECT count(*)::int FROM instance i WHERE i.user_id = u.id) AS instances,
       EXISTS (SELECT 1 FROM system_role_assignment a WHERE a.user_id = u.id AND a.role = 'admin') AND NOT EXISTS (
         SELECT 1 FROM system_role_assignment a JOIN "user" o ON o.id = a.user_id JOIN domain d ON d.id = o.domain_id
         WHERE a.role = 'admin' AND o.id <> u.id AND o.enabled AND d.enabled AND o.password_hash IS NOT NULL
       ) AS "lastAdministrator"
     FROM "user" u WHERE u.id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) throw userNotFound();
  const { sessions, keyPairs, credentials, instances, lastAdministrator } = row;
  return {
    ...toItem(row),
    projectRoles: byProject(row.projectRoles),
    sessions,
    keyPairs,
    credentials,
    instances,
    lastAdministrator,
  };
}

function byProject(rows: DetailRow["projectRoles"]): UserProject[] {
  const found = new Map<string, UserProject>();
  for (const { id, name, enabled, role, group } of rows) {
    const project = found.get(id) ?? { id, name, enabled, roles: [] };
    project.roles.push({ role, group });
    found.set(id, project);
  }
  return [...found.values()];
}

function toItem(row: UserItem): UserItem {
  const { id, name, email, description, enabled, systemRoles, projects, groups } = row;
  const { secondFactor, hasPassword, mustChangePassword, lastSignInAt, createdAt } = row;
  return {
    id,
    name,
    email,
    description,
    enabled,
    systemRoles,
    projects,
    groups,
    secondFactor,
    hasPassword,
    mustChangePassword,
    lastSignInAt,
    createdAt,
  };
}

function named(text: string): Sql {
  const pattern = containing(text);
  return sql`u.name ILIKE ${pattern} OR u.email ILIKE ${pattern} OR u.id::text ILIKE ${pattern.slice(1)}`;
}

const userList: ListFilter<typeof userFields> = {
  fields: userFields,
  places: {
    name: at("u.name"),
    id: at("u.id"),
    email: at("u.email"),
    description: at("u.description"),
    group: among('group_member m JOIN "group" g ON g.id = m.group_id WHERE m.user_id = u.id', "g.name"),
    project: anyOf(
      among("role_assignment a JOIN project p ON p.id = a.project_id WHERE a.user_id = u.id", "p.name"),
      among(
        `group_member m JOIN group_role_assignment a ON a.group_id = m.group_id JOIN project p ON p.id = a.project_id
          WHERE m.user_id = u.id`,
        "p.name",
      ),
    ),
    system: among("system_role_assignment a WHERE a.user_id = u.id", "a.role"),
    enabled: at("u.enabled"),
    signedin: at("u.last_sign_in_at"),
    created: at("u.created_at"),
  },
  free: named,
};
