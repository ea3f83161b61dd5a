/** Filters over ten thousand rows find what SQL of our own counts. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, type TestCloud } from "../testing.ts";

const count = 10_000;
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
  const first = launchOf(cloud, { name: "pattern" });
  await callerAs(cloud, "member").instance.launch(first);
  const columns = `project_id, user_id, hostname, flavor_id, flavor_name, disk_gib, image_id, image_source, machine_type, power,
    schedule_deadline`;
  await cloud.database.pool.query(
    `INSERT INTO instance (id, name, status, power_state, vcpus, ram_mib, image_name, created_at, ${columns})
      SELECT gen_random_uuid(), (ARRAY['web', 'database', 'worker'])[1 + n % 3] || '-' || n,
        CASE WHEN n % 50 = 1 THEN 'ERROR' ELSE 'ACTIVE' END, 'RUNNING', 1 + n % 8, 256 * (1 + n % 16),
        CASE WHEN n % 10 > 0 THEN 'Ubuntu 24.04' END, now() - n * interval '1 hour', ${columns}
      FROM instance, generate_series(1, $1::int) AS n WHERE id = $2`,
    [count - 1, first.ids[0]],
  );
  await cloud.database.pool.query(
    `INSERT INTO event (created_at, project_id, actor_kind, actor_name, resource_kind, resource_id, resource_name, action, result)
      SELECT now() - n * interval '1 minute', $2, 'user', 'person-' || n % 100, 'instance', gen_random_uuid(), 'web-' || n,
        'instance.start', CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'succeeded' END FROM generate_series(1, $1::int) AS n`,
    [count, cloud.projectId],
  );
  await cloud.database.pool.query("ANALYZE instance, event");
}, 120_000);
afterAll(() => cloud.close());

const counted = async (from: string, where: string) => {
  const { rows } = await cloud.database.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${from} WHERE ${where}`,
  );
  return rows[0]?.count;
};

/** Bare words look in name, image, flavor and where the id begins. */
const anywhere = (word: string) =>
  `(name || ' ' || coalesce(image_name, '') || ' ' || flavor_name) ILIKE '%${word}%'`;

test.each([
  ["status:ERROR", "status = 'ERROR'"],
  ["-status:ERROR name:web", "status <> 'ERROR' AND name ILIKE '%web%'"],
  ["-image:ubuntu", "image_name IS NULL OR image_name NOT ILIKE '%ubuntu%'"],
  ["image:none", "coalesce(image_name, '') = ''"],
  ["vcpus:>=4 ram:<2GiB", "vcpus >= 4 AND ram_mib < 2048"],
  ["web -1", `${anywhere("web")} AND NOT (${anywhere("1")} OR id::text LIKE '1%')`],
  ["ip:none", "TRUE"],
  ["-ip:10.0.0.0/8 name:=worker-2", "name = 'worker-2'"],
])("instances: %s", async (text, where) => {
  const list = await callerAs(cloud, "member").instance.list({
    ...{ projectId: cloud.projectId, filter: { text }, limit: 50 },
  });
  expect(list.total).toBe(await counted("instance", where));
  expect(list.totalIsExact).toBe(true);
});

test.each([
  ["result:failed user:=person-20", "result = 'failed' AND actor_name = 'person-20'"],
  ["-result:succeeded", "result <> 'succeeded'"],
  ["resource:web-77", "resource_name ILIKE '%web-77%'"],
])("audit: %s", async (text, where) => {
  const { total } = await callerAs(cloud, "cloudAdmin").admin.audit.list({ filter: { text } });
  expect(total).toBe(await counted("event", where));
});
