/**
 * Sums what instances used up, level by level, and empties what is too old. Each step writes what its source says, so done
 * twice, or by two controllers, it is the same; after a time away it goes on where it was.
 */
import { type Level, levels, slotSql } from "@madang/core/metrics/level";
import { oldestSampleMs } from "@madang/core/wire/metrics";
import type { Database } from "@madang/db";

export type SumUpDeps = { database: Pick<Database, "pool">; now: () => Date };
type Client = Pick<Database["pool"], "query">;

/** Each with the one below it. */
const stairs: readonly (readonly [from: Level, into: Level])[] = [
  [levels["1h"], levels["24h"]],
  [levels["24h"], levels["7d"]],
  [levels["7d"], levels["30d"]],
];

/** What agents tell late comes after its step was summed; so far back each step is looked at again, ms. */
const lateMs = oldestSampleMs + 60_000;
/** The most of a source that is read in one statement, in steps of the level above it. */
const stepsAtOnce = 30;
/** The most that a column of its type holds. */
const largest = { int: "2147483647", bigint: "9223372036854775807" } as const;
/** A slot is emptied only when nobody reads it just then. */
const lockTimeout = "200ms";

export async function sumUp({ database: { pool }, now }: SumUpDeps): Promise<void> {
  for (const [from, into] of stairs) await climb(pool, from, into, now());
}

export async function emptyOldSamples({ database: { pool }, now }: SumUpDeps): Promise<void> {
  for (const level of Object.values(levels)) await empty(pool, level, await bound(pool, level, now()));
}

/** Its name in metric_level. */
const nameOf = ({ table }: Level) => table.replace("metric_", "");

async function summedUntil(client: Client, level: Level): Promise<number> {
  const { rows } = await client.query<{ at: Date }>(
    "SELECT summed_until AS at FROM metric_level WHERE name = $1",
    [nameOf(level)],
  );
  return rows[0]?.at.getTime() ?? 0;
}

/** Nothing that its source does not hold any more is summed again, or the sum would shrink. */
async function climb(pool: Client, from: Level, into: Level, now: Date): Promise<void> {
  const done = await summedUntil(pool, into);
  // The step that is under way waits for its end.
  const end = Math.floor(now.getTime() / into.stepMs) * into.stepMs;
  if (end <= done) return;
  const oldest = now.getTime() - (from.slots - 1) * from.spanMs;
  const again = Math.max(Math.min(done, end) - lateMs, oldest);
  const share = stepsAtOnce * into.stepMs;
  for (let at = Math.floor(again / into.stepMs) * into.stepMs; at < end; at += share) {
    const until = Math.min(at + share, end);
    await pool.query(summing(from, into), [new Date(at), new Date(until)]);
    await pool.query(
      `INSERT INTO metric_level (name, summed_until) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET summed_until = greatest(metric_level.summed_until, excluded.summed_until)`,
      [nameOf(into), new Date(until)],
    );
  }
}

/** A look counts into the step that it ends in. What is known of a step only grows. Names are of our own. */
function summing(from: Level, into: Level): string {
  const bucket = `date_bin('${into.stepMs} milliseconds', at, 'epoch')`;
  const part = (index: number) => `sum((d.value ->> ${index})::float8)`;
  // One instance's sum that its column does not hold would refuse those of all.
  const most = (column: string, type: keyof typeof largest) =>
    `least(sum(${column}), ${largest[type]})::${type}`;
  return `WITH source AS (
      SELECT m.*, ${bucket} AS bucket FROM ${from.table} m WHERE at >= $1 AND at < $2
        AND EXISTS (SELECT 1 FROM instance i WHERE i.id = m.instance_id)),
    device AS (
      SELECT instance_id, bucket, jsonb_object_agg(key, amounts) AS devices FROM (
        SELECT instance_id, bucket, d.key, jsonb_build_array(${[0, 1, 2, 3].map(part).join(", ")}) AS amounts
        FROM source, jsonb_each(devices) d GROUP BY 1, 2, 3) used GROUP BY 1, 2),
    summed AS (
      SELECT instance_id, bucket, sum(seconds) AS seconds, ${most("cpu_ms", "int")} AS cpu_ms, avg(resident_mib)::int AS resident_mib,
        avg(used_mib)::int AS used_mib, ${most("read_bytes", "bigint")} AS read_bytes, ${most("written_bytes", "bigint")} AS written_bytes,
        ${most("in_bytes", "bigint")} AS in_bytes, ${most("out_bytes", "bigint")} AS out_bytes
      FROM source GROUP BY 1, 2)
    INSERT INTO ${into.table} AS kept (instance_id, at, slot, seconds, cpu_ms, resident_mib, used_mib, read_bytes, written_bytes,
      in_bytes, out_bytes, devices)
    SELECT instance_id, bucket, ${slotSql(into, "bucket")}, seconds, cpu_ms, resident_mib, used_mib, read_bytes, written_bytes,
      in_bytes, out_bytes, coalesce(devices, '{}') FROM summed LEFT JOIN device USING (instance_id, bucket)
    ON CONFLICT (instance_id, at, slot) DO UPDATE SET seconds = excluded.seconds, cpu_ms = excluded.cpu_ms,
      resident_mib = excluded.resident_mib, used_mib = excluded.used_mib, read_bytes = excluded.read_bytes,
      written_bytes = excluded.written_bytes, in_bytes = excluded.in_bytes, out_bytes = excluded.out_bytes, devices = excluded.devices
    WHERE kept.seconds < excluded.seconds`;
}

/** Before it nothing is kept: neither what anybody is shown nor what the next level needs. */
async function bound(pool: Client, level: Level, now: Date): Promise<number> {
  const above = stairs.find(([from]) => from === level)?.[1];
  const shown = now.getTime() - level.keepMs;
  return above ? Math.min(shown, (await summedUntil(pool, above)) - lateMs) : shown;
}

/** Whole slots at once, which costs nothing; of one that holds newer rows too what is older than its turn in the ring. */
async function empty(pool: Database["pool"], level: Level, before: number): Promise<void> {
  for (let slot = 0; slot < level.slots; slot++)
    await emptySlot(pool, `${level.table}_${slot}`, new Date(before));
  await pool.query(`DELETE FROM ${level.table} WHERE at < $1`, [new Date(before - level.spanMs)]);
}

async function emptySlot(pool: Database["pool"], table: string, before: Date): Promise<void> {
  const { rows } = await pool.query<{ old: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM ${table}) AND NOT EXISTS (SELECT 1 FROM ${table} WHERE at >= $1) AS old`,
    [before],
  );
  if (!rows[0]?.old) return;
  const client = await pool.connect();
  try {
    await client.query(`BEGIN`);
    await client.query(`SET LOCAL lock_timeout = '${lockTimeout}'`);
    await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const { rows: still } = await client.query(`SELECT 1 FROM ${table} WHERE at >= $1 LIMIT 1`, [before]);
    if (still.length === 0) await client.query(`TRUNCATE ${table}`);
    await client.query(`COMMIT`);
  } catch (error) {
    await client.query(`ROLLBACK`);
    // Somebody reads it; the next round tries again.
    if (!(error instanceof Error && "code" in error && error.code === "55P03")) throw error;
  } finally {
    client.release();
  }
}
