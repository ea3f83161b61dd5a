/** Guests that nobody knows: listed, destroyed or adopted, by an administrator's word alone. */
import type { Orphan, ReportInput } from "@madang/core/wire/agent";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";
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
const trail = async (resourceId: string) =>
  (await cloud.database.prisma.event.findMany({ where: { resourceId }, orderBy: { id: "asc" } })).map(
    ({ action }) => action,
  );

const report = (orphans: Orphan[], change: Partial<ReportInput> = {}) =>
  reportOrphans(cloud, host, orphans, change);
const adoptionOf = ({ guestId }: Orphan) => ({
  hypervisorId: host.hypervisorId,
  guestId,
  id: crypto.randomUUID(),
  projectId: cloud.projectId,
  name: "found",
});
const listed = async () => (await admin().hypervisor.list({})).items[0]?.orphans ?? [];

test("an orphan is listed with what is known of it, and no longer once an instance has it", async () => {
  const known = orphanOf(cloud);
  const unknown = orphanOf(cloud, { name: "stranger", body: null });
  await report([known, unknown]);
  expect(await listed()).toMatchObject([
    { guestId: known.guestId, projectName: "garden", body: { vcpus: 1 }, destroy: null },
    { guestId: unknown.guestId, projectName: null, body: null, destroy: null },
  ]);
  await cloud.database.prisma.guest.updateMany({ data: { id: known.guestId } });
  expect(await listed()).toMatchObject([{ guestId: unknown.guestId }]);
});

test("an orphan is destroyed by order: told to its agent until a complete report is silent of it", async () => {
  const lost = orphanOf(cloud, { guestId: "12345678-9abc-0def-0123-456789abcdef", body: null });
  const ref = { hypervisorId: host.hypervisorId, guestId: lost.guestId };
  await report([lost]);
  await Promise.all([1, 2, 3].map(() => admin().orphan.destroy(ref)));
  expect((await pulledBy(cloud, host)).orphanOrders).toEqual([{ guestId: lost.guestId, action: "destroy" }]);
  expect((await listed())[0]?.destroy).toMatchObject({ fault: null });
  const fault = { code: "Internal", reason: "HypervisorFault", message: "no", retry: "later" } as const;
  await report([{ ...lost, fault }]);
  expect((await listed())[0]?.destroy).toMatchObject({ fault: { reason: "HypervisorFault" } });
  // An agent that just started cannot tell yet who is an orphan.
  await report([], { complete: false });
  expect(await listed()).toHaveLength(1);
  expect((await pulledBy(cloud, host)).orphanOrders).toHaveLength(1);
  await report([]);
  expect((await pulledBy(cloud, host)).orphanOrders).toEqual([]);
  await report([]);
  const { hypervisorId } = host;
  expect((await trail(hypervisorId)).filter((action) => action.startsWith("orphan."))).toEqual([
    "orphan.destroy",
    "orphan.destroyed",
  ]);
  expect(await refusal(admin().orphan.destroy(ref))).toMatchObject({ reason: "orphanNotFound" });
  await report([lost]);
  await admin().orphan.destroy(ref);
  expect((await pulledBy(cloud, host)).orphanOrders).toHaveLength(1);
});

test("an orphan is adopted with its own sizes, as it is, where the administrator says", async () => {
  const lost = orphanOf(cloud, { observed: "stopped" });
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

test("an orphan of sizes and an image that nobody offers any more keeps them", async () => {
  const { body } = orphanOf(cloud);
  if (!body) throw new Error("no body");
  const image = { ...body.image, sha256: "c".repeat(64) };
  const lost = orphanOf(cloud, { body: { ...body, vcpus: 3, image } });
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

test("an orphan counts in the project's quota, and what is refused leaves nothing", async () => {
  const lost = orphanOf(cloud);
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

test("an orphan is not adopted when it is not known, not there, somebody's, or to go", async () => {
  const [known, unknown, doomed] = [orphanOf(cloud), orphanOf(cloud, { body: null }), orphanOf(cloud)];
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
  await report([orphanOf(cloud, { guestId: mine.id })]);
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

test("an orphan is either adopted once or destroyed, whoever asks at the same moment", async () => {
  const lost = orphanOf(cloud);
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

test("an orphan of a hypervisor's lie costs nobody else anything", async () => {
  const mine = await cloud.database.prisma.guest.findFirstOrThrow();
  const orphans = [orphanOf(cloud, { name: "x".repeat(10_000) }), orphanOf(cloud, { guestId: mine.id })];
  await report(orphans);
  const shown = await listed();
  expect(shown).toHaveLength(1);
  expect(shown[0]?.name.length).toBeLessThanOrEqual(255);
  expect(await cloud.database.prisma.guest.count()).toBe(1);
});
