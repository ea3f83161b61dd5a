import { openQueue, type PgBoss, writeStatus } from "@madang/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reclaim } from "./reclaim.ts";
import { reconcileInstance } from "./reconcilers/instance.ts";
import { addHypervisor, addInstance, obey, openTestCloud, type TestCloud } from "./testing/rows.ts";

let cloud: TestCloud;
let boss: PgBoss;
beforeAll(async () => {
  cloud = await openTestCloud();
  boss = await openQueue(cloud.database.url, false, () => {});
  await addHypervisor(cloud);
});
afterAll(async () => {
  await boss.stop({ graceful: false });
  await cloud.close();
});

const settle = async (id: string) => {
  for (let round = 0; round < 3; round++) {
    await reconcileInstance(cloud.deps, id);
    await obey(cloud, id);
  }
  await reconcileInstance(cloud.deps, id);
};
const row = (id: string) => cloud.database.prisma.instance.findUnique({ where: { id } });
const round = (at: Date) => reclaim({ database: cloud.database, boss, now: () => at });

/** What admission writes of it. */
async function softly(id: string, reclaimAt: Date | null): Promise<void> {
  const data = { reclaimAt, generation: { increment: 1 } };
  await cloud.database.prisma.$transaction(async (tx) => {
    await tx.instance.update({ where: { id }, data });
    await writeStatus(tx, id);
  });
}

test("softly deleted it is shut off and kept, restored it runs again, and late it is gone", async () => {
  const id = await addInstance(cloud);
  await settle(id);
  const soon = new Date(Date.now() + 60_000);
  await softly(id, soon);
  await settle(id);
  expect(await row(id)).toMatchObject({ status: "SOFT_DELETED", taskState: null, powerState: "SHUTDOWN" });
  expect(await round(new Date())).toBe(0);
  await softly(id, null);
  await settle(id);
  expect(await row(id)).toMatchObject({ status: "ACTIVE", taskState: null });
  await softly(id, soon);
  await settle(id);
  const late = new Date(soon.getTime() + 1);
  expect(await Promise.all([round(late), round(late)]).then((counts) => counts.toSorted())).toEqual([0, 1]);
  await settle(id);
  expect(await row(id)).toBe(null);
  expect(await cloud.database.prisma.guest.count({ where: { instanceId: id } })).toBe(0);
  const operation = await cloud.database.prisma.operation.findFirstOrThrow({
    where: { resourceId: id, kind: "instance.delete" },
  });
  expect(operation).toMatchObject({ state: "succeeded", actorId: null });
});
