import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const member = () => callerAs(cloud, "member").instance;
const row = (id: string) => cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
const one = (id: string) => ({ projectId: cloud.projectId, id });

async function launched(ran = true): Promise<string> {
  const input = launchOf(cloud);
  await member().launch(input);
  const id = input.ids[0] ?? "";
  await placeGuest(cloud.database, id, ran ? { observed: "running" } : {});
  const launchedAt = ran ? new Date() : null;
  await cloud.database.prisma.instance.update({ where: { id }, data: { launchedAt } });
  return id;
}

test("deleted softly it keeps all it has, and is restored as it was", async () => {
  const id = await launched();
  const before = Date.now();
  await member().delete({ ...one(id), soft: true });
  const deleted = await row(id);
  expect(deleted).toMatchObject({ status: "SOFT_DELETED", deleteRequestedAt: null, power: "running" });
  expect(deleted.reclaimAt?.getTime()).toBeGreaterThanOrEqual(before + cloud.deps.reclaimMs - 60_000);
  expect(await member().get(one(id))).toMatchObject({ status: "SOFT_DELETED", reclaimAt: deleted.reclaimAt });
  await member().restore(one(id));
  expect(await row(id)).toMatchObject({ reclaimAt: null, deleteRequestedAt: null, power: "running" });
  expect((await row(id)).status).toBe("ACTIVE");
  const events = await cloud.database.prisma.event.findMany({
    where: { resourceId: id },
    orderBy: { id: "asc" },
  });
  expect(events.map(({ action }) => action).slice(-2)).toEqual(["instance.soft-delete", "instance.restore"]);
});

test("it counts against the quota until it is gone, and nothing but restoring and deleting is allowed", async () => {
  const id = await launched();
  const used = async () =>
    (await callerAs(cloud, "member").project.quota({ projectId: cloud.projectId })).lines;
  const before = await used();
  await member().delete({ ...one(id), soft: true });
  expect(await used()).toEqual(before);
  for (const verb of [member().start, member().stop] as const)
    expect(await refusal(verb(one(id)))).toMatchObject({ code: "InvalidState", reason: "softDeleted" });
  const renamed = member().update({ ...one(id), name: "other" });
  expect(await refusal(renamed)).toMatchObject({ code: "InvalidState", reason: "softDeleted" });
  const console = member().openConsole({ ...one(id), kind: "vnc" });
  expect(await refusal(console)).toMatchObject({ reason: "softDeleted" });
});

test("asked twice it is the same deletion, and asked for good it is deleted", async () => {
  const id = await launched();
  const [first, second] = await Promise.all([
    member().delete({ ...one(id), soft: true }),
    member().delete({ ...one(id), soft: true }),
  ]);
  expect(second).toEqual(first);
  const { reclaimAt } = await row(id);
  await member().delete({ ...one(id), soft: true });
  expect((await row(id)).reclaimAt).toEqual(reclaimAt);
  await member().delete(one(id));
  expect(await row(id)).toMatchObject({ taskState: "deleting" });
  expect(await refusal(member().restore(one(id)))).toMatchObject({ reason: "beingDeleted" });
});

test("what never ran, and every one where the time to restore is none, is deleted at once", async () => {
  const id = await launched(false);
  await member().delete({ ...one(id), soft: true });
  expect(await row(id)).toMatchObject({ reclaimAt: null, taskState: "deleting" });
  const other = await launched();
  const { reclaimMs } = cloud.deps;
  cloud.deps.reclaimMs = 0;
  await member()
    .delete({ ...one(other), soft: true })
    .finally(() => {
      cloud.deps.reclaimMs = reclaimMs;
    });
  expect(await row(other)).toMatchObject({ reclaimAt: null, taskState: "deleting" });
});

test("protected it is not deleted softly either, and what is not deleted can't be restored", async () => {
  const id = await launched();
  expect(await refusal(member().restore(one(id)))).toMatchObject({ reason: "notSoftDeleted" });
  await member().update({ ...one(id), deleteProtection: true });
  const refused = member().delete({ ...one(id), soft: true });
  expect(await refusal(refused)).toMatchObject({ reason: "deleteProtected" });
});

test("one that had powered itself off stays off when it is restored", async () => {
  const id = await launched();
  const { generation } = await row(id);
  await cloud.database.prisma.instance.update({ where: { id }, data: { selfStoppedAt: generation } });
  await member().delete({ ...one(id), soft: true });
  await member().restore(one(id));
  const restored = await row(id);
  expect(restored.selfStoppedAt).toBe(restored.generation);
});
