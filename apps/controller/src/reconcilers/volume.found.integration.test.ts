/** A database that was restored from an older backup knows volumes as unplaced that hypervisors have. */
import { openPlacementBoard } from "@madang/db";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import {
  addHypervisor,
  addInstance,
  addVolume,
  obey,
  openTestCloud,
  type TestCloud,
} from "../testing/rows.ts";
import { reconcileInstance } from "./instance.ts";
import { reconcileVolume } from "./volume.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
afterEach(async () => {
  await cloud.database.prisma
    .$executeRaw`TRUNCATE instance, hypervisor, volume, orphan_volume, event CASCADE`;
});

const run = (id: string) => reconcileInstance(cloud.deps, id);
const rowOf = (id: string) => cloud.database.prisma.volume.findUniqueOrThrow({ where: { id } });
const found = (hypervisorId: string, volumeId: string, seenAt = new Date(Date.now() + 60_000)) =>
  cloud.database.prisma.orphanVolume.create({ data: { hypervisorId, volumeId, usedBytes: 4_096n, seenAt } });

/** Its instance is on a hypervisor that keeps volumes; the answer's other one has no instance. */
async function launched(): Promise<{ id: string; here: string; there: string }> {
  const { prisma } = cloud.database;
  const here = await addHypervisor(cloud);
  const id = await addInstance(cloud);
  await run(id);
  await obey(cloud, id);
  await run(id);
  const there = await addHypervisor(cloud);
  await prisma.hypervisor.updateMany({ data: { storage: { pools: [] } } });
  return { id, here, there };
}

async function attached(instanceId: string, volumeId: string): Promise<void> {
  await cloud.database.prisma.volumeAttachment.create({
    data: { id: crypto.randomUUID(), instanceId, volumeId, deleteWithInstance: false },
  });
  await run(instanceId);
}

it("one is placed where it was found, and not made anew where its instance is", async () => {
  const { id, here, there } = await launched();
  const [near, far] = [await addVolume(cloud), await addVolume(cloud, { sizeGib: 9_000 })];
  await found(here, near);
  await found(there, far);
  await attached(id, near);
  expect(await rowOf(near)).toMatchObject({ hypervisorId: here, made: true, status: "reserved" });
  await attached(id, far);
  expect(await rowOf(far)).toMatchObject({ hypervisorId: there, made: true, status: "creating" });
  const failed = await cloud.database.prisma.event.findMany({ where: { action: "volume.attach-failed" } });
  const places = await cloud.database.prisma.event.findMany({ where: { action: "volume.found" } });
  expect(places.map(({ resourceId }) => resourceId)).toEqual([near, far]);
  expect(failed).toMatchObject([{ resourceId: far, params: { reason: "volumeElsewhere" } }]);
});

it("one that nobody attaches is placed there too, with room or without", async () => {
  const { prisma } = cloud.database;
  const { there } = await launched();
  const volumeId = await addVolume(cloud, { sizeGib: 9_000 });
  await found(there, volumeId);
  const told: string[] = [];
  const { now, onCapacity } = cloud.deps;
  const publish = (...topics: string[]) => void told.push(...topics);
  const board = openPlacementBoard({ prisma, now });
  await reconcileVolume({ prisma, publish, now, onCapacity, board }, volumeId);
  expect(await rowOf(volumeId)).toMatchObject({ hypervisorId: there, made: true, status: "creating" });
  expect(told).toContain(`hypervisor:${there}`);
  const trail = await prisma.event.findMany({ where: { resourceId: volumeId } });
  expect(trail.map(({ action }) => action)).toEqual(["volume.found"]);
});

it("what was found before the volume was asked for, or was left by an attempt, is not it", async () => {
  const { id, here, there } = await launched();
  const [young, tried] = [await addVolume(cloud), await addVolume(cloud)];
  await cloud.database.prisma.volume.update({ where: { id: tried }, data: { reportedAt: new Date() } });
  await found(there, young, new Date(Date.now() - 3_600_000));
  await found(there, tried);
  for (const volumeId of [young, tried]) {
    await attached(id, volumeId);
    expect(await rowOf(volumeId)).toMatchObject({ hypervisorId: here, made: false });
  }
});
