/** A volume gets another type: what is refused, what counts, and what its hypervisor is told. */
import { writeVolumeStatus } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";
import { pulledBy, reportOrphans } from "./testing-agent.ts";

let cloud: TestCloud;
let host: { hypervisorId: string; guestId: string; serial: string };
let instanceId: string;
const [standard, fast, hidden] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
beforeAll(async () => {
  cloud = await openTestCloud();
  await admin().volumeType.create({ id: standard, name: "standard" });
  await admin().volumeType.setDefault({ id: standard });
  await admin().volumeType.create({ id: fast, name: "fast", qos: { totalIops: 500 } });
  await admin().volumeType.create({ id: hidden, name: "hidden", public: false });
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, hypervisor, volume, volume_snapshot, operation CASCADE`;
  await prisma.quota.deleteMany();
  await prisma.volumeType.updateMany({ data: { backend: "file" } });
  instanceId = (await member().instance.launch(launchOf(cloud))).ids[0] ?? "";
  host = await placeGuest(cloud.database, instanceId, { observed: "running" });
  const pool = { backend: "file", format: "qcow2", reflink: false, provisionedBytes: 0 } as const;
  const storage = { pools: [{ ...pool, totalBytes: 1e12, freeBytes: 1e12 }], orphans: [] };
  await reportOrphans(cloud, host, [], { storage, volumes: [] });
});

const member = () => callerAs(cloud, "member");
const admin = () => callerAs(cloud, "cloudAdmin").admin;

async function make(): Promise<{ projectId: string; id: string }> {
  const [projectId, id] = [cloud.projectId, crypto.randomUUID()];
  await member().volume.create({ projectId, id, name: "data", sizeGib: 10 });
  return { projectId, id };
}

/** As if its hypervisor had made it. */
async function placed(ref: { id: string }): Promise<void> {
  const { prisma } = cloud.database;
  const data = { hypervisorId: host.hypervisorId, observed: "available", ackedGeneration: 1 } as const;
  await prisma.volume.update({ where: { id: ref.id }, data });
  await writeVolumeStatus(prisma, ref.id);
}

const snapshotOf = ({ projectId, id }: { projectId: string; id: string }) =>
  member().volumeSnapshot.create({
    ...{ projectId, name: "before", of: { kind: "volume", id: crypto.randomUUID(), volumeId: id } },
  });

test("a running guest's disk is told the new type's limits, and the trail says who changed it", async () => {
  const ref = await make();
  await placed(ref);
  await member().volume.attach({ ...ref, instanceId });
  const { prisma } = cloud.database;
  await prisma.volumeAttachment.update({ where: { volumeId: ref.id }, data: { phase: "attached" } });
  await writeVolumeStatus(prisma, ref.id);
  const told = async () => {
    const { guests, volumes } = await pulledBy(cloud, host);
    const disk = guests[0]?.disks?.find(({ volumeId }) => volumeId === ref.id);
    return { qos: disk?.qos, generation: volumes?.find(({ volumeId }) => volumeId === ref.id)?.generation };
  };
  const before = await told();
  expect(before).toEqual({ qos: {}, generation: 1 });
  const { operationId } = await member().volume.retype({ ...ref, volumeTypeId: fast });
  expect(await told()).toEqual({ qos: { totalIops: 500 }, generation: (before.generation ?? 0) + 1 });
  expect(await prisma.operation.findUniqueOrThrow({ where: { id: operationId } })).toMatchObject({
    ...{ kind: "volume.retype", resourceId: ref.id, state: "pending" },
  });
  const event = await prisma.event.findFirstOrThrow({ where: { operationId, action: "volume.retype" } });
  expect(event).toMatchObject({ params: { type: "fast" }, changes: { type: ["standard", "fast"] } });
  expect(await member().volume.get(ref)).toMatchObject({ volumeTypeId: fast, volumeTypeName: "fast" });
});

test("its snapshots move into the new type's quota with it, the project's stays the same", async () => {
  const { projectId } = cloud;
  const ref = await make();
  await placed(ref);
  await snapshotOf(ref);
  // What it has itself it needs no more of.
  await admin().project.setQuota({ id: projectId, limits: { volumes: 1, gigabytes: 20, snapshots: 1 } });
  await cloud.database.prisma.volumeSnapshot.updateMany({
    data: { observed: "available", status: "available" },
  });
  await cloud.database.prisma.volume.update({ where: { id: ref.id }, data: { ackedGeneration: 2 } });
  await writeVolumeStatus(cloud.database.prisma, ref.id);
  await admin().project.setQuota({ id: projectId, limits: { [`gigabytes:${fast}`]: 19 } });
  expect(await refusal(member().volume.retype({ ...ref, volumeTypeId: fast }))).toMatchObject({
    quota: [{ resource: `gigabytes:${fast}`, typeName: "fast", limit: 19, inUse: 0, requested: 20 }],
  });
  await admin().project.setQuota({ id: projectId, limits: { [`gigabytes:${fast}`]: 20 } });
  await member().volume.retype({ ...ref, volumeTypeId: fast });
  const { lines } = await member().project.quota({ projectId });
  const inUse = (name: string) => lines.find(({ resource }) => resource === name)?.inUse;
  expect([inUse(`gigabytes:${fast}`), inUse(`snapshots:${fast}`), inUse(`volumes:${fast}`)]).toEqual([
    20, 1, 1,
  ]);
  expect(inUse("gigabytes")).toBe(20);
  expect(inUse(`gigabytes:${standard}`)).toBeUndefined();
});

test("what can't be is refused with its reason, and changes nothing", async () => {
  const ref = await make();
  const asked = (volumeTypeId: string) => refusal(member().volume.retype({ ...ref, volumeTypeId }));
  expect(await asked(standard)).toMatchObject({ reason: "volumeTypeSame", field: "volumeTypeId" });
  expect(await asked(hidden)).toMatchObject({ reason: "volumeTypeNotFound" });
  expect(await asked(crypto.randomUUID())).toMatchObject({ reason: "volumeTypeNotFound" });
  const { prisma } = cloud.database;
  await prisma.volumeType.update({ where: { id: fast }, data: { backend: "other" } });
  await placed(ref);
  expect(await asked(fast)).toMatchObject({ code: "Conflict", reason: "volumeTypeOtherStorage" });
  await member().volume.delete(ref);
  await prisma.volumeType.update({ where: { id: fast }, data: { backend: "file" } });
  expect(await asked(fast)).toMatchObject({ reason: "volumeDeleting" });
  expect(await prisma.volume.findUniqueOrThrow({ where: { id: ref.id } })).toMatchObject({
    volumeTypeId: standard,
  });
});

test("what was never written may go to a type of other storage", async () => {
  const ref = await make();
  await cloud.database.prisma.volumeType.update({ where: { id: fast }, data: { backend: "other" } });
  await member().volume.retype({ ...ref, volumeTypeId: fast });
  expect(await member().volume.get(ref)).toMatchObject({ volumeTypeName: "fast", status: "available" });
});

test("of a retype and a deletion of its new type at once never both", async () => {
  for (let round = 0; round < 6; round += 1) {
    const ref = await make();
    const type = crypto.randomUUID();
    await admin().volumeType.create({ id: type, name: `brief ${round}` });
    const [retyped, deleted] = await Promise.allSettled([
      member().volume.retype({ ...ref, volumeTypeId: type }),
      admin().volumeType.delete({ id: type }),
    ]);
    expect([retyped.status, deleted.status].toSorted()).toEqual(["fulfilled", "rejected"]);
    const volume = await member().volume.get(ref);
    expect(volume.volumeTypeId).toBe(retyped.status === "fulfilled" ? type : standard);
    for (const one of [retyped, deleted])
      if (one.status === "rejected") expect(String(one.reason)).toMatch(/volume type|of this type/);
  }
});
