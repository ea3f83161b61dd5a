/** The administrator's projects and quotas, over the API, with several connections at once. */
import type { Role } from "@madang/core/identity/permission";
import { storedLimits } from "@madang/core/quota/request";
import { initialQuota } from "@madang/core/quota/resource";
import { lockProject, transaction } from "@madang/db";
import { isTrackedEnvelope } from "@trpc/server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { bearerText, newSecret, readCredentialIdentity } from "../credential.ts";
import type { StreamMessage } from "../stream/event-stream.ts";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "../testing.ts";

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

/** What a stream hands out, without the place to resume from. */
function messageOf(envelope: unknown): StreamMessage {
  if (isTrackedEnvelope<StreamMessage>(envelope)) return envelope[1];
  throw new Error("not tracked");
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

async function ask(fields: { cores?: number; ram?: number } = { cores: 40 }): Promise<string> {
  const id = newId();
  const { projectId } = cloud;
  await callerAs(cloud, "member").quotaRequest.create({ id, projectId, asked: fields, reason: "a test" });
  return id;
}
const decision = { generation: 1, expiresAt: null };

test("a request is approved in part, until a moment, and both sides read it", async () => {
  const id = await ask({ cores: 40, ram: 102_400 });
  const [waiting] = (await admin().quotaRequest.list({})).items;
  expect(waiting).toMatchObject({ id, state: "pending", projectName: "garden", userName: "member" });
  expect(waiting?.counts.toSorted((a, b) => a.resource.localeCompare(b.resource))).toEqual([
    { resource: "cores", inUse: 0, limit: 20 },
    { resource: "ram", inUse: 0, limit: 51_200 },
  ]);
  const expiresAt = new Date(cloud.database.now().getTime() + 3_600_000);
  const limits = { cores: 30 };
  await admin().quotaRequest.approve({ ...decision, id, limits, expiresAt, answer: "for a while" });
  const [mine] = (await callerAs(cloud, "member").quotaRequest.list({ projectId: cloud.projectId })).items;
  expect(mine).toMatchObject({
    state: "approved",
    granted: { cores: 30 },
    expiresAt,
    decidedBy: "cloudAdmin",
    answer: "for a while",
  });
  const { quota } = await admin().project.get({ id: cloud.projectId });
  expect(quota.find(({ resource }) => resource === "cores")).toMatchObject({ limit: 30 });
  const trail = await callerAs(cloud, "reader").event.list({
    projectId: cloud.projectId,
    filter: { resourceId: id },
  });
  expect(trail.items.map(({ action }) => action)).toEqual(["quota_request.approve", "quota_request.create"]);
});

test("of approvals and rejections that race exactly one decides, and the others hear who it was", async () => {
  for (let round = 0; round < 5; round++) {
    await cloud.database.prisma.quota.deleteMany();
    const id = await ask({ cores: 40 });
    const tries = await Promise.allSettled([
      ...[30, 35, 40].map((cores) =>
        admin().quotaRequest.approve({ ...decision, id, limits: { cores }, answer: "" }),
      ),
      ...[1, 2].map(() => admin().quotaRequest.reject({ id, generation: 1, answer: "no" })),
    ]);
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of tries)
      if (one.status === "rejected")
        expect(await refusal(Promise.reject(one.reason))).toMatchObject({
          ...{ code: "Conflict", reason: "requestDecided", params: { who: "cloudAdmin" } },
        });
    const row = await cloud.database.prisma.quotaRequest.findUniqueOrThrow({ where: { id } });
    const quota = await cloud.database.prisma.quota.findMany({ where: { projectId: cloud.projectId } });
    const granted = storedLimits.parse(row.granted ?? {}).cores;
    expect(quota.map(({ limit }) => limit)).toEqual(granted === undefined ? [] : [granted]);
    expect((await events(id)).length).toBe(2);
  }
});

test("what was amended or withdrawn meanwhile is not decided as it was", async () => {
  const id = await ask({ cores: 40 });
  const { quotaRequest } = callerAs(cloud, "member");
  const { projectId } = cloud;
  await quotaRequest.amend({ id, projectId, generation: 1, asked: { cores: 50 }, reason: "more" });
  const approve = (generation: number) =>
    admin().quotaRequest.approve({ id, generation, limits: { cores: 50 }, expiresAt: null, answer: "" });
  expect(await refusal(approve(1))).toMatchObject({ code: "Conflict", reason: "requestAmended" });
  await quotaRequest.withdraw({ id, projectId, generation: 2 });
  expect(await refusal(approve(3))).toMatchObject({ code: "Conflict", reason: "requestWithdrawn" });
  expect(
    await refusal(admin().quotaRequest.reject({ id: newId(), generation: 1, answer: "no" })),
  ).toMatchObject({
    reason: "quotaRequestNotFound",
  });
  expect(await refusal(admin().quotaRequest.reject({ id, generation: 1, answer: " " }))).toMatchObject({
    code: "InvalidInput",
  });
});

test("an approval never takes away, and an ending project is given nothing", async () => {
  const id = await ask({ cores: 40 });
  await admin().project.setQuota({ id: cloud.projectId, limits: { cores: 100 } });
  const approve = () => admin().quotaRequest.approve({ ...decision, id, limits: { cores: 40 }, answer: "" });
  expect(await refusal(approve())).toMatchObject({ reason: "grantNotMore", field: "limits.cores" });
  const { prisma } = cloud.database;
  await prisma.project.update({ where: { id: cloud.projectId }, data: { deleteRequestedAt: new Date() } });
  expect(await refusal(approve())).toMatchObject({ code: "InvalidState", reason: "projectEnding" });
  await prisma.project.update({ where: { id: cloud.projectId }, data: { deleteRequestedAt: null } });
});

test("whoever decides hears of a new request at once, and of nothing else", { timeout: 30_000 }, async () => {
  const messages = await admin().quotaRequest.stream({});
  const iterator = messages[Symbol.asyncIterator]();
  await iterator.next();
  await admin().project.create(fresh());
  const id = await ask();
  const heard = await iterator.next();
  await iterator.return?.();
  const message = messageOf(heard.value);
  expect(message.type === "events" && message.resources).toEqual([{ kind: "quota_request", id }]);
});

test("waiting ones come first, the oldest first, then the decided, page by page", async () => {
  const { prisma } = cloud.database;
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
  const data = Array.from({ length: 12 }, (_, index) => ({
    ...{
      id: newId(),
      projectId: cloud.projectId,
      userName: "x",
      asked: { cores: 50 },
      reason: String(index),
    },
    ...{ state: index % 3 === 0 ? ("pending" as const) : ("rejected" as const), createdAt: at(index) },
  }));
  await prisma.quotaRequest.createMany({ data });
  const reasons: string[] = [];
  for (let cursor: string | null = null, page = 0; page < 3; page++) {
    const answer = await admin().quotaRequest.list({ limit: 5, cursor });
    reasons.push(...answer.items.map(({ reason }) => reason));
    cursor = answer.nextCursor;
  }
  expect(reasons.map(Number)).toEqual([0, 3, 6, 9, 11, 10, 8, 7, 5, 4, 2, 1]);
  expect((await admin().quotaRequest.list({ filter: { state: ["pending"] } })).total).toBe(4);
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
