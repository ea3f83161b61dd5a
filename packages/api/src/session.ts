/** Sessions end after 12 hours without use, and after 7 days whatever happens. */
import type { Database } from "@madang/db";
import type { Identity } from "./identity.ts";

export const sessionIdleMs = 12 * 3_600_000;
export const sessionLongestMs = 7 * 86_400_000;
const touchEveryMs = 60_000;

export const sessionMaxAgeSeconds = sessionLongestMs / 1_000;

export function sessionExpiry(createdAt: Date, now: Date): Date {
  return new Date(Math.min(createdAt.getTime() + sessionLongestMs, now.getTime() + sessionIdleMs));
}

/** At most once a minute a session, so that reading does not become writing. */
export async function touchSession(
  database: Database,
  session: Pick<Identity, "sessionId" | "createdAt" | "lastSeenAt">,
  now: Date,
): Promise<void> {
  if (now.getTime() - session.lastSeenAt.getTime() < touchEveryMs) return;
  await database.pool.query(
    `UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1 AND last_seen_at < $2 AND revoked_at IS NULL`,
    [session.sessionId, now, sessionExpiry(session.createdAt, now)],
  );
}
