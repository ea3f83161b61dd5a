import type { Database } from "@madang/db";
import type { SessionIdentity } from "../identity.ts";
import { listPage, type Page, type PageInput } from "../list.ts";
import { sql } from "../sql.ts";

export type SessionItem = {
  id: string;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  address: string;
  userAgent: string;
  /** The one that asks. */
  current: boolean;
};
type Row = Omit<SessionItem, "current">;

const select = `s.id, s.created_at AS "createdAt", s.last_seen_at AS "lastSeenAt", s.expires_at AS "expiresAt",
  s.address, s.user_agent AS "userAgent"`;
const sorts = {
  createdAt: { column: "s.created_at", type: "timestamptz" },
  lastSeenAt: { column: "s.last_seen_at", type: "timestamptz" },
} as const;

/** Where the person is signed in now. */
export function listSessions(
  database: Database,
  me: Pick<SessionIdentity, "userId" | "sessionId">,
  input: PageInput,
): Promise<Page<SessionItem>> {
  const where = [sql`s.user_id = ${me.userId}::uuid`, sql`s.revoked_at IS NULL`, sql`s.expires_at > now()`];
  const toItem = (row: Row): SessionItem => {
    const { id, createdAt, lastSeenAt, expiresAt, address, userAgent } = row;
    return { id, createdAt, lastSeenAt, expiresAt, address, userAgent, current: id === me.sessionId };
  };
  const query = { select, from: "session s", id: "s.id", sorts, defaultSort: "-lastSeenAt", where, toItem };
  return listPage<Row, SessionItem>(database, query, input);
}
