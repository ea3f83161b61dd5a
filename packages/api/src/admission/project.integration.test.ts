/** The administrator's projects, over the API, with several connections at once. */
import type { Role } from "@madang/core/identity/permission";
import { initialQuota } from "@madang/core/quota/resource";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { bearerText, newSecret, readCredentialIdentity } from "../credential.ts";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "../testing.ts";
import { messageOf } from "../testing-people.ts";

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
const fresh = (fields: object = {}) => ({ id: newId(), name: `project ${newId()}`, ...fields });
const events = async (resourceId: string) => {
  const rows = await cloud.database.prisma.event.findMany({ where: { resourceId }, orderBy: { id: "asc" } });
  return rows.map(({ action }) => action);
};
const user = (id: string, role: Role) => ({ kind: "user" as const, id, role });

async function group(...userIds: string[]): Promise<string> {
  const { prisma } = cloud.database;
  const { id: domainId } = await prisma.domain.findFirstOrThrow();
  const members = { create: userIds.map((userId) => ({ userId })) };
  const { id } = await prisma.group.create({ data: { id: newId(), domainId, name: newId(), members } });
  return id;
}

const visible = async (person: "reader" | "outsider" | "cloudAdmin", id: string) =>
  (await callerAs(cloud, person).account.me()).projects.some((project) => project.id === id);

test("a project with quota and first members is made in one form, and twice is once", async () => {
  const templateId = newId();
  await admin().quota.createTemplate({ id: templateId, name: "team", limits: { instances: 5, cores: 8 } });
  const groupId = await group(cloud.users.reader);
  const members = [
    user(cloud.users.outsider, "manager"),
    { kind: "group" as const, id: groupId, role: "reader" as const },
  ];
  const project = fresh({
    description: "for the test",
    templateId,
    limits: { cores: -1, ram: 1_024 },
    members,
  });
  await Promise.all([1, 2, 3].map(() => admin().project.create(project)));
  const got = await admin().project.get({ id: project.id });
  expect(got).toMatchObject({
    name: project.name,
    description: "for the test",
    members: 2,
    state: "enabled",
  });
  expect(Object.fromEntries(got.quota.map(({ resource, limit }) => [resource, limit]))).toEqual({
    ...Object.fromEntries(initialQuota.map(({ resource, limit }) => [resource, limit])),
    ...{ instances: 5, cores: -1, ram: 1_024 },
  });
  expect(await events(project.id)).toEqual(["project.create"]);
  expect(await visible("outsider", project.id)).toBe(true);
  expect(await visible("reader", project.id)).toBe(true);
  const [told] = await cloud.database.prisma.event.findMany({ where: { resourceId: groupId } });
  expect(told).toMatchObject({
    action: "member.add",
    projectId: project.id,
    changes: { roles: ["", "reader"] },
  });
  expect(await refusal(admin().project.create({ ...project, name: "other" }))).toMatchObject({
    reason: "idInUse",
  });
});

test("nothing is made when a part of it can't be", async () => {
  const { name } = await admin().project.get({ id: cloud.projectId });
  const stranger = fresh({ members: [user(cloud.users.reader, "reader"), user(newId(), "member")] });
  expect(await refusal(admin().project.create(stranger))).toMatchObject({
    reason: "userNotFound",
    field: "members.1",
  });
  expect(await refusal(admin().project.create(fresh({ name })))).toMatchObject({
    reason: "nameTaken",
    field: "name",
  });
  expect(await refusal(admin().project.create(fresh({ templateId: newId() })))).toMatchObject({
    reason: "quotaTemplateNotFound",
  });
  expect(await cloud.database.prisma.project.count({ where: { id: stranger.id } })).toBe(0);
  await admin().project.create({ ...stranger, members: [] });
});

test("of two that want one name at the same moment one gets it", async () => {
  const name = "'; DROP TABLE project; -- =cmd() 🙂 마당";
  const tries = await Promise.allSettled(
    Array.from({ length: 6 }, () => admin().project.create(fresh({ name }))),
  );
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const listed = await admin().project.list({ filter: { text: "DROP TABLE" } });
  expect(listed.items.map((item) => item.name)).toEqual([name]);
  for (const hostile of ["", "   ", "a\u0000b", "two\nlines", "\u202egnp", "x".repeat(256)])
    expect(await refusal(admin().project.create(fresh({ name: hostile })))).toMatchObject({
      code: "InvalidInput",
    });
});

