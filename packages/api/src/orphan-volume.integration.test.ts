/** Volumes that a hypervisor has and nobody asked for: listed since when, and removed by an administrator's word alone. */
import type { ReportInput } from "@madang/core/wire/agent";
import type { OrphanVolume } from "@madang/core/wire/volume";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { noteOrphanVolumes } from "./agent/orphan-volumes.ts";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";
import { pulledBy, reportOf, reportOrphans } from "./testing-agent.ts";

let cloud: TestCloud;
let host: { hypervisorId: string; serial: string };
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, hypervisor, volume, orphan_volume, operation CASCADE`;
  const { ids } = await callerAs(cloud, "cloudAdmin").instance.launch(launchOf(cloud));
  host = await placeGuest(cloud.database, ids[0] ?? "", { observed: "running" });
});

const admin = () => callerAs(cloud, "cloudAdmin").admin;
const report = (orphans: OrphanVolume[], change: Partial<ReportInput> = {}) =>
  reportOrphans(cloud, host, [], { storage: { pools: [], orphans }, ...change });
const lostOne = (usedBytes = 4_096): OrphanVolume => ({ volumeId: crypto.randomUUID(), usedBytes });
const refOf = ({ volumeId }: OrphanVolume) => ({ hypervisorId: host.hypervisorId, volumeId });
const shown = async () => {
  const [row] = (await admin().hypervisor.list({})).items;
  const { items } = await admin().orphanVolume.list({ hypervisorId: host.hypervisorId });
  expect(items.slice(0, 10)).toEqual(row?.orphanVolumes);
  expect(row?.orphanVolumeCount).toBe(items.length);
  expect((await admin().overview()).orphans).toEqual({ guests: 0, volumes: items.length });
  return items;
};
const orders = async () => (await pulledBy(cloud, host)).orphanVolumeOrders;
const trail = async () => {
  const where = { resourceId: host.hypervisorId, action: { startsWith: "orphan." } };
  const events = await cloud.database.prisma.event.findMany({ where, orderBy: { id: "asc" } });
  return events.map(({ action }) => action);
};

test("they are kept with the moment they were first told of, until a complete report is silent of them", async () => {
  const lost = lostOne();
  await report([lost]);
  const [first] = await shown();
  expect(first).toMatchObject({ volumeId: lost.volumeId, usedBytes: 4_096, removal: null });
  await report([{ ...lost, usedBytes: 8_192 }]);
  expect(await shown()).toEqual([{ ...first, usedBytes: 8_192 }]);
  // An agent that has not looked yet, or says only what changed, takes nothing back.
  await report([], { complete: false });
  await reportOrphans(cloud, host, []);
  expect(await shown()).toHaveLength(1);
  await report([]);
  expect(await shown()).toEqual([]);
  expect(await trail()).toEqual([]);
});

test("one is removed by order: told to its agent until it is silent of it, once on the record", async () => {
  const lost = lostOne();
  await report([lost]);
  expect(await orders()).toEqual([]);
  await Promise.all([1, 2, 3].map(() => admin().orphanVolume.remove(refOf(lost))));
  const [first] = (await orders()) ?? [];
  expect(first).toMatchObject({ volumeId: lost.volumeId, action: "remove" });
  expect((await shown())[0]?.removal).toMatchObject({ fault: null });
  const fault = { code: "Unavailable", reason: "VolumeInUse", message: "no", retry: "later" } as const;
  await report([{ ...lost, fault }]);
  expect((await shown())[0]?.removal).toMatchObject({ fault: { reason: "VolumeInUse" } });
  expect(await orders()).toEqual([first]);
  // Tried again, it is an order of now, of which nothing went wrong yet.
  await admin().orphanVolume.remove(refOf(lost));
  expect((await shown())[0]?.removal).toMatchObject({ fault: null });
  const [again] = (await orders()) ?? [];
  expect(Date.parse(again?.requestedAt ?? "")).toBeGreaterThan(Date.parse(first?.requestedAt ?? ""));
  await report([]);
  await report([]);
  expect(await orders()).toEqual([]);
  expect(await trail()).toEqual(["orphan.remove-volume", "orphan.remove-volume", "orphan.volume-removed"]);
  expect(await refusal(admin().orphanVolume.remove(refOf(lost)))).toMatchObject({
    reason: "orphanVolumeNotFound",
  });
});

test("one that is known again is neither shown, nor to be removed, nor told to go by an order from before", async () => {
  const member = callerAs(cloud, "member");
  await admin().volumeType.create({ id: crypto.randomUUID(), name: "plain" });
  const [type] = (await admin().volumeType.list({})).items;
  const lost = lostOne();
  await report([lost]);
  await admin().orphanVolume.remove(refOf(lost));
  const { projectId } = cloud;
  const wish = { projectId, id: lost.volumeId, name: "back", sizeGib: 1, volumeTypeId: type?.id ?? "" };
  await member.volume.create(wish);
  const isKnown = async () => {
    expect(await shown()).toEqual([]);
    expect(await orders()).toEqual([]);
    const asked = admin().orphanVolume.remove(refOf(lost));
    expect(await refusal(asked)).toMatchObject({ reason: "orphanVolumeKnown", params: { name: "back" } });
  };
  await isKnown();
  const { prisma } = cloud.database;
  await prisma.volume.updateMany({ data: { hypervisorId: host.hypervisorId } });
  await isKnown();
  await report([]);
  expect(await trail()).toEqual(["orphan.remove-volume"]);
  // What lives elsewhere is not what is left here.
  const elsewhere = (await member.instance.launch(launchOf(cloud))).ids[0] ?? "";
  const other = await placeGuest(cloud.database, elsewhere, { observed: "running" });
  await report([lost]);
  await prisma.volume.updateMany({ data: { hypervisorId: other.hypervisorId } });
  const { items } = await admin().orphanVolume.list({ hypervisorId: host.hypervisorId });
  expect(items).toMatchObject([{ volumeId: lost.volumeId }]);
});

test("what an earlier run of the agent said last does not count, though it bears the number of the newest report", async () => {
  const lost = lostOne();
  await report([lost]);
  const { prisma } = cloud.database;
  const { reportSequence, agentStartedAt } = await prisma.hypervisor.findUniqueOrThrow({
    where: { id: host.hypervisorId },
  });
  const deps = { ...cloud.deps, agents: cloud.database, bus: cloud.bus };
  const late = (startedAt: Date) =>
    noteOrphanVolumes(deps, host, {
      ...reportOf({ storage: { pools: [], orphans: [] } }),
      sequence: Number(reportSequence),
      agentStartedAt: startedAt.toISOString(),
    });
  const now = agentStartedAt ?? new Date(0);
  await late(new Date(now.getTime() - 1));
  expect(await shown()).toHaveLength(1);
  await late(now);
  expect(await shown()).toEqual([]);
});

test("one that the database knows and calls unplaced is its reconciler's to place, whoever told of it", async () => {
  const { pool, prisma } = cloud.database;
  const type = await prisma.volumeType.create({ data: { id: crypto.randomUUID(), name: "restored" } });
  const [known, lost] = [lostOne(), lostOne()];
  const wish = { projectId: cloud.projectId, id: known.volumeId, name: "back", sizeGib: 1 };
  await callerAs(cloud, "member").volume.create({ ...wish, volumeTypeId: type.id });
  await pool.query("DELETE FROM pgboss.job");
  const woken = async () => (await pool.query(`SELECT data ->> 'id' AS id FROM pgboss.job`)).rows;
  await report([known, lost]);
  expect(await woken()).toEqual([{ id: known.volumeId }]);
  await pool.query("DELETE FROM pgboss.job");
  await report([known, lost]);
  expect(await woken()).toEqual([]);
});

test("more than fit in one report are all kept, in pages, and what one leaves out stays", async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => lostOne(index));
  await report(many);
  const late = lostOne(1);
  await report([...many.slice(1), late]);
  const { prisma } = cloud.database;
  expect(await prisma.orphanVolume.count()).toBe(10_001);
  const { hypervisorId } = host;
  const page = await admin().orphanVolume.list({ hypervisorId, limit: 100, sort: "-usedBytes" });
  expect(page.items[0]?.usedBytes).toBe(9_999);
  const next = await admin().orphanVolume.list({
    ...{ hypervisorId, limit: 100, sort: "-usedBytes" },
    cursor: page.nextCursor ?? "",
  });
  expect(next.items[0]?.usedBytes).toBe(9_899);
  expect((await admin().hypervisor.list({})).items[0]).toMatchObject({ orphanVolumeCount: 10_001 });
  await report([late]);
  expect(await prisma.orphanVolume.count()).toBe(1);
});

test("they are shown to who may see hypervisors, and removed by administrators alone", async () => {
  const lost = lostOne();
  await report([lost]);
  const reader = callerAs(cloud, "cloudReader").admin.orphanVolume;
  expect((await reader.list({ hypervisorId: host.hypervisorId })).items).toHaveLength(1);
  expect((await refusal(reader.remove(refOf(lost)))).code).toBe("Forbidden");
  const theirs = callerAs(cloud, "member").admin.orphanVolume;
  expect((await refusal(theirs.list({ hypervisorId: host.hypervisorId }))).code).toBe("Forbidden");
  expect(await orders()).toEqual([]);
});
