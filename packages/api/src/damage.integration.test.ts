/** What administrators do when something broke: resets, forced deletions, fences; and who may do none of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  callerAs,
  launchOf,
  openTestCloud,
  people,
  placeGuest,
  refusal,
  type TestCloud,
  turnedAway,
} from "./testing.ts";
import { orphanOf, pulledBy, reportOrphans } from "./testing-agent.ts";

let cloud: TestCloud;
let host: { hypervisorId: string; serial: string };
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, hypervisor, orphan_order, operation CASCADE`;
  await prisma.quota.deleteMany();
  const { ids } = await callerAs(cloud, "cloudAdmin").instance.launch(launchOf(cloud));
  host = await placeGuest(cloud.database, ids[0] ?? "", { observed: "running" });
});

const admin = () => callerAs(cloud, "cloudAdmin").admin;
const instanceRow = (id: string) => cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
const onlyInstance = () => cloud.database.prisma.instance.findFirstOrThrow({ where: { name: "web" } });
const trail = async (resourceId: string) =>
  (await cloud.database.prisma.event.findMany({ where: { resourceId }, orderBy: { id: "asc" } })).map(
    ({ action }) => action,
  );

describe("a reset", () => {
  test("is asked for of what failed or does not settle, and is on the record", async () => {
    const { id, generation } = await onlyInstance();
    expect(await refusal(admin().instance.reset({ id }))).toMatchObject({ reason: "nothingToReset" });
    const fault = { code: "Internal", reason: "DiskLost", message: "gone", retry: "never" };
    await cloud.database.prisma.instance.update({ where: { id }, data: { fault, status: "ERROR" } });
    const before = new Date();
    const { operationId } = await admin().instance.reset({ id });
    const row = await instanceRow(id);
    expect(row).toMatchObject({ resetSeq: 1, observedResetSeq: 0, generation: generation + 1 });
    expect(row.scheduleDeadline.getTime()).toBeGreaterThan(before.getTime());
    const operation = await cloud.database.prisma.operation.findUniqueOrThrow({ where: { id: operationId } });
    expect(operation).toMatchObject({ kind: "instance.reset", targetGeneration: generation + 1 });
    expect(await trail(id)).toContain("instance.reset");
    await callerAs(cloud, "cloudAdmin").instance.delete({ projectId: cloud.projectId, id });
    expect(await refusal(admin().instance.reset({ id }))).toMatchObject({ reason: "beingDeleted" });
    expect(await refusal(admin().instance.reset({ id: crypto.randomUUID() }))).toMatchObject({
      reason: "instanceNotFound",
    });
  });
});

describe("a forced deletion", () => {
  test("ignores protection, is one however often it is asked, and is on the record", async () => {
    const { id, generation } = await onlyInstance();
    await cloud.database.prisma.instance.update({ where: { id }, data: { deleteProtection: true } });
    const answers = await Promise.all([1, 2, 3].map(() => admin().instance.forceDelete({ id })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    const row = await instanceRow(id);
    expect(row).toMatchObject({ generation: generation + 1, taskState: "deleting" });
    expect(row.forceDeleteRequestedAt).toEqual(row.deleteRequestedAt);
    expect((await trail(id)).filter((action) => action === "instance.force-delete")).toHaveLength(1);
  });

  test("hastens a deletion that is under way, as the same operation", async () => {
    const { id } = await onlyInstance();
    const first = await callerAs(cloud, "member").instance.delete({ projectId: cloud.projectId, id });
    const { deleteRequestedAt } = await instanceRow(id);
    expect(await admin().instance.forceDelete({ id })).toEqual(first);
    const row = await instanceRow(id);
    expect(row.deleteRequestedAt).toEqual(deleteRequestedAt);
    expect(row.forceDeleteRequestedAt).not.toBeNull();
  });
});

describe("a hypervisor", () => {
  test("is changed in its zone and its policy, and the trail says what changed", async () => {
    const id = host.hypervisorId;
    const changes = { availabilityZone: "east", ramAllocationRatio: 1.5, reservedRamMib: 1_024 };
    await admin().hypervisor.update({ id, ...changes });
    await admin().hypervisor.update({ id, ...changes });
    expect((await admin().hypervisor.list({})).items[0]).toMatchObject(changes);
    const events = await cloud.database.prisma.event.findMany({
      where: { resourceId: id, action: "hypervisor.update" },
    });
    expect(events.map(({ params }) => params)).toEqual([changes]);
  });

  test.each([
    { cpuAllocationRatio: 0 },
    { ramAllocationRatio: Number.POSITIVE_INFINITY },
    { ramAllocationRatio: Number.NaN },
    { diskAllocationRatio: 1e300 },
    { reservedRamMib: -1 },
    { reservedRamMib: 0.5 },
    { availabilityZone: "" },
    { availabilityZone: "a b; DROP TABLE hypervisor" },
    { availabilityZone: "x".repeat(64) },
  ])("takes no nonsense: %o", async (changes) => {
    const refused = await refusal(admin().hypervisor.update({ id: host.hypervisorId, ...changes }));
    expect(refused.code).toBe("InvalidInput");
  });

  test("is fenced when it is silent and named, once, and never while it reports", async () => {
    const id = host.hypervisorId;
    const { prisma } = cloud.database;
    const { name } = await prisma.hypervisor.findUniqueOrThrow({ where: { id } });
    expect(await refusal(admin().hypervisor.fence({ id, name }))).toMatchObject({
      reason: "hypervisorNeverSeen",
    });
    await reportOrphans(cloud, host, []);
    expect(await refusal(admin().hypervisor.fence({ id, name }))).toMatchObject({
      code: "InvalidState",
      reason: "hypervisorReports",
    });
    await prisma.hypervisor.update({ where: { id }, data: { lastSeenAt: new Date(Date.now() - 3_600_000) } });
    for (const typed of [`${name} `, name.toUpperCase(), ""])
      expect(await refusal(admin().hypervisor.fence({ id, name: typed }))).toMatchObject({
        code: "InvalidInput",
        field: "name",
      });
    await admin().hypervisor.fence({ id, name });
    const { fenceRequestedAt } = await prisma.hypervisor.findUniqueOrThrow({ where: { id } });
    expect(fenceRequestedAt).not.toBeNull();
    await admin().hypervisor.fence({ id, name });
    expect((await prisma.hypervisor.findUniqueOrThrow({ where: { id } })).fenceRequestedAt).toEqual(
      fenceRequestedAt,
    );
    expect((await trail(id)).filter((action) => action === "hypervisor.fence")).toHaveLength(1);
    expect((await admin().hypervisor.list({})).items[0]).toMatchObject({ fencePending: true });
  });
});

test("whether a crash is answered by a start is chosen at launch, changed later, and told to the agent", async () => {
  const { instance } = callerAs(cloud, "member");
  const input = launchOf(cloud, { crashPolicy: "stop", name: "fragile" });
  await instance.launch(input);
  const ref = { projectId: cloud.projectId, id: input.ids[0] ?? "" };
  expect(await instance.get(ref)).toMatchObject({ crashPolicy: "stop" });
  host = await placeGuest(cloud.database, ref.id, { observed: "running" });
  expect((await pulledBy(cloud, host)).guests[0]).toMatchObject({ crashPolicy: "stop", generation: 1 });
  expect(await instance.update({ ...ref, crashPolicy: "restart" })).toMatchObject({ crashPolicy: "restart" });
  await instance.update({ ...ref, crashPolicy: "restart" });
  expect((await pulledBy(cloud, host)).guests[0]).toMatchObject({ crashPolicy: "restart", generation: 1 });
  expect((await trail(ref.id)).filter((action) => action === "instance.crash-policy")).toHaveLength(1);
  const never = { ...ref, crashPolicy: "never" } as unknown as { projectId: string; id: string };
  expect((await refusal(instance.update(never))).code).toBe("InvalidInput");
});

test("none of it is for anybody but an administrator of the cloud", async () => {
  const { id } = await onlyInstance();
  const lost = orphanOf(cloud);
  await reportOrphans(cloud, host, [lost]);
  const ref = { hypervisorId: host.hypervisorId, guestId: lost.guestId };
  for (const person of people.filter((one) => !["cloudAdmin", "nobody", ...turnedAway].includes(one))) {
    const theirs = callerAs(cloud, person).admin;
    const attempts = [
      theirs.instance.reset({ id }),
      theirs.instance.forceDelete({ id }),
      theirs.hypervisor.fence({ id: host.hypervisorId, name: "x" }),
      theirs.hypervisor.update({ id: host.hypervisorId, reservedRamMib: 1 }),
      theirs.orphan.destroy(ref),
      theirs.orphan.adopt({ ...ref, id: crypto.randomUUID(), projectId: cloud.projectId, name: "found" }),
    ];
    const refused = await Promise.all(attempts.map(refusal));
    expect(refused.map(({ reason }) => reason)).toEqual(attempts.map(() => "roleTooWeak"));
  }
  expect(await trail(host.hypervisorId)).toEqual([]);
});
