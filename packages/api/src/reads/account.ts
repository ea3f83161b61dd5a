import type { Role } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import type { Identity } from "../identity.ts";

/** `ending`: its deletion was asked for. */
export type AccountProject = ProjectRow & { roles: Role[] };

export type Account = {
  user: { id: string; name: string; email: string | null; mustChangePassword: boolean };
  secondFactor: SecondFactor;
  /** null: a program with an application credential. */
  sessionId: string | null;
  isAdmin: boolean;
  grants: { system: Role[]; projects: Record<string, Role[]> };
  projects: AccountProject[];
  /** How long a deleted instance can be restored, ms; 0: not at all. */
  reclaimMs: number;
};

export type SecondFactor = { on: boolean; recoveryCodesLeft: number };

type ProjectRow = { id: string; name: string; description: string; ending: boolean };
const columns = `SELECT id, name, description, delete_requested_at IS NOT NULL AS ending FROM project`;

/**
 * An administrator of the cloud sees every project, in which he counts as admin; he is told of the first thousand,
 * beginning with those that he has a role in.
 */
export async function readAccount(database: Database, me: Identity, reclaimMs: number): Promise<Account> {
  const isAdmin = me.grants.system.includes("admin");
  const [{ rows }, secondFactor] = await Promise.all([
    database.pool.query<ProjectRow>(
      `${columns} WHERE enabled AND ($1 OR id = ANY($2::uuid[]))
         ORDER BY id = ANY($2::uuid[]) DESC, name LIMIT 1000`,
      [isAdmin, Object.keys(me.grants.projects)],
    ),
    readSecondFactor(database, me.userId),
  ]);
  const projects = Object.fromEntries(
    Object.entries(me.grants.projects).map(([id, roles]) => [id, [...roles]]),
  );
  return {
    user: { id: me.userId, name: me.userName, email: me.email, mustChangePassword: me.mustChangePassword },
    secondFactor,
    sessionId: me.sessionId,
    isAdmin,
    grants: { system: [...me.grants.system], projects },
    projects: rows.map((row) => withRoles(row, me)),
    reclaimMs,
  };
}

async function readSecondFactor(database: Database, userId: string): Promise<SecondFactor> {
  const { rows } = await database.pool.query<SecondFactor>(
    `SELECT u.totp_confirmed_at IS NOT NULL AS "on",
       (SELECT count(*)::int FROM recovery_code WHERE user_id = u.id AND used_at IS NULL) AS "recoveryCodesLeft"
     FROM "user" u WHERE u.id = $1`,
    [userId],
  );
  return rows[0] ?? { on: false, recoveryCodesLeft: 0 };
}

export async function readProject(
  database: Database,
  projectId: string,
  me: Identity,
): Promise<AccountProject> {
  const { rows } = await database.pool.query<ProjectRow>(`${columns} WHERE id = $1`, [projectId]);
  return withRoles(rows[0] ?? { id: projectId, name: "", description: "", ending: false }, me);
}

function withRoles(row: ProjectRow, me: Identity): AccountProject {
  const inherited: Role[] = me.grants.system.includes("admin") ? ["admin"] : [];
  return { ...row, roles: [...new Set([...inherited, ...(me.grants.projects[row.id] ?? [])])] };
}
