/** What the API admits of volumes: quota, races, transfers, types, and what an agent is told and may say. */
import { deriveSnapshotStatus, deriveVolumeStatus } from "@madang/core/volume/status";
import type { VolumeReport } from "@madang/core/wire/volume";
import { snapshotView, volumeView, writeVolumeStatus } from "@madang/db";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";
import { pulledBy, reportOrphans } from "./testing-agent.ts";

let cloud: TestCloud;
let host: { hypervisorId: string; guestId: string; serial: string };
let instanceId: string;
const typeId = crypto.randomUUID();
beforeAll(async () => {
  cloud = await openTestCloud();
  await admin().volumeType.create({ id: typeId, name: "standard" });
  await admin().volumeType.setDefault({ id: typeId });
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, hypervisor, volume, volume_snapshot, operation CASCADE`;
  await prisma.quota.deleteMany();
  const { ids } = await member().instance.launch(launchOf(cloud));
  instanceId = ids[0] ?? "";
  host = await placeGuest(cloud.database, instanceId, { observed: "running" });
  await report();
});

const member = () => callerAs(cloud, "member");
const admin = () => callerAs(cloud, "cloudAdmin").admin;
const report = (volumes: VolumeReport[] = []) => {
  const pool = { backend: "file", format: "qcow2", reflink: false, provisionedBytes: 0 } as const;
  const storage = { pools: [{ ...pool, totalBytes: 1e12, freeBytes: 1e12 }], orphans: [] };
  return reportOrphans(cloud, host, [], { storage, volumes });
};

async function make(fields: object = {}): Promise<{ projectId: string; id: string }> {
  const { projectId } = cloud;
  const id = crypto.randomUUID();
  await member().volume.create({ projectId, id, name: "data", sizeGib: 10, ...fields });
  return { projectId, id };
}

/** What the controller does with a volume whose instance is somewhere. */
async function put({ id }: { id: string }): Promise<void> {
  const { prisma } = cloud.database;
  await prisma.volume.update({ where: { id }, data: { hypervisorId: host.hypervisorId } });
  await writeVolumeStatus(prisma, id);
}

/** Whatever was done, what is stored is what the derivations say (invariant 3). */
afterEach(async () => {
  const volumes = await cloud.database.prisma.volume.findMany({
    include: { attachments: true, snapshots: true },
  });
  for (const { attachments, snapshots, ...volume } of volumes) {
    const phase = attachments[0]?.phase ?? null;
    expect(volume.status).toBe(deriveVolumeStatus(volumeView(volume, phase)));
    for (const one of snapshots) expect(one.status).toBe(deriveSnapshotStatus(snapshotView(one)));
  }
});

const said = (volumeId: string, fields: Partial<VolumeReport> = {}): VolumeReport => ({
  volumeId,
  generation: 1,
  observed: "available",
  sizeBytes: 10 * 1024 ** 3,
  usedBytes: 4_096,
  snapshots: [],
  revertSeq: 0,
  phase: null,
  percent: null,
  fault: null,
  ...fields,
});

test("made twice with one id it is one, and quota is never passed", async () => {
  const { projectId } = cloud;
  await cloud.database.prisma.quota.create({ data: { projectId, resource: "gigabytes", limit: 25 } });
  const wish = { projectId, id: crypto.randomUUID(), name: "data", sizeGib: 10 };
  await Promise.all([member().volume.create(wish), member().volume.create(wish)]);
  const others = Array.from({ length: 4 }, () => make().then(...outcome));
  expect((await Promise.all(others)).toSorted()).toEqual([
    "QuotaExceeded",
    "QuotaExceeded",
    "QuotaExceeded",
    "made",
  ]);
  const { items } = await member().volume.list({ projectId });
  expect(items).toHaveLength(2);
  expect(items[0]).toMatchObject({ status: "available", placed: false, volumeTypeName: "standard" });
  const [first] = items;
  const more = { projectId, id: first?.id ?? "", sizeGib: 16 };
  expect(await refusal(member().volume.extend(more))).toMatchObject({
    quota: [{ resource: "gigabytes", limit: 25, inUse: 20, requested: 6 }],
  });
});

const outcome = [() => "made", (error: { cause?: { code?: string } }) => error.cause?.code ?? "?"] as const;

test("of ten attaches of one volume at once one counts, and asked again it is the same", async () => {
  const ref = await make();
  const second = (await member().instance.launch(launchOf(cloud))).ids[0] ?? "";
  await placeGuest(cloud.database, second, { observed: "running" });
  await cloud.database.prisma.hypervisor.updateMany({ data: { storage: { pools: [] } } });
  const attaches = Array.from({ length: 10 }, (_, index) =>
    member().volume.attach({ ...ref, instanceId: index % 2 === 0 ? instanceId : second }),
  );
  const answers = await Promise.allSettled(attaches);
  const made = answers.flatMap((one) => (one.status === "fulfilled" ? one.value.operationId : []));
  expect(new Set(made).size).toBe(1);
  expect(await cloud.database.prisma.volumeAttachment.count()).toBe(1);
  expect(await member().volume.get(ref)).toMatchObject({ status: "reserved", placed: false });
  const { operationId } = await member().volume.detach(ref);
  expect(await member().volume.detach(ref)).toEqual({ operationId });
});

test("an instance gets no two volumes that it could not tell apart", async () => {
  const first = await make();
  await member().volume.attach({ ...first, instanceId });
  const id = `${first.id.slice(0, 20)}${crypto.randomUUID().slice(20)}`;
  const { projectId } = await make({ id });
  const attach = member().volume.attach({ projectId, id, instanceId });
  expect((await refusal(attach)).reason).toBe("volumeSerialTaken");
  expect(await member().volume.targets({ projectId, id })).toMatchObject([
    { id: instanceId, blocked: "volumeSerialTaken" },
  ]);
  expect(await member().volume.attachable({ projectId, instanceId })).toMatchObject([
    { id, blocked: "volumeSerialTaken" },
  ]);
});

test("what an image is being made of is offered to no instance, and no instance to it", async () => {
  const { prisma } = cloud.database;
  const { projectId, id } = await make();
  const offered = async () => [
    ...(await member().volume.targets({ projectId, id })),
    ...(await member().volume.attachable({ projectId, instanceId })),
  ];
  expect(await offered()).toMatchObject([{ blocked: null }, { blocked: null }]);
  const image = { name: "of it", visibility: "private", status: "saving", diskFormat: "qcow2" } as const;
  const { id: imageId } = await prisma.image.create({
    data: { ...image, id: crypto.randomUUID(), projectId, sourceVolumeId: id },
  });
  const [target, volume] = await offered();
  expect([target?.blocked, volume?.blocked]).toEqual(["volumeBeingCopied", "volumeBeingCopied"]);
  await prisma.image.delete({ where: { id: imageId } });
});

test("one that lives elsewhere, or has no room, is not attached", async () => {
  const ref = await make();
  await put(ref);
  await report([said(ref.id)]);
  const away = (await member().instance.launch(launchOf(cloud))).ids[0] ?? "";
  const other = await placeGuest(cloud.database, away, { observed: "running" });
  const reason = async () => (await refusal(member().volume.attach({ ...ref, instanceId: away }))).reason;
  expect(await reason()).toBe("volumeElsewhere");
  expect(await member().volume.targets(ref)).toMatchObject([
    { id: instanceId, blocked: null },
    { id: away, blocked: "volumeElsewhere" },
  ]);
  const huge = await make({ sizeGib: 900 });
  expect((await refusal(member().volume.attach({ ...huge, instanceId }))).reason).toBe("volumeNoRoom");
  const fresh = await make();
  const attach = member().volume.attach({ ...fresh, instanceId: away });
  expect((await refusal(attach)).reason).toBe("volumesNotKept");
  expect(other.hypervisorId).not.toBe(host.hypervisorId);
});

test("its agent is told of it, and only what it says at the generation that it names counts", async () => {
  const ref = await make();
  await member().volume.attach({ ...ref, instanceId });
  expect(await pulledBy(cloud, host)).toMatchObject({ volumes: [], guests: [{ disks: [] }] });
  await put(ref);
  const [told] = (await pulledBy(cloud, host)).volumes ?? [];
  expect(told).toMatchObject({
    volumeId: ref.id,
    desired: "present",
    sizeBytes: 10 * 1024 ** 3,
    revert: null,
    made: false,
  });
  await cloud.database.prisma.volumeAttachment.updateMany({ data: { phase: "attaching" } });
  await writeVolumeStatus(cloud.database.prisma, ref.id);
  const { guests } = await pulledBy(cloud, host);
  expect(guests).toMatchObject([{ disks: [{ volumeId: ref.id, readOnly: false, boot: false, qos: {} }] }]);
  await report([said(ref.id, { generation: 7 })]);
  expect((await member().volume.get(ref)).usedBytes).toBeNull();
  await report([said(ref.id, { usedBytes: 8_192 })]);
  expect((await member().volume.get(ref)).usedBytes).toBe(8_192);
  await report([said(ref.id, { observed: "failed" })]);
  expect(await cloud.database.prisma.volume.findUnique({ where: { id: ref.id } })).toMatchObject({
    observed: "failed",
    made: true,
  });
  expect((await pulledBy(cloud, host)).volumes).toMatchObject([{ volumeId: ref.id, made: true }]);
});

test("a revert is told until it was seen once, whatever an agent forgets", async () => {
  const ref = await make();
  await put(ref);
  await report([said(ref.id)]);
  const snapshotId = crypto.randomUUID();
  const { projectId, id: volumeId } = ref;
  const of = { kind: "volume", id: snapshotId, volumeId } as const;
  await member().volumeSnapshot.create({ projectId, name: "before", of });
  const taken = { snapshotId, observed: "available", quiesced: true, fault: null } as const;
  await report([said(volumeId, { generation: 2, snapshots: [taken] })]);
  const { items } = await member().volumeSnapshot.list({ projectId });
  expect(items).toMatchObject([{ id: snapshotId, status: "available", quiesced: true }]);
  await member().volume.revert({ ...ref, snapshotId });
  expect(await member().volume.get(ref)).toMatchObject({ status: "reverting" });
  const revert = async () => (await pulledBy(cloud, host)).volumes?.[0]?.revert;
  expect(await revert()).toEqual({ seq: 1, snapshotId });
  await report([said(volumeId, { generation: 3, snapshots: [taken], revertSeq: 1 })]);
  await report([said(volumeId, { generation: 3, snapshots: [taken], revertSeq: 0 })]);
  expect(await revert()).toBeNull();
  expect(await member().volume.get(ref)).toMatchObject({ status: "available" });
});

test("a key takes it into another project once, against that project's quota", async () => {
  const ref = await make();
  const other = callerAs(cloud, "outsider").volume;
  const [mine, theirs] = [cloud.projectId, cloud.otherProjectId];
  const { key: old } = await member().volume.offerTransfer(ref);
  const { key } = await member().volume.offerTransfer(ref);
  const wrong = `${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`;
  for (const bad of [old, wrong, "nonsense", ""])
    expect((await refusal(other.acceptTransfer({ projectId: theirs, key: bad }))).reason).toBe(
      "transferNotFound",
    );
  await cloud.database.prisma.quota.create({
    data: { projectId: theirs, resource: "gigabytes", limit: 5 },
  });
  expect((await refusal(other.acceptTransfer({ projectId: theirs, key }))).code).toBe("QuotaExceeded");
  await cloud.database.prisma.quota.deleteMany();
  const again = await Promise.allSettled(
    [1, 2, 3].map(() => other.acceptTransfer({ projectId: theirs, key })),
  );
  expect(again.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect((await member().volume.list({ projectId: mine })).items).toEqual([]);
  expect(await other.get({ projectId: theirs, id: ref.id })).toMatchObject({ name: "data" });
});

test("the usual type stays one, and a type with volumes stays", async () => {
  const id = crypto.randomUUID();
  await make();
  await admin().volumeType.create({ id, name: "fast", qos: { totalIops: 500 } });
  expect((await refusal(admin().volumeType.delete({ id: typeId }))).reason).toBe("volumeTypeDefault");
  await Promise.all([id, typeId, id].map((one) => admin().volumeType.setDefault({ id: one })));
  await admin().volumeType.setDefault({ id });
  expect((await refusal(admin().volumeType.delete({ id: typeId }))).reason).toBe("volumeTypeInUse");
  const { items } = await admin().volumeType.list({});
  expect(items.filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual(["fast"]);
  await admin().volumeType.setDefault({ id: typeId });
  await admin().volumeType.delete({ id });
});

async function snapshotOf(volumeId: string, of: object = {}): Promise<string> {
  const id = crypto.randomUUID();
  const wish = { projectId: cloud.projectId, name: "before" };
  await member().volumeSnapshot.create({ ...wish, of: { kind: "volume", id, volumeId, ...of } });
  return id;
}

test("it goes back only once every snapshot is taken, by a number that was never seen", async () => {
  const ref = await make();
  await put(ref);
  await report([said(ref.id)]);
  const snapshotId = await snapshotOf(ref.id);
  const taken = { snapshotId, observed: "available", quiesced: null, fault: null } as const;
  await report([said(ref.id, { generation: 2, snapshots: [taken], revertSeq: 4 })]);
  const safety = await snapshotOf(ref.id);
  const revert = () => member().volume.revert({ ...ref, snapshotId });
  expect(await member().volume.get(ref)).toMatchObject({ snapshotsKept: 2, snapshotsTaking: 1 });
  expect((await refusal(revert())).reason).toBe("volumeSnapshotCreating");
  const both = [taken, { ...taken, snapshotId: safety }];
  await report([said(ref.id, { generation: 3, snapshots: both, revertSeq: 4 })]);
  await revert();
  expect((await pulledBy(cloud, host)).volumes?.[0]?.revert).toEqual({ seq: 5, snapshotId });
  const { items } = await member().volumeSnapshot.list({ projectId: ref.projectId });
  expect(items.filter(({ goneBackTo }) => goneBackTo).map(({ id }) => id)).toEqual([snapshotId]);
  const target = { projectId: ref.projectId, id: snapshotId };
  expect((await refusal(member().volumeSnapshot.delete(target))).reason).toBe("volumeBusy");
});

test("snapshots that are going count, so that its hypervisor can be told of all", async () => {
  const ref = await make();
  const row = { projectId: ref.projectId, volumeId: ref.id, name: "gone", sizeGib: 10, status: "deleting" };
  const deleteRequestedAt = new Date();
  await cloud.database.prisma.volumeSnapshot.createMany({
    data: Array.from({ length: 100 }, () => ({ ...row, id: crypto.randomUUID(), deleteRequestedAt })),
  });
  await cloud.database.prisma.quota.create({
    data: { projectId: ref.projectId, resource: "snapshots", limit: 1_000 },
  });
  expect((await refusal(snapshotOf(ref.id))).reason).toBe("snapshotsTooMany");
  expect(await member().volume.get(ref)).toMatchObject({ snapshotCount: 100, snapshotsKept: 0 });
});

test("an instance's volumes are snapshotted all or not at all", async () => {
  const { projectId } = cloud;
  const [first, second] = [await make(), await make()];
  for (const one of [first, second]) await member().volume.attach({ ...one, instanceId });
  const phase = async (of: { id: string }, to: "attached" | "detaching") => {
    await cloud.database.prisma.volumeAttachment.update({ where: { volumeId: of.id }, data: { phase: to } });
    await writeVolumeStatus(cloud.database.prisma, of.id);
  };
  for (const one of [first, second]) await put(one);
  await report([said(first.id), said(second.id)]);
  await phase(first, "attached");
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  const of = { kind: "instance", instanceId, ids } as const;
  const take = () => member().volumeSnapshot.create({ projectId, name: "both", of });
  expect((await refusal(take())).reason).toBe("snapshotVolumesUnsettled");
  await phase(second, "detaching");
  expect((await refusal(take())).reason).toBe("snapshotVolumesUnsettled");
  await phase(second, "attached");
  expect(await take()).toEqual({ ids });
});

test("an instance that powered itself off stays off when a volume comes or goes", async () => {
  const ref = await make();
  const { prisma } = cloud.database;
  const read = () => prisma.instance.findUniqueOrThrow({ where: { id: instanceId } });
  await prisma.instance.update({
    where: { id: instanceId },
    data: { selfStoppedAt: (await read()).generation },
  });
  await member().volume.attach({ ...ref, instanceId });
  await member().volume.detach(ref);
  const { generation, selfStoppedAt } = await read();
  expect(generation).toBeGreaterThan(2);
  expect(selfStoppedAt).toBe(generation);
});

test("a report that says nothing of storage takes back nothing that was said", async () => {
  await reportOrphans(cloud, host, []);
  const ref = await make();
  await member().volume.attach({ ...ref, instanceId });
  expect(await member().volume.get(ref)).toMatchObject({ status: "reserved" });
});

test("changed limits are told at once where guests have volumes of the type, and nowhere else", async () => {
  const heard: string[] = [];
  const id = crypto.randomUUID();
  await admin().volumeType.create({ id, name: "limited" });
  const ref = await make({ volumeTypeId: id });
  await put(ref);
  await report([said(ref.id)]);
  await member().volume.attach({ ...ref, instanceId });
  cloud.bus.on(`hypervisor:${host.hypervisorId}`, (topic) => topic === "*" || heard.push("told"));
  await admin().volumeType.update({ id, description: "slow" });
  await admin().volumeType.update({ id: typeId, qos: { totalIops: 100 } });
  await admin().volumeType.update({ id, qos: { totalIops: 100 } });
  await expect.poll(() => heard, { timeout: 20_000 }).toEqual(["told"]);
});

test("the controller looks at what a revoked hypervisor kept", async () => {
  const [kept, elsewhere] = [await make(), await make()];
  await put(kept);
  await cloud.database.pool.query(`DELETE FROM pgboss.job`);
  await admin().hypervisor.revoke({ id: host.hypervisorId });
  const { rows } = await cloud.database.pool.query(`SELECT data FROM pgboss.job`);
  expect(rows).toEqual([{ data: { kind: "volume", id: kept.id } }]);
  expect(elsewhere.id).not.toBe(kept.id);
});