test("names and descriptions change, on the record, unless somebody was faster", async () => {
  const project = fresh();
  await admin().project.create(project);
  await admin().project.update({
    id: project.id,
    generation: 1,
    name: `${project.name}!`,
    description: "new",
  });
  expect(await admin().project.get({ id: project.id })).toMatchObject({ description: "new", generation: 2 });
  const late = admin().project.update({ id: project.id, generation: 1, description: "late" });
  expect(await refusal(late)).toMatchObject({ code: "Conflict", reason: "changedMeanwhile" });
  const [, changed] = await cloud.database.prisma.event.findMany({
    where: { resourceId: project.id },
    orderBy: { id: "asc" },
  });
  expect(changed?.changes).toEqual({ name: [project.name, `${project.name}!`], description: ["", "new"] });
  const update = (person: "manager" | "member") =>
    callerAs(cloud, person).project.update({ projectId: cloud.projectId, description: person });
  await update("manager");
  expect(await refusal(update("member"))).toMatchObject({ reason: "roleTooWeak" });
  expect((await admin().project.get({ id: cloud.projectId })).description).toBe("manager");
});

test("a disabled project is seen by nobody, its streams end, and enabling brings it back", async () => {
  const project = fresh({ members: [user(cloud.users.outsider, "manager")] });
  await admin().project.create(project);
  const streams = (["outsider", "cloudAdmin"] as const).map(async (person) => {
    const messages = await callerAs(cloud, person).event.stream({ projectId: project.id });
    for await (const envelope of messages) {
      const message = messageOf(envelope);
      if (message.type === "ended") return message.reason;
    }
    return null;
  });
  const { secret, secretHash } = newSecret();
  const credentialId = newId();
  await cloud.database.prisma.applicationCredential.create({
    data: {
      ...{ id: credentialId, name: credentialId, userId: cloud.users.outsider, projectId: project.id },
      ...{ secretHash, roles: ["manager"] },
    },
  });
  const works = async () =>
    (await readCredentialIdentity(cloud.database, bearerText(credentialId, secret))) !== null;
  expect(await works()).toBe(true);
  const enable = (enabled: boolean) => admin().project.setEnabled({ id: project.id, enabled });
  await enable(false);
  expect(await Promise.all(streams)).toEqual(["accessRevoked", "accessRevoked"]);
  for (const person of ["outsider", "cloudAdmin"] as const) {
    expect(await visible(person, project.id)).toBe(false);
    const { instance } = callerAs(cloud, person);
    expect(await refusal(instance.list({ projectId: project.id }))).toMatchObject({
      reason: "projectNotFound",
    });
  }
  expect(await admin().project.get({ id: project.id })).toMatchObject({ state: "disabled" });
  expect(await works()).toBe(false);
  await enable(false);
  await enable(true);
  expect(await visible("outsider", project.id)).toBe(true);
  expect(await works()).toBe(true);
  expect(await events(project.id)).toEqual(["project.create", "project.disable", "project.enable"]);
});

test("from the word on nothing is launched, however the launches race, and deleting twice is one deletion", async () => {
  const project = fresh({
    members: [user(cloud.users.outsider, "member")],
    limits: { instances: -1, cores: -1, ram: -1 },
  });
  await admin().project.create(project);
  const { id, name } = project;
  const launch = () => callerAs(cloud, "outsider").instance.launch(launchOf(cloud, { projectId: id }));
  await launch();
  expect(await refusal(admin().project.delete({ id, name: "other" }))).toMatchObject({
    reason: "nameDiffers",
  });
  expect((await admin().project.get({ id })).goes).toMatchObject({ instances: 1, members: 1, images: 0 });
  const launches = Array.from({ length: 10 }, launch);
  const deletions = Array.from({ length: 3 }, () => admin().project.delete({ id, name }));
  const tries = await Promise.allSettled(launches);
  const operationIds = (await Promise.all(deletions)).map(({ operationId }) => operationId);
  expect(new Set(operationIds).size).toBe(1);
  for (const one of tries)
    if (one.status === "rejected")
      expect(await refusal(Promise.reject(one.reason))).toMatchObject({ reason: "projectEnding" });
  expect(await refusal(launch())).toMatchObject({ code: "InvalidState", reason: "projectEnding" });
  expect(await refusal(admin().project.setQuota({ id, limits: { cores: 1 } }))).toMatchObject({
    reason: "projectEnding",
  });
  expect(await events(id)).toEqual(["project.create", "project.delete"]);
  const wakes = await cloud.database.pool.query(
    `SELECT 1 FROM pgboss.job WHERE name = 'reconcile' AND singleton_key = $1`,
    [`project:${id}`],
  );
  expect(wakes.rowCount).toBe(1);
  const detail = await admin().project.get({ id });
  expect(detail).toMatchObject({ state: "deleting", deletion: { operationId: operationIds[0] } });
  expect(detail.deletion?.left.length).toBe(1 + tries.filter(({ status }) => status === "fulfilled").length);
});

