/** Bulk actions on rows alone: nobody here plays the controller, so parts that began stay open until the test ends them. */
import { notBegun } from "@madang/core/operation/bulk";
import { writeStatus } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  callerAs,
  launchOf,
  openTestCloud,
  type Person,
  placeGuest,
  refusal,
  type TestCloud,
} from "../testing.ts";
import { workBulk } from "./work.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
  await cloud.database.pool.query(`UPDATE quota_default SET "limit" = -1`);
});
afterAll(() => cloud.close());
beforeEach(async () => {
  await cloud.database.pool.query(
    `UPDATE operation SET state = 'succeeded', finished_at = now() WHERE finished_at IS NULL`,
  );
});

const as = (person: Person = "member") => callerAs(cloud, person);
const here = () => ({ projectId: cloud.projectId });

async function launched(count: number, prefix = `vm-${crypto.randomUUID().slice(0, 8)}`): Promise<string[]> {
  const all: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const input = launchOf(cloud, { name: `${prefix}-${made}` });
    await as().instance.launch(input);
    const id = input.ids[0] ?? "";
    await placeGuest(cloud.database, id, { observed: "running" });
    all.push(id);
  }
  const { prisma } = cloud.database;
  await prisma.instance.updateMany({ where: { id: { in: all } }, data: { launchedAt: new Date() } });
  for (const id of all) await writeStatus(prisma, id);
  return all;
}

async function run(
  ids: readonly string[],
  action: "stop" | "delete" | "softDelete" | "start" = "stop",
  person: Person = "member",
) {
  const id = crypto.randomUUID();
  const input = { ...here(), id, action, scope: { ids: [...ids] } };
  return { ...(await as(person).bulk.run(input)), input };
}

async function workAll(): Promise<void> {
  while (await workBulk(cloud.deps));
}

const parts = (parentId: string) => cloud.database.prisma.operation.findMany({ where: { parentId } });
const whole = (operationId: string) => as().operation.get({ ...here(), operationId });
const endParts = (parentId: string) =>
  cloud.database.pool.query(
    `UPDATE operation SET state = 'succeeded', finished_at = now() WHERE parent_id = $1 AND finished_at IS NULL`,
    [parentId],
  );

test("the preview counts by reason; the run takes just those, each by the single action's verb and event", async () => {
  const prefix = `pre-${crypto.randomUUID().slice(0, 8)}`;
  const ids = await launched(4, prefix);
  const [stopping = "", kept = ""] = ids;
  await as().instance.stop({ ...here(), id: stopping });
  const scope = { filter: { text: prefix }, except: [kept] };
  const preview = await as("reader").bulk.preview({ ...here(), action: "stop", scope });
  expect(preview).toMatchObject({ will: { count: 0 }, wont: [{ reason: "notPermitted", count: 3 }] });
  const mine = await as().bulk.preview({ ...here(), action: "stop", scope });
  expect(mine.will.count).toBe(2);
  expect(mine.wont.map(({ reason, count }) => [reason, count])).toEqual([["poweringOff", 1]]);

  const id = crypto.randomUUID();
  const input = { ...here(), id, action: "stop" as const, scope };
  const twice = await Promise.all([as().bulk.run(input), as().bulk.run(input)]);
  expect(twice).toEqual([{ operationId: id }, { operationId: id }]);
  expect((await parts(id)).map(({ targetGeneration }) => targetGeneration)).toEqual([notBegun, notBegun]);
  await Promise.all([workBulk(cloud.deps), workBulk(cloud.deps)]);
  const begun = await parts(id);
  expect(begun.map(({ resourceId }) => resourceId).toSorted()).toEqual(ids.slice(2).toSorted());
  for (const { resourceId, id: operationId, targetGeneration } of begun) {
    const row = await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id: resourceId } });
    expect(row).toMatchObject({ power: "stopped", generation: targetGeneration });
    const told = { resourceId, action: "instance.stop", operationId };
    expect(await cloud.database.prisma.event.count({ where: told })).toBe(1);
  }
  expect(await whole(id)).toMatchObject({ state: "running", children: { total: 2, succeeded: 0 } });
  await endParts(id);
  await workAll();
  expect(await whole(id)).toMatchObject({ state: "succeeded", percent: 100 });
  const trail = await cloud.database.prisma.event.findMany({
    where: { resourceId: id },
    orderBy: { id: "asc" },
  });
  expect(trail.map(({ action }) => action)).toEqual(["instance.bulk.stop", "bulk.ended"]);
});

test("two of them over the same instances, and one deleted meanwhile: each part says why it failed", async () => {
  const ids = await launched(3);
  const first = await run(ids);
  const second = await run(ids);
  await as().instance.delete({ ...here(), id: ids[0] ?? "" });
  await workAll();
  const reasons = [...(await parts(first.operationId)), ...(await parts(second.operationId))].map(
    ({ error }) => (error as { reason: string } | null)?.reason ?? "begun",
  );
  expect(reasons.toSorted()).toEqual([
    ...["begun", "begun", "beingDeleted", "beingDeleted", "poweringOff", "poweringOff"],
  ]);
  await Promise.all([endParts(first.operationId), endParts(second.operationId)]);
  await workAll();
  expect(await whole(first.operationId)).toMatchObject({
    state: "failed",
    error: { reason: "bulkPartlyFailed" },
  });
  const id = crypto.randomUUID();
  const again = { ...here(), operationId: second.operationId, id };
  expect(await as().operation.retry(again)).toEqual({ operationId: id });
  expect(await as().operation.retry(again)).toEqual({ operationId: id });
  const failed = (await parts(second.operationId)).filter(({ state }) => state === "failed");
  const byResource = (all: readonly { resourceId: string }[]) =>
    all.map(({ resourceId }) => resourceId).toSorted();
  expect(byResource(await parts(id))).toEqual(byResource(failed));
});

