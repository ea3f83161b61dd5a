import { afterAll, beforeAll, expect, test } from "vitest";
import { exportKinds } from "../exports/index.ts";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const to = new Date("2026-11-01T00:00:00Z");
const before = (ms: number) => new Date(to.getTime() - ms);

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
  // Two years of hours: a saw that climbs to 23 each day, under a limit that rises in the middle of each.
  await cloud.database.pool.query(
    `INSERT INTO usage_sample (project_id, resource, at, in_use, "limit")
     SELECT $1, 'cores', at, extract(hour FROM at AT TIME ZONE 'UTC'), CASE WHEN extract(hour FROM at AT TIME ZONE 'UTC') < 12 THEN 20 ELSE 40 END
     FROM generate_series($2::timestamptz - interval '2 years', $2::timestamptz, interval '1 hour') AS at`,
    [cloud.projectId, to],
  );
});
afterAll(() => cloud.close());

const usage = (from: Date, resource: "cores" | "ram" = "cores") =>
  callerAs(cloud, "reader").project.usage({ projectId: cloud.projectId, resource, from, to });

test("two weeks are told by the hour, more by the day at its highest, never more than 401 points", async () => {
  const hours = await usage(before(14 * dayMs));
  expect(hours).toMatchObject({ step: "hour" });
  expect(hours.points).toHaveLength(14 * 24 + 1);
  expect(hours.points[13]).toEqual({ at: before(14 * dayMs - 13 * hourMs), inUse: 13, limit: 40 });
  const days = await usage(before(400 * dayMs));
  expect(days).toMatchObject({ step: "day" });
  expect(days.points).toHaveLength(401);
  expect(days.points[0]).toEqual({ at: before(400 * dayMs), inUse: 23, limit: 40 });
  expect((await usage(before(dayMs), "ram")).points).toEqual([]);
});

test("days are those of who looks, and a zone that is none is refused", async () => {
  const days = (zone: string) =>
    callerAs(cloud, "reader").project.usage({
      ...{ projectId: cloud.projectId, resource: "cores", zone, to },
      from: before(20 * dayMs),
    });
  const seoul = await days("Asia/Seoul");
  // A day there begins at 15:00 of UTC: 23 is reached in its middle, and it ends under the limit of the afternoon.
  expect(seoul.points.slice(1, 3)).toEqual([
    { at: new Date("2026-10-12T15:00:00Z"), inUse: 23, limit: 40 },
    { at: new Date("2026-10-13T15:00:00Z"), inUse: 23, limit: 40 },
  ]);
  expect((await days("America/New_York")).points[1]?.at).toEqual(new Date("2026-10-12T04:00:00Z"));
  for (const zone of ["Asia/Nowhere", "+09:00", "'; DROP TABLE event"])
    expect(await refusal(days(zone))).toMatchObject({ code: "InvalidInput" });
});

test("a span that is none or too long is refused in words", async () => {
  for (const from of [before(401 * dayMs), before(-hourMs)])
    expect(await refusal(usage(from))).toMatchObject({ code: "InvalidInput", reason: "usageRange" });
  const wrong = { projectId: cloud.projectId, resource: "cores", to, from: new Date(-8e15) } as const;
  expect(await refusal(callerAs(cloud, "reader").project.usage(wrong))).toMatchObject({
    reason: "timeRange",
  });
  const nosy = { projectId: cloud.projectId, resource: "cores", from: before(dayMs), to } as const;
  expect(await refusal(callerAs(cloud, "outsider").project.usage(nosy))).toMatchObject({
    reason: "projectNotFound",
  });
});

test("the file has the rows of the chart", async () => {
  const query = {
    projectId: cloud.projectId,
    resource: "cores",
    from: before(2 * hourMs).toISOString(),
    to: to.toISOString(),
  };
  const rows: object[] = [];
  for await (const page of exportKinds.usage?.open(cloud.database, query) ?? []) rows.push(...page);
  expect(rows).toEqual([
    { time: "2026-10-31T22:00:00.000Z", resource: "cores", in_use: 22, limit: 40 },
    { time: "2026-10-31T23:00:00.000Z", resource: "cores", in_use: 23, limit: 40 },
    { time: "2026-11-01T00:00:00.000Z", resource: "cores", in_use: 0, limit: 20 },
  ]);
});