test("of what is left of a project, that which waits for a dead hypervisor is shown first", async () => {
  const project = fresh({
    members: [user(cloud.users.outsider, "member")],
    limits: { instances: -1, cores: -1, ram: -1 },
  });
  await admin().project.create(project);
  const { id, name } = project;
  const launch = (fields: Parameters<typeof launchOf>[1]) => {
    const input = launchOf(cloud, { projectId: id, ...fields });
    return callerAs(cloud, "outsider")
      .instance.launch(input)
      .then(() => input.ids[0] ?? "");
  };
  await launch({ name: "a", ids: Array.from({ length: 21 }, newId) });
  const stuck = await launch({ name: "zz" });
  const { hypervisorId } = await placeGuest(cloud.database, stuck);
  await cloud.database.pool.query(
    "UPDATE hypervisor SET last_seen_at = now() - interval '1 hour' WHERE id = $1",
    [hypervisorId],
  );
  await admin().project.delete({ id, name });
  const { deletion } = await admin().project.get({ id });
  expect(deletion?.left[0]).toMatchObject({ id: stuck, hypervisor: { state: "down" } });
  expect(deletion?.left.length).toBe(20);
});

test("a deletion that is over stays the same one, its id is never used again, and its trail can be read", async () => {
  const project = fresh({ members: [user(cloud.users.outsider, "manager")] });
  await admin().project.create(project);
  const { id, name } = project;
  const before = await admin().project.delete({ id, name });
  // As the controller does it once nothing is left in it.
  await cloud.database.prisma.project.delete({ where: { id } });
  expect(await admin().project.delete({ id, name })).toEqual(before);
  expect(await refusal(admin().project.create({ ...project, description: "again" }))).toMatchObject({
    reason: "idInUse",
  });
  await admin().project.create(project);
  expect(await refusal(admin().project.get({ id }))).toMatchObject({ reason: "projectNotFound" });
  const trail = await admin().event.list({ filter: { resourceId: id } });
  expect(trail.items.map(({ action }) => action)).toEqual(["project.delete", "project.create"]);
});

test("ten thousand projects are listed, filtered and sorted page by page", { timeout: 60_000 }, async () => {
  const { prisma, pool } = cloud.database;
  const { id: domainId } = await prisma.domain.findFirstOrThrow();
  await pool.query(
    `INSERT INTO project (id, domain_id, name, enabled) SELECT gen_random_uuid(), $1, 'many ' || lpad(n::text, 5, '0'), n % 10 <> 0
     FROM generate_series(1, 10000) AS n`,
    [domainId],
  );
  await callerAs(cloud, "member").instance.launch(launchOf(cloud));
  const first = await admin().project.list({ filter: { text: "many 0" }, limit: 100 });
  expect(first.items[0]).toMatchObject({ name: "many 00001", members: 0 });
  const second = await admin().project.list({
    filter: { text: "many 0" },
    limit: 100,
    cursor: first.nextCursor,
  });
  expect(second.items[0]?.name).toBe("many 00101");
  expect((await admin().project.list({ filter: { state: ["disabled"] } })).total).toBe(1_000);
  expect((await admin().project.list({})).totalIsExact).toBe(false);
  const [largest] = (await admin().project.list({ sort: "-instances", limit: 10 })).items;
  expect(largest?.id).toBe(cloud.projectId);
  expect(largest?.usage.slice(0, 3)).toMatchObject([{ inUse: 1 }, { inUse: 1 }, { inUse: 256 }]);
  await pool.query(`DELETE FROM project WHERE name LIKE 'many %'`);
});

test("who may look may not change", async () => {
  const reader = callerAs(cloud, "cloudReader").admin;
  await reader.project.get({ id: cloud.projectId });
  await reader.quotaRequest.list({});
  expect(await refusal(reader.project.create(fresh()))).toMatchObject({ reason: "roleTooWeak" });
  expect(await refusal(reader.quota.setDefaults({ limits: { cores: 1 } }))).toMatchObject({
    reason: "roleTooWeak",
  });
  const ago = new Date(cloud.database.now().getTime() - 3_600_000);
  const id = cloud.sessions.cloudAdmin;
  await cloud.database.prisma.session.update({ where: { id }, data: { confirmedAt: ago } });
  const deletion = admin().project.delete({ id: cloud.projectId, name: "garden" });
  expect(await refusal(deletion)).toMatchObject({ reason: "confirmNeeded" });
  await cloud.database.prisma.session.update({ where: { id }, data: { confirmedAt: new Date() } });
});
