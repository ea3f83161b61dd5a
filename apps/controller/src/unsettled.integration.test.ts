/** What a lost wake leaves is found by looking, however much there is that looking cannot help. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { addInstance, openTestCloud, type TestCloud } from "./testing/rows.ts";
import { unsettledInstances } from "./unsettled.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

it("finds one behind a crowd that stays as it is", async () => {
  const { pool, prisma } = cloud.database;
  const stuck = await addInstance(cloud, {});
  await pool.query(
    `INSERT INTO instance SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), 'name', n::text,
       'delete_requested_at', now(), 'updated_at', now() - interval '1 day'))).*
     FROM instance i, generate_series(1, 1500) AS n WHERE i.id = $1`,
    [stuck],
  );
  const late = await addInstance(cloud, {});
  await expect
    .poll(async () => (await unsettledInstances(prisma)).includes(late), { timeout: 60_000, interval: 1 })
    .toBe(true);
  expect(await unsettledInstances(prisma)).toHaveLength(1_000);
});
