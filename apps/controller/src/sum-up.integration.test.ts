import { type Level, levels, slotSql } from "@madang/core/metrics/level";
import type { Database } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { emptyOldSamples, sumUp } from "./sum-up.ts";
import { addInstance, openTestCloud, type TestCloud } from "./testing/rows.ts";

let cloud: TestCloud;
let database: Database;
let instanceId: string;
beforeAll(async () => {
  cloud = await openTestCloud();
  database = cloud.database;
  instanceId = await addInstance(cloud);
});
afterAll(() => cloud?.close());

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
/** On the boundary of every step and slot. */
const start = Math.ceil(Date.now() / (3 * day)) * 3 * day;
const at = (ms: number) => new Date(start + ms);
const deps = (ms: number) => ({ database, now: () => at(ms) });

beforeEach(async () => {
  await database.pool.query("TRUNCATE metric_10s, metric_2m, metric_15m, metric_1h");
  await database.pool.query("UPDATE metric_level SET summed_until = $1", [at(0)]);
});

/** One look every 10 s in (from, to], each of one CPU second and 100 bytes read. */
async function looks(from: number, to: number, level: Level = levels["1h"], id = instanceId): Promise<void> {
  await database.pool.query(
    `INSERT INTO ${level.table} SELECT $1, at, ${slotSql(level, "at")}, 10, 1000, 64, NULL, 100, 0, 0, 0,
       '{"disk:vda": [100, 0, 1, 0]}' FROM generate_series($2::timestamptz, $3, '10 seconds') at`,
    [id, at(from), at(to - 1)],
  );
}

async function sums(level: Level) {
  const { rows } = await database.pool.query<{ seconds: number; cpu: number; read: number; disk: number[] }>(
    `SELECT seconds, cpu_ms AS cpu, read_bytes::int AS read, devices->'disk:vda' AS disk FROM ${level.table} ORDER BY at`,
  );
  return rows;
}
const total = (rows: { cpu: number }[]) => rows.reduce((sum, { cpu }) => sum + cpu, 0);

test("every level holds the sum of the one below it", async () => {
  await looks(0, 2 * hour);
  await sumUp(deps(2 * hour));
  expect(await sums(levels["24h"])).toEqual(
    Array.from({ length: 60 }, () => ({ seconds: 120, cpu: 12_000, read: 1_200, disk: [1_200, 0, 12, 0] })),
  );
  // Fifteen minutes are no whole number of twos: some have more of them, and know more seconds.
  const quarters = await sums(levels["7d"]);
  expect(quarters).toHaveLength(8);
  for (const { cpu, seconds } of quarters) expect(cpu / seconds).toBe(100);
  expect(total(quarters)).toBe(720_000);
  expect((await sums(levels["30d"])).map(({ seconds }) => seconds)).toEqual([3_600, 3_600]);
});

test("done again it is the same, whoever does it, and a step that is under way waits", async () => {
  await looks(0, 5 * minute);
  await Promise.all([sumUp(deps(5 * minute)), sumUp(deps(5 * minute))]);
  expect(await sums(levels["24h"])).toHaveLength(2);
  await sumUp(deps(5 * minute));
  await sumUp(deps(6 * minute));
  expect(total(await sums(levels["24h"]))).toBe(30_000);
});

test("what is told late still counts", async () => {
  await looks(0, 4 * minute);
  await sumUp(deps(12 * minute));
  await looks(4 * minute, 12 * minute);
  await sumUp(deps(14 * minute));
  expect(total(await sums(levels["24h"]))).toBe(72_000);
});

test("after hours without a controller all of it is there", async () => {
  await looks(0, 5 * hour);
  await sumUp(deps(5 * hour));
  await emptyOldSamples(deps(5 * hour));
  expect(await sums(levels["24h"])).toHaveLength(150);
  expect(total(await sums(levels["30d"]))).toBe(1_800_000);
  await sumUp(deps(5 * hour + 10 * minute));
  expect(total(await sums(levels["30d"]))).toBe(1_800_000);
});

test("what is too old goes, and what was not summed up stays", async () => {
  await looks(0, 4 * hour);
  await emptyOldSamples(deps(4 * hour));
  expect(await sums(levels["1h"])).toHaveLength(4 * 360);
  await sumUp(deps(4 * hour));
  await emptyOldSamples(deps(4 * hour));
  const kept = await sums(levels["1h"]);
  expect(kept.length).toBeGreaterThanOrEqual(360);
  expect(kept.length).toBeLessThanOrEqual(2 * 360);
  await sumUp(deps(33 * day));
  await emptyOldSamples(deps(33 * day));
  expect(await sums(levels["1h"])).toEqual([]);
  expect(await sums(levels["24h"])).toEqual([]);
  expect(await sums(levels["7d"])).toEqual([]);
});

test("a slot's second turn in the ring does not show what was in it before", async () => {
  const ring = levels["24h"].spanMs * levels["24h"].slots;
  await looks(0, minute, levels["24h"]);
  await looks(ring, ring + minute, levels["24h"]);
  await database.pool.query("UPDATE metric_level SET summed_until = $1", [at(ring)]);
  await emptyOldSamples(deps(ring + minute));
  expect(await sums(levels["24h"])).toHaveLength(6);
});

test("samples of an instance that is gone are not summed up", async () => {
  await looks(0, 4 * minute, levels["1h"], crypto.randomUUID());
  await sumUp(deps(4 * minute));
  expect(await sums(levels["24h"])).toEqual([]);
});

test("one instance's sums that no column holds refuse nobody's", async () => {
  const other = await addInstance(cloud);
  await looks(0, 2 * minute, levels["1h"], other);
  await looks(0, 2 * minute);
  await database.pool.query(
    "UPDATE metric_10s SET cpu_ms = 2147483647, read_bytes = 9223372036854775807 WHERE instance_id = $1",
    [other],
  );
  await sumUp(deps(2 * minute));
  const { rows } = await database.pool.query(
    "SELECT instance_id AS id, cpu_ms AS cpu, read_bytes AS read FROM metric_2m ORDER BY cpu_ms",
  );
  expect(rows.map(({ id, cpu, read }) => [id, cpu, String(read)])).toEqual([
    [instanceId, 12_000, "1200"],
    [other, 2_147_483_647, "9223372036854775807"],
  ]);
});

test("two seconds of looks are two seconds", async () => {
  await looks(0, 20 * second);
  await sumUp(deps(2 * minute));
  expect(await sums(levels["24h"])).toMatchObject([{ seconds: 20, cpu: 2_000 }]);
});
