/** What administrators do when something broke: resets, forced deletions, fences, and guests that nobody knows. */
import type { Orphan, ReportInput } from "@madang/core/wire/agent";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AgentDeps } from "./agent/deps.ts";
import { agentRouter } from "./agent/router.ts";
import { agentCallerFactory } from "./agent/trpc.ts";
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

let cloud: TestCloud;
let host: { hypervisorId: string; serial: string };
const mib = 1024 ** 2;
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

const makeCaller = agentCallerFactory(agentRouter);
let sequence = 0;
const bootId = crypto.randomUUID();
const agentStartedAt = new Date().toISOString();
function agent() {
  const deps: AgentDeps = { ...cloud.deps, agents: cloud.database, bus: cloud.bus };
  const subjectAltName = `URI:madang://hypervisor/${host.hypervisorId}`;
  const certificate = { subjectAltName, serialNumber: host.serial };
  return makeCaller({ deps, certificate, requestId: "req-test" });
}
async function report(orphans: Orphan[], change: Partial<ReportInput> = {}): Promise<void> {
  await agent().report({
    version: 1,
    bootId,
    sequence: sequence++,
    agentStartedAt,
    agentVersion: "1",
    driver: "simulated",
    capabilities: {
      graphicalConsole: true,
      serialConsole: true,
      consoleLog: true,
      realDisks: false,
      acceleration: "none",
    },
    inventory: { vcpus: 8, ramMib: 16_384, diskGib: 100, cpuModel: "test", kernel: "test" },
    guests: [],
    orphans,
    complete: true,
    ...change,
  });
}
const pulled = () => agent().pull({ version: 1, bootId, revision: null });

const orphanOf = (change: Partial<Orphan> = {}): Orphan => ({
  guestId: crypto.randomUUID(),
  name: "lost",
  observed: "running",
  body: {
    instanceId: crypto.randomUUID(),
    projectId: cloud.projectId,
    generation: 7,
    rebootSeq: 3,
    hostname: "lost",
    vcpus: 1,
    ramMib: 256,
    diskGib: 1,
    machineType: "pc-q35-7.2",
    image: { sha256: "a".repeat(64), sizeBytes: 1_000, virtualSizeBytes: 64 * mib, format: "qcow2" },
  },
  fault: null,
  ...change,
});
const adoptionOf = ({ guestId }: Orphan) => ({
  hypervisorId: host.hypervisorId,
  guestId,
  id: crypto.randomUUID(),
  projectId: cloud.projectId,
  name: "found",
});
const listed = async () => (await admin().hypervisor.list({})).items[0]?.orphans ?? [];

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
    await report([]);
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

