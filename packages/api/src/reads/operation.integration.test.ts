/** What the operations drawer and the timelines read, among ten thousand of them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";

const many = 10_000;
let cloud: TestCloud;
const parentId = crypto.randomUUID();
beforeAll(async () => {
  cloud = await openTestCloud();
  const { pool } = cloud.database;
  // The parent is the newest of all; every tenth failed, every hundredth runs; half of them the member's.
  await pool.query(
    `INSERT INTO operation (id, kind, project_id, actor_id, actor_name, request_id, resource_kind, resource_id,
        resource_name, state, created_at, finished_at, percent)
     SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'instance.stop' ELSE 'volume.extend' END, $1,
        CASE WHEN n % 2 = 0 THEN $2::uuid ELSE $3::uuid END, 'someone', 'req-' || n,
        CASE WHEN n % 2 = 0 THEN 'instance' ELSE 'volume' END, gen_random_uuid(), 'thing-' || n,
        (CASE WHEN n % 100 = 0 THEN 'running' WHEN n % 10 = 0 THEN 'failed' ELSE 'succeeded' END)::operation_state,
        now() - n / 3 * interval '1 second', CASE WHEN n % 100 = 0 THEN NULL ELSE now() - n / 3 * interval '1 second' END, 0
     FROM generate_series(1, $4::int) AS n`,
    [cloud.projectId, cloud.users.member, cloud.users.manager, many],
  );
  await pool.query(
    `INSERT INTO operation (id, kind, project_id, actor_name, request_id, resource_kind, resource_id, resource_name, state)
     VALUES ($1, 'instance.bulk.stop', $2, 'someone', 'req-parent', 'project', $2, 'garden', 'running')`,
    [parentId, cloud.projectId],
  );
  await pool.query(
    `INSERT INTO operation (id, kind, project_id, actor_name, request_id, resource_kind, resource_id, resource_name,
        state, parent_id)
     SELECT gen_random_uuid(), 'instance.stop', $2, 'someone', 'req-parent', 'instance', gen_random_uuid(), 'part-' || n,
        (ARRAY['succeeded', 'failed', 'cancelled', 'running'])[n % 4 + 1]::operation_state, $1
     FROM generate_series(1, 40) AS n`,
    [parentId, cloud.projectId],
  );
});
afterAll(() => cloud.close());

const operation = () => callerAs(cloud, "reader").operation;
type Filter = NonNullable<Parameters<ReturnType<typeof operation>["list"]>[0]["filter"]>;

async function wholeList(filter: Filter) {
  const found = [];
  for (let cursor: string | null = null; ; ) {
    const page = await operation().list({ projectId: cloud.projectId, filter, limit: 500, cursor });
    found.push(...page.items);
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
}

test("ten thousand of them, some of one moment, are read page by page: none twice, none left out", async () => {
  const all = await wholeList({ top: true });
  expect(all).toHaveLength(many + 1);
  expect(new Set(all.map(({ id }) => id)).size).toBe(many + 1);
  const times = all.map(({ createdAt }) => createdAt.getTime());
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  expect(all[0]).toMatchObject({
    id: parentId,
    children: { total: 40, succeeded: 10, failed: 10, cancelled: 10 },
  });
  expect(all[1]?.children).toBeNull();
});

test("each filter finds what the table holds, and they hold together", async () => {
  const count = async (filter: Filter) =>
    (await operation().list({ projectId: cloud.projectId, filter, limit: 1 })).total;
  expect(await count({ top: true, active: true })).toBe(101);
  expect(await count({ top: true, state: ["failed"] })).toBe(900);
  expect(await count({ top: true, state: ["failed", "running"] })).toBe(1_001);
  expect(await count({ top: true, kind: "volume.extend" })).toBe(5_000);
  expect(await count({ top: true, resourceKind: "volume", state: ["failed"] })).toBe(0);
  expect(await count({ actorId: cloud.users.member })).toBe(5_000);
  expect(await count({ parentId, state: ["failed"] })).toBe(10);
  const { rows } = await cloud.database.pool.query<{ since: string; ended: number }>(
    `SELECT to_char(now() AT TIME ZONE 'UTC' - interval '10 minutes', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since,
        count(*)::int AS ended FROM operation
      WHERE state = 'failed' AND parent_id IS NULL AND finished_at > date_trunc('second', now()) - interval '10 minutes'`,
  );
  const { since = "", ended = 0 } = rows[0] ?? {};
  expect(ended).toBeGreaterThan(100);
  expect(Math.abs((await count({ top: true, state: ["failed"], endedSince: since })) - ended)).toBeLessThan(
    5,
  );
});

test("one is read by its id in its own project alone, and by who oversees the cloud", async () => {
  const { projectId, otherProjectId } = cloud;
  const one = { operationId: parentId };
  expect(await operation().get({ projectId, ...one })).toMatchObject({
    kind: "instance.bulk.stop",
    parentId: null,
  });
  expect(
    await refusal(callerAs(cloud, "outsider").operation.get({ projectId: otherProjectId, ...one })),
  ).toMatchObject({ code: "NotFound", reason: "operationNotFound" });
  const { admin } = callerAs(cloud, "cloudAdmin");
  expect(await admin.operation.get(one)).toMatchObject({ projectName: "garden", children: { total: 40 } });
  expect(await refusal(admin.operation.get({ operationId: projectId }))).toMatchObject({ code: "NotFound" });
});

test("a reader never has the database look at every row", async () => {
  const { pool } = cloud.database;
  await pool.query("ANALYZE operation");
  const plan = async (where: string) => {
    const { rows } = await pool.query<{ "QUERY PLAN": string }>(
      `EXPLAIN SELECT o.id FROM operation o WHERE o.project_id = '${cloud.projectId}' AND ${where}
        ORDER BY o.created_at DESC, o.id DESC LIMIT 51`,
    );
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  };
  for (const where of ["o.parent_id IS NULL", "o.state = ANY('{failed}')", `o.parent_id = '${parentId}'`])
    expect(await plan(where), where).not.toContain("Seq Scan");
});

test("events are found by actor, kind, result, request, operation and time, with what they changed", async () => {
  const { projectId } = cloud;
  const { event, network } = callerAs(cloud, "member");
  const id = crypto.randomUUID();
  await network.create({ id, projectId, name: "before" });
  await network.update({ id, projectId, name: "after" });
  const found = async (filter: NonNullable<Parameters<typeof event.list>[0]["filter"]>) =>
    (await event.list({ projectId, filter })).items.map(({ action }) => action);
  expect(await found({ resourceId: id })).toEqual(["network.update", "network.create"]);
  expect(await found({ resourceId: id, actor: "MEMB", result: "accepted" })).toHaveLength(2);
  expect(await found({ actor: "%" })).toEqual([]);
  expect(await found({ resourceKind: "volume" })).toEqual([]);
  const [updated] = (await event.list({ projectId, filter: { resourceId: id } })).items;
  expect(updated).toMatchObject({ changes: { name: ["before", "after"] }, actorId: cloud.users.member });
  expect(await found({ resourceId: id, requestId: updated?.requestId ?? "" })).toHaveLength(2);
  expect(await found({ requestId: "req-of-nobody" })).toEqual([]);
  const to = updated?.createdAt.toISOString() ?? "";
  expect(await found({ resourceId: id, to })).toEqual(["network.create"]);
  expect(await found({ resourceId: id, from: to })).toEqual(["network.update"]);
  expect(await found({ operationId: parentId })).toEqual([]);
});
