/** Who is calling, read fresh from the database for every request: a revoked session or role is gone at once. */
import { CloudError } from "@madang/core/errors";
import type { Grants, Role } from "@madang/core/identity/permission";
import { roles } from "@madang/core/identity/permission";
import type { Database, Tx } from "@madang/db";
import { makeCoalescing } from "./coalesce.ts";

export type Identity = {
  /** null: a program signed in with an application credential. */
  sessionId: string | null;
  credential: Credential | null;
  userId: string;
  userName: string;
  email: string | null;
  mustChangePassword: boolean;
  grants: Grants;
  lastSeenAt: Date;
  createdAt: Date;
  /** When the person last proved who he is. */
  confirmedAt: Date;
};
/** `accessRules`: the procedures it may call, as in `instance.list` or `instance.*`; null: all. */
export type Credential = { id: string; name: string; accessRules: readonly string[] | null };
export type SessionIdentity = Identity & { sessionId: string };

type Row = Omit<SessionIdentity, "grants"> & { system: string[]; projects: { id: string; role: string }[] };

const granted = `(SELECT coalesce(json_agg(a.role), '[]') FROM system_role_assignment a WHERE a.user_id = u.id) AS system,
    (SELECT coalesce(json_agg(json_build_object('id', a.project_id, 'role', a.role)), '[]') FROM (
       SELECT project_id, role FROM role_assignment WHERE user_id = u.id
       UNION SELECT g.project_id, g.role FROM group_role_assignment g
         JOIN group_member m ON m.group_id = g.group_id WHERE m.user_id = u.id) a
       JOIN project p ON p.id = a.project_id AND p.enabled) AS projects`;

const query = {
  name: "madang_identities",
  text: `SELECT s.id AS "sessionId", s.last_seen_at AS "lastSeenAt", s.created_at AS "createdAt",
    s.confirmed_at AS "confirmedAt", u.id AS "userId",
    u.name AS "userName", u.email, u.must_change_password AS "mustChangePassword",
    ${granted}
  FROM session s JOIN "user" u ON u.id = s.user_id JOIN domain d ON d.id = u.domain_id
  WHERE s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now() AND u.enabled AND d.enabled`,
};

/** Only sessions that are valid now; one query however many are asked for. */
export async function readIdentities(
  database: Database,
  sessionIds: readonly string[],
): Promise<Map<string, SessionIdentity>> {
  const { rows } = await database.pool.query<Row>(query, [sessionIds]);
  return new Map(
    rows.map(({ system, projects, ...row }) => [
      row.sessionId,
      { ...row, credential: null, grants: grantsOf(system, projects) },
    ]),
  );
}

/** What the sessions grant as a transaction sees it now, by session; only of those that have not ended. */
export async function sessionGrants(tx: Tx, sessionIds: readonly string[]): Promise<Map<string, Grants>> {
  if (sessionIds.length === 0) return new Map();
  const rows = await tx.$queryRawUnsafe<Row[]>(query.text, sessionIds);
  return new Map(rows.map(({ sessionId, system, projects }) => [sessionId, grantsOf(system, projects)]));
}

/** What people are granted whether or not they are signed in: for work that goes on without them. Only those who may sign in. */
export async function userGrants(tx: Tx, userIds: readonly string[]): Promise<Map<string, Grants>> {
  if (userIds.length === 0) return new Map();
  const rows = await tx.$queryRawUnsafe<Pick<Row, "userId" | "system" | "projects">[]>(
    `SELECT u.id AS "userId", ${granted} FROM "user" u JOIN domain d ON d.id = u.domain_id
      WHERE u.id = ANY($1::uuid[]) AND u.enabled AND d.enabled`,
    userIds,
  );
  return new Map(rows.map(({ userId, system, projects }) => [userId, grantsOf(system, projects)]));
}

export type IdentityReader = (sessionId: string) => Promise<SessionIdentity | null>;

/** Looks for requests: two under way at most, so that a crowd's hundred are a few. */
export function openIdentityReader(database: Database): IdentityReader {
  return makeCoalescing(2, (sessionIds) => readIdentities(database, sessionIds));
}

export async function readIdentity(database: Database, sessionId: string): Promise<SessionIdentity | null> {
  return (await readIdentities(database, [sessionId])).get(sessionId) ?? null;
}

/** For what belongs to a signed-in browser: throws Forbidden for a program. */
export function requireSession(identity: Pick<Identity, "sessionId">): string {
  if (identity.sessionId !== null) return identity.sessionId;
  throw new CloudError("Forbidden", "This needs a person's sign-in, not an application credential.", {
    reason: "sessionNeeded",
  });
}

export function grantsOf(system: string[], projects: { id: string; role: string }[]): Grants {
  const byProject: Record<string, Role[]> = {};
  for (const { id, role } of projects) byProject[id] = [...(byProject[id] ?? []), ...known([role])];
  return { system: known(system), projects: byProject };
}

function known(names: string[]): Role[] {
  return roles.filter((role) => names.includes(role));
}
