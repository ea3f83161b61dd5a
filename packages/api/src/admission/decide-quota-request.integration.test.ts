/** Decisions on quota requests, over the API, with several connections at once. */
import { storedLimits } from "@madang/core/quota/request";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";
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
const events = async (resourceId: string) => {
  const rows = await cloud.database.prisma.event.findMany({ where: { resourceId }, orderBy: { id: "asc" } });
  return rows.map(({ action }) => action);
};

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
  await admin().project.create({ id: newId(), name: `project ${newId()}` });
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
