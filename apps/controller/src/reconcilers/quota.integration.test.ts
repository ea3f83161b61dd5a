import { projectResources } from "@madang/core/quota/resource";
import { type Database, openDatabase, quotaLines, sampleUsage } from "@madang/db";
import { type FreshDatabase, freshDatabase } from "@madang/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { removeOld } from "../retention.ts";
import { endExpiredLimits } from "./quota.ts";

let fresh: FreshDatabase;
let database: Database;
const [domainId, projectId, otherId, userId] = Array.from({ length: 4 }, () => crypto.randomUUID());
beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.url, 8);
  const { prisma } = database;
  if (!domainId || !projectId || !otherId || !userId) throw new TypeError("no ids");
  await prisma.domain.create({ data: { id: domainId, name: "default" } });
  await prisma.user.create({ data: { id: userId, domainId, name: "mina" } });
  const projects = [
    { id: projectId, domainId, name: "garden" },
    { id: otherId, domainId, name: "elsewhere" },
  ];
  await prisma.project.createMany({ data: projects });
  await prisma.quotaDefault.createMany({
    data: [
      { resource: "instances", limit: 10 },
      { resource: "cores", limit: 20 },
      { resource: "ram", limit: 51_200 },
    ],
  });
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

async function limits(): Promise<Record<string, number>> {
  const lines = await quotaLines(database.prisma, projectId ?? "", userId ?? "");
  return Object.fromEntries(lines.map(({ resource, limit }) => [resource, limit]));
}

it("tidies what has ended once, however many controllers do, and says what counts now", async () => {
  await database.pool.query(
    `INSERT INTO quota (project_id, resource, "limit", expires_at, fallback_limit) VALUES
       ($1, 'instances', 50, now() - interval '1 second', 12), ($1, 'cores', 99, now() - interval '1 hour', NULL),
       ($1, 'ram', 99999, now() + interval '1 hour', NULL)`,
    [projectId],
  );
  const before = await limits();
  expect(before).toMatchObject({ instances: 12, cores: 20, ram: 99_999 });
  const published: string[] = [];
  await Promise.all(
    Array.from({ length: 3 }, () => endExpiredLimits(database, (topic) => void published.push(topic))),
  );
  expect(published).toEqual(["event"]);
  expect(await limits()).toEqual(before);
  const events = await database.prisma.event.findMany({ where: { action: "quota.expired" } });
  expect(events.map(({ projectId, changes, params }) => ({ projectId, changes, params }))).toEqual([
    {
      projectId,
      changes: { instances: [50, 12], cores: [99, 20] },
      params: { resources: "cores, instances" },
    },
  ]);
  const { rows } = await database.pool.query(`SELECT resource, "limit" FROM quota ORDER BY resource`);
  expect(rows).toEqual([
    { resource: "instances", limit: 12 },
    { resource: "ram", limit: 99_999 },
  ]);
});

it("samples each project once an hour, with the limit that counted, and a new project too", async () => {
  const counts = await Promise.all(Array.from({ length: 4 }, () => sampleUsage(database)));
  const { rows } = await database.pool.query(
    `SELECT resource, in_use AS "inUse", "limit", at = date_trunc('hour', at, 'UTC') AS whole FROM usage_sample
     WHERE project_id = $1 ORDER BY resource`,
    [projectId],
  );
  expect(rows.map(({ resource }) => resource)).toEqual(projectResources.toSorted());
  const limited = [
    { resource: "cores", inUse: 0, limit: 20, whole: true },
    { resource: "instances", inUse: 0, limit: 12, whole: true },
    { resource: "ram", inUse: 0, limit: 99_999, whole: true },
  ];
  expect(rows).toEqual(expect.arrayContaining(limited));
  const each = projectResources.length;
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(2 * each);
  const laterId = crypto.randomUUID();
  await database.prisma.project.create({ data: { id: laterId, domainId: domainId ?? "", name: "later" } });
  // The hour may have turned since: then all three are due.
  expect([each, 3 * each]).toContain(await sampleUsage(database));
});

it("keeps samples for 400 days", async () => {
  await database.pool.query(`DELETE FROM usage_sample`);
  await database.pool.query(
    `INSERT INTO usage_sample SELECT $1, 'cores', now() - age * interval '1 day', 1, 2 FROM unnest(ARRAY[1, 399, 401, 900]) AS age`,
    [projectId],
  );
  expect(await removeOld({ database, eventMonths: null })).toEqual({ usage_sample: 2 });
});
