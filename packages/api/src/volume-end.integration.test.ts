/** What ends early, or without its hypervisor: a revert that is called off, a volume that is deleted by force. */
import type { VolumeReport } from "@madang/core/wire/volume";
import { writeVolumeStatus } from "@madang/db";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";
import { pulledBy, reportOrphans } from "./testing-agent.ts";

let cloud: TestCloud;
let host: { hypervisorId: string; guestId: string; serial: string };
let ref: { projectId: string; id: string };
const typeId = crypto.randomUUID();
beforeAll(async () => {
  cloud = await openTestCloud();
  await admin().volumeType.create({ id: typeId, name: "standard" });
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, hypervisor, volume, volume_snapshot, operation CASCADE`;
  const { ids } = await member().instance.launch(launchOf(cloud));
  host = await placeGuest(cloud.database, ids[0] ?? "", { observed: "running" });
  ref = { projectId: cloud.projectId, id: crypto.randomUUID() };
  await member().volume.create({ ...ref, name: "data", sizeGib: 10, volumeTypeId: typeId });
  await prisma.volume.update({ where: { id: ref.id }, data: { hypervisorId: host.hypervisorId } });
  await writeVolumeStatus(prisma, ref.id);
  await report({});
});

const member = () => callerAs(cloud, "member");
const admin = () => callerAs(cloud, "cloudAdmin").admin;
const row = () => cloud.database.prisma.volume.findUniqueOrThrow({ where: { id: ref.id } });
const told = async () => (await pulledBy(cloud, host)).volumes?.[0];
const report = (fields: Partial<VolumeReport>) => {
  const usual = {
    generation: 1,
    observed: "available",
    sizeBytes: 10 * 1024 ** 3,
    usedBytes: 4_096,
  } as const;
  const nothing = { snapshots: [], revertSeq: 0, phase: null, percent: null, fault: null };
  return reportOrphans(cloud, host, [], {
    storage: { pools: [], orphans: [] },
    volumes: [{ volumeId: ref.id, ...usual, ...nothing, ...fields }],
  });
};
const trail = async () => {
  const events = await cloud.database.prisma.event.findMany({
    where: { resourceId: ref.id },
    orderBy: { id: "asc" },
  });
  return events.map(({ action }) => action);
};
/** Answers the snapshot. */
async function revert(): Promise<{ snapshotId: string; quiesced: null; observed: "available"; fault: null }> {
  const snapshotId = crypto.randomUUID();
  const of = { kind: "volume", id: snapshotId, volumeId: ref.id } as const;
  await member().volumeSnapshot.create({ projectId: ref.projectId, name: "before", of });
  const taken = { snapshotId, quiesced: null, observed: "available", fault: null } as const;
  await report({ generation: 2, snapshots: [taken] });
  await member().volume.revert({ ...ref, snapshotId });
  return taken;
}

test("a revert that is called off is told no more, once on the record, and a later one has a new number", async () => {
  const taken = await revert();
  expect((await told())?.revert).toEqual({ seq: 1, snapshotId: taken.snapshotId });
  await Promise.all([1, 2, 3].map(() => member().volume.callOffRevert(ref)));
  expect(await told()).toMatchObject({ generation: 4, revert: null });
  expect((await trail()).filter((action) => action === "volume.call-off")).toHaveLength(1);
  // Until its hypervisor has said which it was, nobody knows.
  expect(await member().volume.get(ref)).toMatchObject({ status: "reverting" });
  await report({ generation: 4, snapshots: [taken] });
  expect(await row()).toMatchObject({ observedRevertSeq: 0, revertSeq: 1, revertSnapshotId: null });
});

test("one that was done before it was called off stays done", async () => {
  const taken = await revert();
  await member().volume.callOffRevert(ref);
  await report({ generation: 4, snapshots: [taken], revertSeq: 1 });
  expect(await member().volume.get(ref)).toMatchObject({ status: "available" });
  const again = await refusal(member().volume.callOffRevert(ref));
  expect(again).toMatchObject({ code: "InvalidState", reason: "volumeNotReverting" });
  expect((await trail()).filter((action) => action === "volume.call-off")).toHaveLength(1);
});

test("a volume is deleted by force under its typed name, despite its protection, by administrators alone", async () => {
  await member().volume.update({ ...ref, deleteProtection: true });
  const force = (name: string) => admin().volume.forceDelete({ id: ref.id, name });
  expect(await refusal(force("dat"))).toMatchObject({ reason: "volumeNameDiffers", field: "name" });
  const theirs = callerAs(cloud, "admin").admin.volume.forceDelete({ id: ref.id, name: "data" });
  expect((await refusal(theirs)).code).toBe("Forbidden");
  expect(await row()).toMatchObject({ deleteRequestedAt: null, forceDeleteRequestedAt: null });
  const answers = await Promise.all([1, 2, 3].map(() => force("data")));
  expect(new Set(answers.map(({ operationId }) => operationId)).size).toBe(1);
  expect(await told()).toMatchObject({ desired: "absent", generation: 2 });
  expect((await trail()).filter((action) => action === "volume.force-delete")).toHaveLength(1);
  const missing = admin().volume.forceDelete({ id: crypto.randomUUID(), name: "data" });
  expect(await refusal(missing)).toMatchObject({ reason: "volumeNotFound" });
});

test("a deletion that waits is hastened by force, and what an instance has is not deleted", async () => {
  const { operationId } = await member().volume.delete(ref);
  const forced = await admin().volume.forceDelete({ id: ref.id, name: "data" });
  expect(forced.operationId).not.toBe(operationId);
  const before = await row();
  expect(before.forceDeleteRequestedAt).not.toBeNull();
  const other = { projectId: ref.projectId, id: crypto.randomUUID() };
  await member().volume.create({ ...other, name: "used", sizeGib: 1, volumeTypeId: typeId });
  const [instance] = (await member().instance.list({ projectId: ref.projectId })).items;
  await cloud.database.prisma.hypervisor.updateMany({
    data: {
      storage: {
        pools: [
          {
            ...{ backend: "file", format: "qcow2", reflink: false, provisionedBytes: 0 },
            ...{ totalBytes: 1e12, freeBytes: 1e12 },
          },
        ],
      },
    },
  });
  await member().volume.attach({ ...other, instanceId: instance?.id ?? "" });
  const attached = admin().volume.forceDelete({ id: other.id, name: "used" });
  expect(await refusal(attached)).toMatchObject({ code: "InvalidState", reason: "volumeAttached" });
});
