import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";
import { setLimits } from "./quota-limit.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(async () => {
  await cloud.close();
});
beforeEach(async () => {
  await cloud.database.prisma.quotaRequest.deleteMany();
  await cloud.database.prisma.quota.deleteMany();
});

const as = (person: Person) => callerAs(cloud, person).quotaRequest;
const wish = (asked: Record<string, number>, reason = "The term begins") => ({
  ...{ projectId: cloud.projectId, id: crypto.randomUUID(), asked, reason },
});

async function only() {
  const { items } = await as("reader").list({ projectId: cloud.projectId });
  const [item] = items;
  if (!item || items.length !== 1) throw new Error(`${items.length} requests`);
  return item;
}

function eventsOf(id: string) {
  return cloud.database.prisma.event.findMany({ where: { resourceId: id }, orderBy: { id: "asc" } });
}

test("a request is made once, told to its project, amended and withdrawn on the record", async () => {
  const input = wish({ instances: 30, cores: -1 });
  await Promise.all(Array.from({ length: 4 }, () => as("member").create(input)));
  const made = await only();
  expect(made).toMatchObject({
    ...input,
    state: "pending",
    userName: "member",
    granted: null,
    generation: 1,
  });
  const { projectId, id } = input;
  const looked = { projectId, id, generation: 1 };
  // The project's quota is everybody's: another member may amend what waits.
  await as("manager").amend({ ...looked, asked: { instances: 25 }, reason: "Fewer will do" });
  expect(await only()).toMatchObject({ asked: { instances: 25 }, reason: "Fewer will do", generation: 2 });
  expect(await refusal(as("member").withdraw(looked))).toMatchObject({ reason: "changedMeanwhile" });
  await as("member").withdraw({ ...looked, generation: 2 });
  expect(await only()).toMatchObject({ state: "withdrawn", generation: 3 });
  const again = { ...looked, generation: 3 };
  expect(await refusal(as("member").withdraw(again))).toMatchObject({ reason: "quotaRequestDecided" });
  expect(await refusal(as("member").amend({ ...again, asked: { cores: 99 }, reason: "x" }))).toMatchObject({
    ...{ code: "InvalidState", reason: "quotaRequestDecided" },
  });
  const events = await eventsOf(id);
  expect(events.map(({ action }) => action)).toEqual([
    ...["quota_request.create", "quota_request.amend", "quota_request.withdraw"],
  ]);
  expect(events.map(({ changes }) => changes)).toEqual([
    { instances: [10, 30], cores: [20, -1] },
    { instances: [30, 25], cores: [-1, null], reason: ["The term begins", "Fewer will do"] },
    { state: ["pending", "withdrawn"] },
  ]);
  expect(events.every((event) => event.projectId === projectId && event.resourceName === "garden")).toBe(
    true,
  );
});

test("less than what is allowed is nothing to ask for, whatever it is allowed by", async () => {
  for (const asked of [wish({ instances: 10 }), wish({ cores: 30, instances: 9 })]) {
    expect(await refusal(as("member").create(asked))).toMatchObject({
      ...{ code: "InvalidInput", reason: "quotaNotMore", field: "asked.instances" },
    });
  }
  const tx = cloud.database.prisma;
  await setLimits(tx, cloud.projectId, { instances: -1 }, null);
  expect(await refusal(as("member").create(wish({ instances: -1 })))).toMatchObject({
    reason: "quotaNotMore",
  });
});

test("of many that ask for one resource at once one waits, and the others learn to amend it", async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 12 }, (_, index) => as("member").create(wish({ cores: 30 + index, ram: 99_999 }))),
  );
  expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const refused = await refusal(as("manager").create(wish({ ram: 100_000, instances: 11 })));
  expect(refused).toMatchObject({
    ...{ code: "Conflict", reason: "quotaRequestWaiting", field: "asked.ram", params: { resource: "ram" } },
  });
  // Another resource may be asked for beside it, but not be amended into it.
  const beside = wish({ instances: 12 });
  await as("manager").create(beside);
  const { projectId, id, reason } = beside;
  const into = as("manager").amend({
    projectId,
    id,
    reason,
    generation: 1,
    asked: { instances: 12, cores: 70 },
  });
  expect(await refusal(into)).toMatchObject({ reason: "quotaRequestWaiting", field: "asked.cores" });
  const { total } = await as("reader").list({ projectId, filter: { state: ["pending"] } });
  expect(total).toBe(2);
});

test("who amends while it is being decided finds it decided, and the other way round", async () => {
  const input = wish({ instances: 40 });
  await as("member").create(input);
  const { projectId, id } = input;
  const decide = callerAs(cloud, "cloudAdmin").admin.quotaRequest.approve({
    ...{ id, generation: 1, limits: { instances: 40 }, expiresAt: null, answer: "" },
  });
  const amend = as("member").amend({
    projectId,
    id,
    generation: 1,
    asked: { instances: 50 },
    reason: "more",
  });
  const [decided, amended] = await Promise.allSettled([decide, amend]);
  const { state, asked } = await only();
  expect([decided.status, amended.status].filter((status) => status === "fulfilled")).toHaveLength(1);
  expect(state === "approved" ? asked : { instances: 40 }).toEqual({ instances: 40 });
});

test("a foreign project's request is none, and a reader may only look", async () => {
  const input = wish({ instances: 40 });
  await as("member").create(input);
  const looked = { id: input.id, generation: 1, projectId: cloud.otherProjectId };
  expect(await refusal(as("outsider").withdraw(looked))).toMatchObject({ reason: "quotaRequestNotFound" });
  expect(await refusal(as("reader").create(wish({ cores: 99 })))).toMatchObject({ reason: "roleTooWeak" });
  expect((await as("outsider").list({ projectId: cloud.otherProjectId })).total).toBe(0);
  await cloud.database.prisma.project.update({
    where: { id: cloud.projectId },
    data: { deleteRequestedAt: new Date() },
  });
  expect(await refusal(as("member").create(wish({ cores: 99 })))).toMatchObject({ reason: "projectEnding" });
  await cloud.database.prisma.project.update({
    where: { id: cloud.projectId },
    data: { deleteRequestedAt: null },
  });
});

test.each([
  ["nul\0byte", "wordsCharacters"],
  ["\u202Etxt.exe", "wordsCharacters"],
  ["x".repeat(5_000), "wordsTooLong"],
])("a reason that could lie or break is refused", async (reason, fault) => {
  expect(await refusal(as("member").create(wish({ cores: 30 }, reason)))).toMatchObject({
    ...{ code: "InvalidInput", field: "reason", reason: fault },
  });
});

test("ten thousand requests are read a page at a time, the newest first", async () => {
  await cloud.database.pool.query(
    `INSERT INTO quota_request (id, project_id, user_name, asked, reason, state, created_at)
     SELECT gen_random_uuid(), $1, 'member', '{"cores": 21}', '=cmd|'' /C calc''!A0', 'rejected',
       now() - number * interval '1 minute' FROM generate_series(1, 10000) AS number`,
    [cloud.projectId],
  );
  const first = await as("reader").list({ projectId: cloud.projectId, limit: 100 });
  expect(first).toMatchObject({ total: 10_000, totalIsExact: true });
  const { projectId } = cloud;
  const second = await as("reader").list({ projectId, limit: 100, cursor: first.nextCursor });
  const times = [...first.items, ...second.items].map(({ createdAt }) => createdAt.getTime());
  expect(times).toEqual(times.toSorted((left, right) => right - left));
  expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(200);
  const waiting = await as("reader").list({ projectId, filter: { state: ["pending"] } });
  expect(waiting.total).toBe(0);
});
