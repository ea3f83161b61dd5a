/**
 * Rows that nobody can need any more go after a while, so that no table of the short-lived grows for ever. Kept for ever:
 * resource ids, operations, and the trail unless the operator says otherwise.
 */
import { appendEvent, type Database, transaction } from "@madang/db";
import { controllerActor } from "./reconcilers/record.ts";

const nilUuid = "00000000-0000-0000-0000-000000000000";

/** One statement's share; the rest waits for the next, so that nobody waits long for a lock. */
const share = 5_000;

/** What goes, by table: the condition is over the table's own columns, and a day or more after the last use. */
const leavings = {
  session: `expires_at < now() - interval '30 days' OR revoked_at < now() - interval '30 days'`,
  console_session: `closed_at < now() - interval '7 days'`,
  password_reset: `expires_at < now() - interval '7 days'`,
  join_token: `expires_at < now() - interval '7 days'`,
  usage_sample: `at < now() - interval '400 days'`,
  orphan_order: `done_at < now() - interval '30 days'`,
  // A guest that some hypervisor still tells of may yet be adopted, and must then not be taken for what it was.
  left_guest: `left_at < now() - interval '400 days' AND NOT EXISTS (
    SELECT 1 FROM hypervisor h, jsonb_array_elements(h.orphans) o WHERE o->>'guestId' = guest_id::text)`,
  process: `last_seen_at < now() - interval '1 day'`,
  // An agent that comes with an expired one is refused with or without its row. Each run of a web process asks for one.
  certificate: `kind <> 'ca' AND (not_after < now() - interval '1 day'
    OR (fault IS NOT NULL AND requested_at < now() - interval '7 days')
    OR (kind = 'web' AND requested_at < now() - interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM process WHERE process.id = subject_id)))`,
  "rate_limit.bucket": `expire < extract(epoch FROM now() - interval '1 hour') * 1000`,
} as const;

export type RetentionDeps = {
  database: Database;
  /** The trail's months before the current one that are kept; null: all. */
  eventMonths: number | null;
};

/** Answers what was removed, by table; `event` counts months. */
export async function removeOld({ database, eventMonths }: RetentionDeps): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  for (const [table, condition] of Object.entries(leavings)) {
    const count = await removeRows(database, table, condition);
    if (count > 0) removed[table] = count;
  }
  const months = eventMonths === null ? 0 : await trimTrail(database, eventMonths);
  return months > 0 ? { ...removed, event: months } : removed;
}

async function removeRows({ pool }: Database, table: string, condition: string): Promise<number> {
  // The web process makes the table of the rate limits when it starts.
  const { rows } = await pool.query<{ there: boolean }>(`SELECT to_regclass($1) IS NOT NULL AS there`, [
    table,
  ]);
  if (!rows[0]?.there) return 0;
  for (let total = 0; ; ) {
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${share})`,
    );
    total += rowCount ?? 0;
    if ((rowCount ?? 0) < share) return total;
  }
}

const monthName = /^event_(\d{4})_(\d{2})$/;

/**
 * Drops whole months. The trail itself says so, last: so there is always something newer than what went, by which a
 * reader who was further back sees that he must read everything anew.
 */
async function trimTrail(database: Database, months: number): Promise<number> {
  const { pool, prisma } = database;
  const { rows } = await pool.query<{ name: string; first: string }>(
    `SELECT inhrelid::regclass::text AS name,
       to_char(date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => $1), '"event_"YYYY_MM') AS first
     FROM pg_inherits WHERE inhparent = 'event'::regclass`,
    [months],
  );
  const old = rows.filter(({ name, first }) => monthName.test(name) && name < first).map(({ name }) => name);
  const stray = await pool.query(
    `SELECT 1 FROM event_default
     WHERE created_at < (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => $1)) AT TIME ZONE 'UTC' LIMIT 1`,
    [months],
  );
  if (old.length === 0 && stray.rowCount === 0) return 0;
  await transaction(prisma, async (tx) => {
    await appendEvent(tx, {
      ...controllerActor,
      resourceKind: "trail",
      resourceId: nilUuid,
      resourceName: "trail",
      action: "trail.trimmed",
      result: "succeeded",
      params: { months },
    });
    for (const name of old) await tx.$executeRawUnsafe(`DROP TABLE IF EXISTS "${name}"`);
    await tx.$executeRaw`DELETE FROM event_default WHERE created_at <
      (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => ${months}::int)) AT TIME ZONE 'UTC'`;
  });
  return old.length + (stray.rowCount ?? 0);
}
