/** Who is calling, read fresh from the database for every request: a revoked session or role is gone at once. */
import type { Grants, Role } from "@madang/core/identity/permission";
import { roles } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";

export type Identity = {
  sessionId: string;
  userId: string;
  userName: string;
  email: string | null;
  mustChangePassword: boolean;
  grants: Grants;
  lastSeenAt: Date;
  createdAt: Date;
};

type Row = Omit<Identity, "grants"> & { system: string[]; projects: { id: string; role: string }[] };

const query = {
  name: "madang_identities",
  text: `SELECT s.id AS "sessionId", s.last_seen_at AS "lastSeenAt", s.created_at AS "createdAt", u.id AS "userId",
    u.name AS "userName", u.email, u.must_change_password AS "mustChangePassword",
    (SELECT coalesce(json_agg(a.role), '[]') FROM system_role_assignment a WHERE a.user_id = u.id) AS system,
    (SELECT coalesce(json_agg(json_build_object('id', a.project_id, 'role', a.role)), '[]') FROM role_assignment a
       JOIN project p ON p.id = a.project_id AND p.enabled WHERE a.user_id = u.id) AS projects
  FROM session s JOIN "user" u ON u.id = s.user_id JOIN domain d ON d.id = u.domain_id
  WHERE s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now() AND u.enabled AND d.enabled`,
};

/** Only sessions that are valid now; one query however many are asked for. */
export async function readIdentities(
  database: Database,
  sessionIds: readonly string[],
): Promise<Map<string, Identity>> {
  const { rows } = await database.pool.query<Row>(query, [sessionIds]);
  return new Map(
    rows.map(({ system, projects, ...row }) => [
      row.sessionId,
      { ...row, grants: grantsOf(system, projects) },
    ]),
  );
}

export async function readIdentity(database: Database, sessionId: string): Promise<Identity | null> {
  return (await readIdentities(database, [sessionId])).get(sessionId) ?? null;
}

function grantsOf(system: string[], projects: { id: string; role: string }[]): Grants {
  const byProject: Record<string, Role[]> = {};
  for (const { id, role } of projects) byProject[id] = [...(byProject[id] ?? []), ...known([role])];
  return { system: known(system), projects: byProject };
}

function known(names: string[]): Role[] {
  return roles.filter((role) => names.includes(role));
}