describe("an orphan", () => {
  test("is listed with what is known of it, and no longer once an instance has it", async () => {
    const known = orphanOf();
    const unknown = orphanOf({ name: "stranger", body: null });
    await report([known, unknown]);
    expect(await listed()).toMatchObject([
      { guestId: known.guestId, projectName: "garden", body: { vcpus: 1 }, destroy: null },
      { guestId: unknown.guestId, projectName: null, body: null, destroy: null },
    ]);
    await cloud.database.prisma.guest.updateMany({ data: { id: known.guestId } });
    expect(await listed()).toMatchObject([{ guestId: unknown.guestId }]);
  });

  test("is destroyed by order: told to its agent until a complete report is silent of it", async () => {
    const lost = orphanOf({ guestId: "12345678-9abc-0def-0123-456789abcdef", body: null });
    const ref = { hypervisorId: host.hypervisorId, guestId: lost.guestId };
    await report([lost]);
    await Promise.all([1, 2, 3].map(() => admin().orphan.destroy(ref)));
    expect((await pulled()).orphanOrders).toEqual([{ guestId: lost.guestId, action: "destroy" }]);
    expect((await listed())[0]?.destroy).toMatchObject({ fault: null });
    const fault = { code: "Internal", reason: "HypervisorFault", message: "no", retry: "later" } as const;
    await report([{ ...lost, fault }]);
    expect((await listed())[0]?.destroy).toMatchObject({ fault: { reason: "HypervisorFault" } });
    // An agent that just started cannot tell yet who is an orphan.
    await report([], { complete: false });
    expect(await listed()).toHaveLength(1);
    expect((await pulled()).orphanOrders).toHaveLength(1);
    await report([]);
    expect((await pulled()).orphanOrders).toEqual([]);
    await report([]);
    const { hypervisorId } = host;
    expect((await trail(hypervisorId)).filter((action) => action.startsWith("orphan."))).toEqual([
      "orphan.destroy",
      "orphan.destroyed",
    ]);
    expect(await refusal(admin().orphan.destroy(ref))).toMatchObject({ reason: "orphanNotFound" });
    await report([lost]);
    await admin().orphan.destroy(ref);
    expect((await pulled()).orphanOrders).toHaveLength(1);
  });

  test("is adopted with its own sizes, as it is, where the administrator says", async () => {
    const lost = orphanOf({ observed: "stopped" });
    await report([lost]);
    const input = { ...adoptionOf(lost), projectId: cloud.otherProjectId };
    const answers = await Promise.all([1, 2, 3].map(() => admin().orphan.adopt(input)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await instanceRow(input.id)).toMatchObject({
      projectId: cloud.otherProjectId,
      name: "found",
      hostname: "lost",
      flavorId: cloud.flavorId,
      imageId: cloud.imageId,
      power: "stopped",
      rebootSeq: 3,
      adoptGuestId: lost.guestId,
      adoptHypervisorId: host.hypervisorId,
      status: "BUILD",
    });
    expect(await trail(input.id)).toEqual(["instance.adopt"]);
    expect(await trail(host.hypervisorId)).toContain("orphan.adopt");
    const inProject = await cloud.database.prisma.event.findFirstOrThrow({ where: { resourceId: input.id } });
    expect(JSON.stringify(inProject.params)).not.toContain(host.hypervisorId);
    expect(await refusal(admin().orphan.adopt({ ...input, name: "other" }))).toMatchObject({
      reason: "idInUse",
    });
    expect(await refusal(admin().orphan.adopt(adoptionOf(lost)))).toMatchObject({ reason: "orphanAdopted" });
    expect(await refusal(admin().orphan.destroy(adoptionOf(lost)))).toMatchObject({
      reason: "orphanAdopted",
    });
  });

  test("of sizes and an image that nobody offers any more keeps them", async () => {
    const { body } = orphanOf();
    if (!body) throw new Error("no body");
    const image = { ...body.image, sha256: "c".repeat(64) };
    const lost = orphanOf({ body: { ...body, vcpus: 3, image } });
    await report([lost]);
    const input = adoptionOf(lost);
    await admin().orphan.adopt(input);
    expect(await instanceRow(input.id)).toMatchObject({
      vcpus: 3,
      flavorId: null,
      flavorName: "3 vCPU, 256 MiB, 1 GiB",
      imageId: null,
      imageName: "cccccccccccc",
    });
  });

  test("counts in the project's quota, and what is refused leaves nothing", async () => {
    const lost = orphanOf();
    await report([lost]);
    const input = adoptionOf(lost);
    const { projectId } = input;
    await cloud.database.prisma.quota.create({ data: { projectId, resource: "instances", limit: 1 } });
    expect(await refusal(admin().orphan.adopt(input))).toMatchObject({
      code: "QuotaExceeded",
      quota: [{ resource: "instances", limit: 1, inUse: 1, requested: 1 }],
    });
    expect(await cloud.database.prisma.resourceId.count({ where: { id: input.id } })).toBe(0);
    await cloud.database.prisma.quota.deleteMany();
    await admin().orphan.adopt(input);
  });

  test("is not adopted when it is not known, not there, somebody's, or to go", async () => {
    const [known, unknown, doomed] = [orphanOf(), orphanOf({ body: null }), orphanOf()];
    await report([known, unknown, doomed]);
    const reason = async (change: Partial<ReturnType<typeof adoptionOf>>) =>
      (await refusal(admin().orphan.adopt({ ...adoptionOf(known), ...change }))).reason;
    expect(await reason({ guestId: unknown.guestId })).toBe("orphanUnknown");
    expect(await reason({ guestId: crypto.randomUUID() })).toBe("orphanNotFound");
    expect(await reason({ hypervisorId: crypto.randomUUID() })).toBe("hypervisorNotFound");
    expect(await reason({ projectId: crypto.randomUUID() })).toBe("projectNotFound");
    expect(await reason({ name: "two\nlines" })).toBe("nameCharacters");
    const { hypervisorId } = host;
    await admin().orphan.destroy({ hypervisorId, guestId: doomed.guestId });
    expect(await reason({ guestId: doomed.guestId })).toBe("orphanBeingDestroyed");
    const mine = await cloud.database.prisma.guest.findFirstOrThrow();
    await report([orphanOf({ guestId: mine.id })]);
    expect(await reason({ guestId: mine.id })).toBe("orphanAdopted");
    expect(await refusal(admin().orphan.destroy({ hypervisorId, guestId: mine.id }))).toMatchObject({
      reason: "orphanAdopted",
    });
    await cloud.database.prisma.project.update({
      where: { id: cloud.otherProjectId },
      data: { enabled: false },
    });
    expect(await reason({ projectId: cloud.otherProjectId })).toBe("projectNotFound");
    await cloud.database.prisma.project.update({
      where: { id: cloud.otherProjectId },
      data: { enabled: true },
    });
  });

  test("is either adopted once or destroyed, whoever asks at the same moment", async () => {
    const lost = orphanOf();
    await report([lost]);
    const { hypervisorId } = host;
    const attempts = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        index % 3 === 0
          ? admin().orphan.destroy({ hypervisorId, guestId: lost.guestId })
          : admin().orphan.adopt(adoptionOf(lost)),
      ),
    );
    const { prisma } = cloud.database;
    const adopted = await prisma.instance.count({ where: { adoptGuestId: lost.guestId } });
    const doomed = await prisma.orphanOrder.count({ where: { guestId: lost.guestId } });
    expect(adopted + doomed).toBe(1);
    const granted = attempts.filter(({ status }) => status === "fulfilled").length;
    expect(granted).toBe(adopted === 1 ? 1 : 4);
  });

  test("of a hypervisor's lie costs nobody else anything", async () => {
    const mine = await cloud.database.prisma.guest.findFirstOrThrow();
    const orphans = [orphanOf({ name: "x".repeat(10_000) }), orphanOf({ guestId: mine.id })];
    await report(orphans);
    const shown = await listed();
    expect(shown).toHaveLength(1);
    expect(shown[0]?.name.length).toBeLessThanOrEqual(255);
    expect(await cloud.database.prisma.guest.count()).toBe(1);
  });
});