test("cancelled, what has begun goes on and nothing begins any more", async () => {
  const ids = await launched(27);
  const { operationId } = await run(ids);
  await workBulk(cloud.deps);
  const ref = { ...here(), operationId };
  expect(await refusal(as("reader").operation.cancel(ref))).toMatchObject({ reason: "roleTooWeak" });
  await Promise.all([as().operation.cancel(ref), as().operation.cancel(ref)]);
  await workAll();
  const states = (await parts(operationId)).map(({ state }) => state);
  expect(states.filter((state) => state === "cancelled")).toHaveLength(2);
  expect(await whole(operationId)).toMatchObject({ state: "running", cancelRequested: true });
  await endParts(operationId);
  await workAll();
  expect(await whole(operationId)).toMatchObject({ state: "cancelled", children: { succeeded: 25 } });
  const where = { resourceId: operationId, action: "bulk.cancel" };
  expect(await cloud.database.prisma.event.count({ where })).toBe(1);
  expect(await refusal(as().operation.cancel(ref))).toMatchObject({ reason: "operationEnded" });
});

test("an actor whose role is taken meanwhile, or whose account is shut, does nothing more", async () => {
  const ids = await launched(2);
  const { operationId } = await run(ids, "stop", "grouped");
  const { prisma } = cloud.database;
  await prisma.user.update({ where: { id: cloud.users.grouped }, data: { enabled: false } });
  await workAll();
  await prisma.user.update({ where: { id: cloud.users.grouped }, data: { enabled: true } });
  const refused = await parts(operationId);
  expect(refused.map(({ state }) => state)).toEqual(["failed", "failed"]);
  const rows = await prisma.instance.findMany({ where: { id: { in: ids } } });
  expect(rows.map(({ power }) => power)).toEqual(["running", "running"]);
  expect(await whole(operationId)).toMatchObject({ state: "failed" });
});

test("what would change nothing, another's instances and a used id are refused, and leave nothing", async () => {
  const [id = ""] = await launched(1);
  const before = await cloud.database.prisma.operation.count();
  expect(await refusal(run([id], "start"))).toMatchObject({ reason: "bulkNothing" });
  expect(await refusal(run([crypto.randomUUID()]))).toMatchObject({ reason: "bulkNothing" });
  expect(await refusal(run([id], "delete", "reader"))).toMatchObject({ reason: "roleTooWeak" });
  const input = { projectId: cloud.otherProjectId, id: crypto.randomUUID(), action: "stop" as const };
  const foreign = as("outsider").bulk.run({ ...input, scope: { ids: [id] } });
  expect(await refusal(foreign)).toMatchObject({ code: expect.stringMatching(/InvalidState|Forbidden/) });
  expect(await cloud.database.prisma.operation.count()).toBe(before);
  const { input: used } = await run([id]);
  const other = as().bulk.run({ ...used, action: "delete" });
  expect(await refusal(other)).toMatchObject({ code: "Conflict", reason: "idInUse" });
});

test("a deletion touches none but those that were confirmed, and asked again it is the same", async () => {
  const prefix = `sure-${crypto.randomUUID().slice(0, 8)}`;
  await launched(2, prefix);
  const asked = { ...here(), action: "delete" as const, scope: { filter: { text: prefix }, except: [] } };
  const { mark } = (await as().bulk.preview(asked)).will;
  await launched(1, prefix);
  const input = { ...asked, id: crypto.randomUUID(), confirmed: mark };
  expect(await refusal(as().bulk.run(input))).toMatchObject({ code: "Conflict", reason: "bulkChanged" });
  expect(await parts(input.id)).toEqual([]);
  const seen = (await as().bulk.preview(asked)).will;
  const again = { ...input, confirmed: seen.mark };
  expect(await as().bulk.run(again)).toEqual({ operationId: input.id });
  await workAll();
  expect(await as().bulk.run(again)).toEqual({ operationId: input.id });
  expect(await parts(input.id)).toHaveLength(3);
});

test("what was confirmed as restorable is not deleted for good where nothing is kept by now", async () => {
  const ids = await launched(1);
  const { operationId } = await run(ids, "softDelete");
  const { reclaimMs } = cloud.deps;
  cloud.deps.reclaimMs = 0;
  await workAll().finally(() => {
    cloud.deps.reclaimMs = reclaimMs;
  });
  expect((await parts(operationId)).map(({ state }) => state)).toEqual(["failed"]);
  const row = await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id: ids[0] ?? "" } });
  expect(row).toMatchObject({ deleteRequestedAt: null, reclaimAt: null });
});
