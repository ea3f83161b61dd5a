/** Lists count the copies of each of their rows: that must be no walk through all volumes and images. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./client.ts";
import { copiesSql } from "./copies.ts";
import { freshDatabase } from "./testing.ts";

let database: Database;
let drop: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshDatabase();
  database = openDatabase(fresh.url, 1);
  drop = fresh.drop;
});
afterAll(async () => {
  await database.close();
  await drop();
});

test.each([
  ["source_volume_id", "volume_source_volume_id_idx", "image_source_volume_id_idx"],
  ["source_snapshot_id", "volume_source_snapshot_id_idx", "image_source_snapshot_id_idx"],
] as const)("copies are found by %s through an index of either table", async (column, ...indexes) => {
  const client = await database.pool.connect();
  try {
    // Empty tables are read whole whatever indexes they have.
    await client.query("BEGIN; SET LOCAL enable_seqscan = off");
    const { rows } = await client.query(
      `EXPLAIN SELECT ${copiesSql(column, `'${crypto.randomUUID()}'::uuid`)}`,
    );
    for (const index of indexes) expect(JSON.stringify(rows)).toContain(index);
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
});
