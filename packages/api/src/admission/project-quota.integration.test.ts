/** Limits of projects, their defaults and templates, over the API, with several connections at once. */
import { lockProject, transaction } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "../testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
beforeEach(async () => {
  await cloud.database.prisma.$executeRaw`TRUNCATE quota, quota_request, quota_template, instance CASCADE`;
});

const admin = () => callerAs(cloud, "cloudAdmin").admin;
const newId = () => crypto.randomUUID();
const events = async (resourceId: string) => {
  const rows = await cloud.database.prisma.event.findMany({ where: { resourceId }, orderBy: { id: "asc" } });
  return rows.map(({ action }) => action);
};

test("limits are set, lowered below what is in use, and given back to the default", async () => {
  const launch = () => callerAs(cloud, "member").instance.launch(launchOf(cloud));
  await launch();
  const set = (limits: object) => admin().project.setQuota({ id: cloud.projectId, limits: { ...limits } });
  await set({ instances: 0, cores: -1 });
  expect(await refusal(launch())).toMatchObject({
    quota: [{ resource: "instances", limit: 0, inUse: 1, requested: 1 }],
  });
  const { usage } = await admin().project.get({ id: cloud.projectId });
  expect(usage.slice(0, 3)).toMatchObject([
    { resource: "instances", inUse: 1, limit: 0 },
    { limit: -1 },
    { inUse: 256 },
  ]);
  await set({ instances: null });
  await launch();
  for (const wrong of [{ gold: 1 }, { cores: -2 }, { cores: 1.5 }])
    expect(await refusal(set(wrong))).toMatchObject({ code: "InvalidInput" });
  await admin().project.setQuota({ id: cloud.projectId, limits: { cores: null } });
});

test("whoever looked at other limits than those that count is told so, and changes nothing", async () => {
  const set = (cores: number, was: number) =>
    admin().project.setQuota({ id: cloud.projectId, limits: { cores }, was: { cores: was } });
  await set(30, 20);
  const tries = await Promise.allSettled([31, 32, 33].map((cores) => set(cores, 30)));
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await refusal(set(40, 30))).toMatchObject({ code: "Conflict", reason: "changedMeanwhile" });
  const line = () =>
    admin()
      .project.get({ id: cloud.projectId })
      .then(({ quota }) => quota.find(({ resource }) => resource === "cores")?.limit);
  expect([31, 32, 33]).toContain(await line());
  const told = await events(cloud.projectId);
  await admin().project.setQuota({ id: cloud.projectId, limits: {} });
  expect(await events(cloud.projectId)).toEqual(told);
});

test("a limit that is lowered in the middle of a launch is not exceeded by the next", async () => {
  const { prisma } = cloud.database;
  const lowered = transaction(prisma, async (tx) => {
    await lockProject(tx, cloud.projectId);
    await tx.quota.create({ data: { projectId: cloud.projectId, resource: "instances", limit: 2 } });
  });
  const launches = Array.from({ length: 8 }, () =>
    callerAs(cloud, "member").instance.launch(launchOf(cloud)),
  );
  await lowered;
  await Promise.allSettled(launches);
  const count = await prisma.instance.count({ where: { projectId: cloud.projectId } });
  await Promise.allSettled([callerAs(cloud, "member").instance.launch(launchOf(cloud))]);
  expect(await prisma.instance.count({ where: { projectId: cloud.projectId } })).toBe(Math.max(count, 2));
});

test("defaults and templates change only as they were looked at", async () => {
  const { defaults } = await admin().quota.defaults();
  const was = Object.fromEntries(defaults.map(({ resource, limit }) => [resource, limit]));
  await admin().quota.setDefaults({ limits: { instances: 4 }, was });
  const late = admin().quota.setDefaults({
    limits: { instances: 5 },
    was: { instances: was.instances ?? 0 },
  });
  expect(await refusal(late)).toMatchObject({ reason: "changedMeanwhile" });
  await admin().quota.setDefaults({ limits: was, was: { instances: 4 } });
  const looked = { name: "small", description: "", limits: { ram: 1_024, cores: 1 } };
  const id = newId();
  await admin().quota.createTemplate({ id, ...looked });
  await admin().quota.updateTemplate({ id, limits: { cores: 2 }, was: looked });
  for (const wrong of [
    looked,
    { ...looked, limits: { cores: 2, ram: 1_024 } },
    { ...looked, limits: { cores: 3 } },
  ])
    expect(await refusal(admin().quota.updateTemplate({ id, name: "late", was: wrong }))).toMatchObject({
      ...{ code: "Conflict", reason: "changedMeanwhile" },
    });
  await admin().quota.updateTemplate({ id, name: "later", was: { ...looked, limits: { cores: 2 } } });
  expect((await admin().quota.templates({})).items).toMatchObject([{ name: "later", limits: { cores: 2 } }]);
});

test("defaults say for how many projects they count, and count at once", async () => {
  const before = (await admin().quota.defaults()).defaults;
  const projects = await cloud.database.prisma.project.count();
  await admin().project.setQuota({ id: cloud.projectId, limits: { cores: 7 } });
  const after = (await admin().quota.defaults()).defaults;
  expect(after.find(({ resource }) => resource === "cores")).toMatchObject({
    limit: 20,
    affected: projects - 1,
  });
  await admin().quota.setDefaults({ limits: { instances: 3, cores: 21 } });
  const lines = (await admin().project.get({ id: cloud.projectId })).quota;
  expect(lines.slice(0, 2)).toMatchObject([
    { limit: 3, source: "default" },
    { limit: 7, source: "project" },
  ]);
  await admin().quota.setDefaults({
    limits: Object.fromEntries(before.map(({ resource, limit }) => [resource, limit])),
  });
});

test("templates have names of their own, change on the record, and go", async () => {
  const template = { id: newId(), name: "tiny", limits: { cores: 1 } };
  await Promise.all([1, 2].map(() => admin().quota.createTemplate(template)));
  const taken = admin().quota.createTemplate({ ...template, id: newId() });
  expect(await refusal(taken)).toMatchObject({ reason: "nameTaken", field: "name" });
  await admin().quota.updateTemplate({ id: template.id, limits: { cores: 2, ram: -1 } });
  expect((await admin().quota.templates({})).items).toMatchObject([
    { name: "tiny", limits: { cores: 2, ram: -1 } },
  ]);
  await admin().quota.deleteTemplate({ id: template.id });
  expect(await refusal(admin().quota.deleteTemplate({ id: template.id }))).toMatchObject({
    code: "NotFound",
  });
  expect(await events(template.id)).toEqual([
    ...["quota_template.create", "quota_template.update", "quota_template.delete"],
  ]);
});
