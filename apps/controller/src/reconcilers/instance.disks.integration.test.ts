/** What becomes of an instance's volumes where it goes, or its hypervisor can't take them. */
import { openPlacementBoard, PrismaNamespace, writeVolumeStatus } from "@madang/db";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  addHypervisor,
  addInstance,
  addVolume,
  obey,
  openTestCloud,
  type TestCloud,
  wish,
} from "../testing/rows.ts";
import { reconcileInstance } from "./instance.ts";
import { reconcileVolume } from "./volume.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
afterEach(async () => {
  await cloud.database.prisma.$executeRaw`TRUNCATE instance, hypervisor, volume, event CASCADE`;
});

const run = (id: string) => reconcileInstance(cloud.deps, id);

async function launched(): Promise<string> {
  const id = await addInstance(cloud);
  await run(id);
  await obey(cloud, id);
  await run(id);
  return id;
}

async function reconcileDisk(id: string): Promise<void> {
  const { prisma } = cloud.database;
  const { publish, now, onCapacity } = cloud.deps;
  const board = openPlacementBoard({ prisma, now });
  await reconcileVolume({ prisma, publish, now, onCapacity, board }, id);
}

const attach = (instanceId: string, volumeId: string) =>
  cloud.database.prisma.volumeAttachment.create({
    data: { id: crypto.randomUUID(), instanceId, volumeId, deleteWithInstance: true },
  });

describe("its volumes", () => {
  it("go with it, but not what is protected, has snapshots or is being copied", async () => {
    const { prisma } = cloud.database;
    const hypervisorId = await addHypervisor(cloud);
    const id = await launched();
    const [goes, guarded, saved, origin] = [
      await addVolume(cloud, { hypervisorId }),
      await addVolume(cloud, { hypervisorId, deleteProtection: true }),
      await addVolume(cloud, { hypervisorId }),
      await addVolume(cloud, { hypervisorId }),
    ];
    const snapshot = { projectId: cloud.projectId, volumeId: saved, name: "kept", sizeGib: 1 };
    await prisma.volumeSnapshot.create({ data: { ...snapshot, id: crypto.randomUUID() } });
    await addVolume(cloud, { source: "volume", sourceVolumeId: origin });
    for (const volumeId of [goes, guarded, saved, origin]) await attach(id, volumeId);
    await wish(cloud, id, "instance.delete");
    await run(id);
    await obey(cloud, id);
    await run(id);
    expect(await prisma.volumeAttachment.count()).toBe(0);
    const going = await prisma.volume.findMany({ where: { deleteRequestedAt: { not: null } } });
    expect(going.map((volume) => volume.id)).toEqual([goes]);
    const kept = await prisma.event.findMany({ where: { action: "volume.kept" } });
    expect(Object.fromEntries(kept.map(({ resourceId, params }) => [resourceId, params]))).toEqual({
      [guarded]: { instance: "one", reason: "protected" },
      [saved]: { instance: "one", reason: "snapshots" },
      [origin]: { instance: "one", reason: "copied" },
    });
  });

  it("go with it although a snapshot is still going, and only once their hypervisor has nothing of them", async () => {
    const { prisma } = cloud.database;
    const hypervisorId = await addHypervisor(cloud);
    const id = await launched();
    const made = { made: true, observed: "available", ackedGeneration: 1 } as const;
    const volumeId = await addVolume(cloud, { hypervisorId, ...made });
    const snapshot = { projectId: cloud.projectId, volumeId, name: "going", sizeGib: 1 };
    await prisma.volumeSnapshot.create({
      data: { ...snapshot, id: crypto.randomUUID(), observed: "available", deleteRequestedAt: new Date() },
    });
    await attach(id, volumeId);
    await wish(cloud, id, "instance.delete");
    await run(id);
    await obey(cloud, id);
    await run(id);
    const row = () =>
      prisma.volume.findUnique({
        where: { id: volumeId },
        include: { _count: { select: { snapshots: true } } },
      });
    await reconcileDisk(volumeId);
    const going = await row();
    expect(going).toMatchObject({ status: "deleting", fault: null, _count: { snapshots: 1 } });
    const answer = { observed: "absent", ackedGeneration: going?.generation ?? 0 } as const;
    await prisma.volume.update({ where: { id: volumeId }, data: answer });
    await reconcileDisk(volumeId);
    await reconcileDisk(volumeId);
    expect(await row()).toBeNull();
    expect(await prisma.volumeSnapshot.count()).toBe(0);
  });

  it("are placed where its guest is by disk and zone alone, or given back with the reason", async () => {
    const { prisma } = cloud.database;
    const hypervisorId = await addHypervisor(cloud);
    const id = await launched();
    await prisma.hypervisor.update({
      where: { id: hypervisorId },
      data: { storage: { pools: [] }, cpuAllocationRatio: 0 },
    });
    const [fits, large, elsewhere] = [
      await addVolume(cloud),
      await addVolume(cloud, { sizeGib: 9_000 }),
      await addVolume(cloud, { availabilityZone: "other" }),
    ];
    for (const volumeId of [fits, large, elsewhere]) await attach(id, volumeId);
    await run(id);
    const placed = await prisma.volume.findMany({ where: { hypervisorId } });
    expect(placed.map((volume) => volume.id)).toEqual([fits]);
    const failed = await prisma.event.findMany({ where: { action: "volume.attach-failed" } });
    const reasons = Object.fromEntries(failed.map(({ resourceId, params }) => [resourceId, params]));
    expect(reasons).toMatchObject({
      [large]: { reason: "volumeNoRoom" },
      [elsewhere]: { reason: "volumeOtherZone" },
    });
  });

  it("that a hypervisor could not make are nowhere again, but not what it once had", async () => {
    const { prisma } = cloud.database;
    const hypervisorId = await addHypervisor(cloud);
    const id = await launched();
    const hostFault = { code: "Unavailable", reason: "diskFull", message: "m", retry: "never" } as const;
    const failed = { hypervisorId, hostFault, observed: "failed", ackedGeneration: 1 } as const;
    const [unmade, made] = [
      await addVolume(cloud, failed),
      await addVolume(cloud, { ...failed, made: true }),
    ];
    for (const volumeId of [unmade, made]) await attach(id, volumeId);
    await run(id);
    const row = (volumeId: string) => prisma.volume.findUniqueOrThrow({ where: { id: volumeId } });
    expect(await row(unmade)).toMatchObject({ hypervisorId: null, status: "available", generation: 2 });
    expect(await row(made)).toMatchObject({ hypervisorId, status: "error", generation: 1 });
    expect(await prisma.volumeAttachment.count()).toBe(0);
  });
});

it("a volume that will not go back is of use again, and its number is never told again", async () => {
  const { prisma } = cloud.database;
  const hypervisorId = await addHypervisor(cloud);
  const hostFault = { code: "InvalidState", reason: "RevertRefused", message: "m", retry: "never" } as const;
  const answer = { observed: "failed", ackedGeneration: 1, observedSizeBytes: 1_024n ** 3n } as const;
  const id = await addVolume(cloud, { hypervisorId, made: true, revertSeq: 3, hostFault, ...answer });
  await reconcileDisk(id);
  const row = () => prisma.volume.findUniqueOrThrow({ where: { id } });
  expect(await row()).toMatchObject({ revertSeq: 3, observedRevertSeq: 3, generation: 2 });
  await prisma.volume.update({
    where: { id },
    data: { observed: "available", ackedGeneration: 2, hostFault: PrismaNamespace.DbNull },
  });
  expect(await writeVolumeStatus(prisma, id)).toBe("available");
});
