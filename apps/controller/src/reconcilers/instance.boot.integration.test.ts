/** Instances that boot from volumes: where they go, what they wait for, and what becomes of them when a volume can't be had. */
import { buildPatienceMs } from "@madang/core/instance/machine";
import { openPlacementBoard, PrismaNamespace, writeVolumeStatus } from "@madang/db";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import {
  addHypervisor,
  addInstance,
  addVolume,
  answer,
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
const row = (id: string) =>
  cloud.database.prisma.instance.findUniqueOrThrow({
    where: { id },
    include: { guests: { include: { allocations: true } }, volumes: { orderBy: { position: "asc" } } },
  });

/** `boots` false: its agent is from before. */
async function storing(boots = true): Promise<string> {
  const { prisma } = cloud.database;
  const id = await addHypervisor(cloud);
  const { capabilities } = await prisma.hypervisor.findUniqueOrThrow({ where: { id } });
  const said = typeof capabilities === "object" ? { ...capabilities } : {};
  const data = { capabilities: { ...said, ...(boots ? { bootsFromVolume: true } : {}) } };
  await prisma.hypervisor.update({ where: { id }, data: { ...data, storage: { pools: [] } } });
  return id;
}

/** As a launch writes it: the first is booted from. */
async function launched(volumes: readonly string[], deleteWithInstance = true): Promise<string> {
  const { prisma } = cloud.database;
  const id = await addInstance(cloud, { diskGib: 500 });
  const none = { imageName: null, imageSource: PrismaNamespace.DbNull };
  await prisma.instance.update({ where: { id }, data: none });
  await prisma.volumeAttachment.createMany({
    data: volumes.map((volumeId, position) => ({
      ...{ id: crypto.randomUUID(), instanceId: id, volumeId, position, boot: position === 0 },
      deleteWithInstance,
    })),
  });
  for (const volumeId of volumes) await writeVolumeStatus(prisma, volumeId);
  return id;
}

const made = (volumeId: string) =>
  cloud.database.prisma.volume.update({
    where: { id: volumeId },
    data: { observed: "available", ackedGeneration: 1, made: true, observedSizeBytes: 1024n ** 3n },
  });

/** The active guest says at its generation which volumes it has. */
async function tellDisks(id: string, disks: readonly string[]): Promise<void> {
  await cloud.database.prisma.guest.updateMany({ where: { instanceId: id }, data: { disks: [...disks] } });
  await obey(cloud, id);
}

it("are placed with their new volumes where those can be booted from, and run once all are there", async () => {
  const { prisma } = cloud.database;
  await storing(false);
  const host = await storing();
  const volumes = [await addVolume(cloud, { source: "image" }), await addVolume(cloud)];
  const id = await launched(volumes);
  await run(id);
  const placed = await row(id);
  expect(placed.guests).toMatchObject([{ hypervisorId: host, desired: "stopped" }]);
  const disk = placed.guests[0]?.allocations.find(({ resourceClass }) => resourceClass === "DISK_GB");
  expect(disk?.amount).toBe(0);
  expect((await prisma.volume.findMany()).map(({ hypervisorId }) => hypervisorId)).toEqual([host, host]);
  await made(volumes[0] ?? "");
  await obey(cloud, id);
  await run(id);
  const half = await row(id);
  expect(half.volumes.map(({ phase }) => phase)).toEqual(["attaching", "reserved"]);
  expect(half.guests).toMatchObject([{ desired: "stopped" }]);
  await made(volumes[1] ?? "");
  await run(id);
  expect((await row(id)).guests).toMatchObject([{ desired: "running" }]);
  await tellDisks(id, volumes);
  await run(id);
  const done = await row(id);
  expect(done).toMatchObject({ status: "ACTIVE", volumes: [{ phase: "attached" }, { phase: "attached" }] });
});

it("wait where no hypervisor has room for their volumes, whatever the flavor's own disk is", async () => {
  const { prisma } = cloud.database;
  const host = await storing();
  const volumes = [await addVolume(cloud, { sizeGib: 600 }), await addVolume(cloud, { sizeGib: 600 })];
  const id = await launched(volumes);
  await run(id);
  expect(await row(id)).toMatchObject({ status: "BUILD", guests: [], fault: null });
  const event = await prisma.event.findFirstOrThrow({ where: { action: "instance.no-valid-host" } });
  expect(event.params).toMatchObject({ wantedDiskGib: 1200, capacity: 1 });
  await prisma.volume.update({ where: { id: volumes[1] ?? "" }, data: { sizeGib: 300 } });
  await run(id);
  expect((await row(id)).guests).toMatchObject([{ hypervisorId: host }]);
});

it("fail with the reason when a volume can't be made, and give everything back with them", async () => {
  const { prisma } = cloud.database;
  await storing();
  const [boot, data] = [await addVolume(cloud, { source: "image" }), await addVolume(cloud)];
  const id = await launched([boot, data]);
  await run(id);
  await made(boot);
  const hostFault = { code: "Unavailable", reason: "diskFull", message: "m", retry: "never" } as const;
  const failed = { hostFault, observed: "failed", ackedGeneration: 1 } as const;
  await prisma.volume.update({ where: { id: data }, data: failed });
  await run(id);
  await obey(cloud, id);
  await run(id);
  expect(await row(id)).toMatchObject({ status: "ERROR", guests: [], fault: { reason: "diskFull" } });
  expect((await row(id)).volumes).toHaveLength(2);
  await wish(cloud, id, "instance.delete");
  await run(id);
  expect(await prisma.instance.count()).toBe(0);
  expect(await prisma.volume.count({ where: { deleteRequestedAt: null } })).toBe(0);
  expect(await prisma.volumeAttachment.count()).toBe(0);
});

it("go where the copy goes that they boot from, and fail when it can go nowhere", async () => {
  const { prisma, ...database } = cloud.database;
  const { publish, now, onCapacity } = cloud.deps;
  const settle = (volumeId: string) => {
    const board = openPlacementBoard({ prisma, now });
    return reconcileVolume({ prisma, ...database, publish, now, onCapacity, board }, volumeId);
  };
  await storing();
  const there = await storing();
  await storing();
  const origin = await addVolume(cloud, { hypervisorId: there, made: true });
  const copy = await addVolume(cloud, { source: "volume", sourceVolumeId: origin });
  const id = await launched([copy], false);
  await run(id);
  expect(await row(id)).toMatchObject({ guests: [], fault: null });
  await settle(copy);
  await run(id);
  expect((await row(id)).guests).toMatchObject([{ hypervisorId: there, desired: "stopped" }]);
  const lost = await addVolume(cloud, { source: "volume", sourceVolumeId: crypto.randomUUID() });
  const other = await launched([lost], false);
  await run(other);
  await settle(lost);
  await run(other);
  expect(await row(other)).toMatchObject({ status: "ERROR", fault: { reason: "volumeOriginGone" } });
});

it("are not started anew without the volume that they booted from", async () => {
  const { prisma } = cloud.database;
  await storing();
  const boot = await addVolume(cloud, { source: "image" });
  const id = await launched([boot]);
  await run(id);
  await made(boot);
  await run(id);
  await tellDisks(id, [boot]);
  await run(id);
  await wish(cloud, id, "instance.stop");
  await run(id);
  await tellDisks(id, [boot]);
  await run(id);
  await prisma.volumeAttachment.deleteMany();
  await wish(cloud, id, "instance.start");
  await run(id);
  expect(await row(id)).toMatchObject({ status: "ERROR", fault: { reason: "bootVolumeGone" } });
  expect((await row(id)).guests).toMatchObject([{ desired: "stopped" }]);
});

it("are given all their new volumes a place at once, however many", async () => {
  const { prisma } = cloud.database;
  const host = await storing();
  const volumes: string[] = [];
  for (let at = 0; at < 17; at++) volumes.push(await addVolume(cloud));
  const id = await launched(volumes);
  const taken: string[] = [];
  await reconcileInstance({ ...cloud.deps, onStep: ({ step }) => taken.push(step) }, id);
  expect(await prisma.volume.count({ where: { hypervisorId: host } })).toBe(17);
  expect(taken.filter((step) => step === "place-volume")).toHaveLength(1);
});

it("are given up when a volume can't be filled in time, with what hinders it, but not one that only takes long", async () => {
  const { prisma } = cloud.database;
  await storing();
  const boot = await addVolume(cloud, { source: "image" });
  const id = await launched([boot]);
  await run(id);
  await obey(cloud, id);
  const late = new Date(cloud.deps.now().getTime() - buildPatienceMs - 1);
  await prisma.instance.update({ where: { id }, data: { scheduleDeadline: late } });
  await run(id);
  expect(await row(id)).toMatchObject({ status: "BUILD", fault: null });
  const hostFault = { code: "Unavailable", reason: "imageFetch", message: "m", retry: "later" } as const;
  await prisma.volume.update({ where: { id: boot }, data: { hostFault } });
  await run(id);
  await obey(cloud, id);
  await run(id);
  expect(await row(id)).toMatchObject({ status: "ERROR", fault: { reason: "imageFetch" }, guests: [] });
});

it("are not sent elsewhere once their volumes are with the first hypervisor: they fail with the reason", async () => {
  await storing();
  await storing();
  const boot = await addVolume(cloud);
  const id = await launched([boot]);
  await run(id);
  await made(boot);
  await run(id);
  const [guest] = (await row(id)).guests;
  if (!guest) throw new Error("no guest");
  const fault = { code: "Unavailable", reason: "diskFull", message: "m", retry: "elsewhere" } as const;
  await answer(cloud, guest, { observed: "failed", fault });
  await run(id);
  expect(await row(id)).toMatchObject({ status: "ERROR", fault: { reason: "diskFull" } });
  expect((await row(id)).excludedHypervisors).toEqual([]);
});

it("fail once, and not over and over, when the volume of one that is stopped is lost", async () => {
  const { prisma } = cloud.database;
  await storing();
  const boot = await addVolume(cloud, { source: "image" });
  const id = await launched([boot]);
  await run(id);
  await made(boot);
  await run(id);
  await tellDisks(id, [boot]);
  await run(id);
  await wish(cloud, id, "instance.stop");
  await run(id);
  await tellDisks(id, [boot]);
  await run(id);
  const hostFault = { code: "NotFound", reason: "VolumeLost", message: "m", retry: "never" } as const;
  await prisma.volume.update({ where: { id: boot }, data: { hostFault, observed: "failed" } });
  for (const _ of ["again", "and again"]) {
    expect(await run(id)).toEqual({ again: null });
    await tellDisks(id, [boot]);
  }
  expect(await row(id)).toMatchObject({ status: "ERROR", fault: { reason: "VolumeLost" } });
  expect(await prisma.event.count({ where: { action: "instance.failed" } })).toBe(1);
  await made(boot);
  await prisma.volume.update({ where: { id: boot }, data: { hostFault: PrismaNamespace.DbNull } });
  await run(id);
  expect(await row(id)).toMatchObject({ status: "SHUTOFF", fault: null });
});