test("whether a crash is answered by a start is chosen at launch, changed later, and told to the agent", async () => {
  const { instance } = callerAs(cloud, "member");
  const input = launchOf(cloud, { crashPolicy: "stop", name: "fragile" });
  await instance.launch(input);
  const ref = { projectId: cloud.projectId, id: input.ids[0] ?? "" };
  expect(await instance.get(ref)).toMatchObject({ crashPolicy: "stop" });
  host = await placeGuest(cloud.database, ref.id, { observed: "running" });
  expect((await pulled()).guests[0]).toMatchObject({ crashPolicy: "stop", generation: 1 });
  expect(await instance.update({ ...ref, crashPolicy: "restart" })).toMatchObject({ crashPolicy: "restart" });
  await instance.update({ ...ref, crashPolicy: "restart" });
  expect((await pulled()).guests[0]).toMatchObject({ crashPolicy: "restart", generation: 1 });
  expect((await trail(ref.id)).filter((action) => action === "instance.crash-policy")).toHaveLength(1);
  const never = { ...ref, crashPolicy: "never" } as unknown as { projectId: string; id: string };
  expect((await refusal(instance.update(never))).code).toBe("InvalidInput");
});

test("none of it is for anybody but an administrator of the cloud", async () => {
  const { id } = await onlyInstance();
  const lost = orphanOf();
  await report([lost]);
  const ref = { hypervisorId: host.hypervisorId, guestId: lost.guestId };
  for (const person of people.filter((one) => !["cloudAdmin", "nobody", ...turnedAway].includes(one))) {
    const theirs = callerAs(cloud, person).admin;
    const attempts = [
      theirs.instance.reset({ id }),
      theirs.instance.forceDelete({ id }),
      theirs.hypervisor.fence({ id: host.hypervisorId, name: "x" }),
      theirs.hypervisor.update({ id: host.hypervisorId, reservedRamMib: 1 }),
      theirs.orphan.destroy(ref),
      theirs.orphan.adopt(adoptionOf(lost)),
    ];
    const refused = await Promise.all(attempts.map(refusal));
    expect(refused.map(({ reason }) => reason)).toEqual(attempts.map(() => "roleTooWeak"));
  }
  expect(await trail(host.hypervisorId)).toEqual([]);
});
