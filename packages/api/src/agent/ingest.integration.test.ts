import type { ReportInput } from "@madang/core/wire/agent";
import type { GuestReport } from "@madang/core/wire/guest";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, type TestCloud } from "../testing.ts";
import type { AgentDeps } from "./deps.ts";
import { ingestReport } from "./ingest.ts";
import { identifyPeer } from "./peer.ts";
import { pullSnapshot } from "./pull.ts";
import { agentRouter } from "./router.ts";
import { agentCallerFactory } from "./trpc.ts";

let cloud: TestCloud;
let deps: AgentDeps;
let instanceId: string;
let placed: Awaited<ReturnType<typeof placeGuest>>;
beforeAll(async () => {
  cloud = await openTestCloud();
  deps = { ...cloud.deps, agents: cloud.database, bus: cloud.bus };
});
afterAll(() => cloud.close());
beforeEach(async () => {
  // Whatever the tests before launched would fill the quota.
  await cloud.database.prisma.$executeRaw`TRUNCATE instance, guest CASCADE`;
  const input = launchOf(cloud, { userData: "#!/bin/sh\n", password: "words for the guest" });
  await callerAs(cloud, "cloudAdmin").instance.launch(input);
  instanceId = input.ids[0] ?? "";
  placed = await placeGuest(cloud.database, instanceId);
});

const makeCaller = agentCallerFactory(agentRouter);
function agent({ hypervisorId, serial } = placed) {
  const certificate = {
    subjectAltName: `URI:madang://hypervisor/${hypervisorId}`,
    serialNumber: serial.toUpperCase(),
  };
  return makeCaller({ deps, certificate, requestId: "req-test" });
}

const bootId = crypto.randomUUID();
const agentStartedAt = new Date().toISOString();
let sequence = 0;

function reportOf(guest: Partial<GuestReport> | null, run: Partial<ReportInput> = {}): ReportInput {
  const base = {
    guestId: placed.guestId,
    generation: 1,
    rebootSeq: 0,
    stopCause: null,
    phase: null,
    percent: null,
    fault: null,
  };
  const guests: GuestReport[] = guest ? [{ ...base, observed: "running", ...guest }] : [];
  return {
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
    guests,
    orphans: [],
    complete: true,
    ...run,
  };
}

const guestRow = () => cloud.database.prisma.guest.findUniqueOrThrow({ where: { id: placed.guestId } });
const instanceRow = () => cloud.database.prisma.instance.findUniqueOrThrow({ where: { id: instanceId } });
const hypervisorRow = () =>
  cloud.database.prisma.hypervisor.findUniqueOrThrow({ where: { id: placed.hypervisorId } });

test("a report writes what was seen, the status that follows, and wakes the reconciler", async () => {
  await agent().report(reportOf({ observed: "unknown", phase: "fetching-image", percent: 40 }));
  expect(await guestRow()).toMatchObject({ phase: "fetching-image", percent: 40, ackedGeneration: 1 });
  expect(await instanceRow()).toMatchObject({ status: "BUILD", taskState: "block_device_mapping" });
  await cloud.database.pool.query(`DELETE FROM pgboss.job`);
  await agent().report(reportOf({ observed: "running" }));
  expect(await instanceRow()).toMatchObject({ powerState: "RUNNING" });
  expect(await hypervisorRow()).toMatchObject({ driver: "simulated", bootId });
  const jobs = await cloud.database.pool.query(`SELECT 1 FROM pgboss.job WHERE singleton_key = $1`, [
    `instance:${instanceId}`,
  ]);
  expect(jobs.rowCount).toBe(1);
});

test("what says nothing new takes no lock and wakes nobody", async () => {
  await agent().report(reportOf({ observed: "running" }));
  const before = await guestRow();
  await cloud.database.pool.query(`DELETE FROM pgboss.job`);
  await agent().report(reportOf({ observed: "running" }));
  expect(await guestRow()).toEqual(before);
  expect((await cloud.database.pool.query(`SELECT 1 FROM pgboss.job`)).rowCount).toBe(0);
});

test("what waits behind the slow guests of a report does not undo a newer report", async () => {
  const others = launchOf(cloud, { ids: Array.from({ length: 4 }, () => crypto.randomUUID()) });
  await callerAs(cloud, "cloudAdmin").instance.launch(others);
  const { hypervisorId, guestId } = placed;
  const row = { hypervisorId, desired: "running", instanceGeneration: 1 } as const;
  const guests = others.ids.map((id) => ({ ...row, id: crypto.randomUUID(), instanceId: id }));
  await cloud.database.prisma.guest.createMany({ data: guests });
  const slow = reportOf({ observed: "running" });
  const [said] = slow.guests;
  if (!said) throw new Error("nothing is said");
  slow.guests = [...guests.map(({ id }) => ({ ...said, guestId: id })), said];
  const holder = await cloud.database.pool.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT 1 FROM instance WHERE id = ANY($1) FOR UPDATE", [others.ids]);
  const slowly = agent().report(slow);
  slowly.catch(() => {});
  await expect
    .poll(async () => (await hypervisorRow()).reportSequence, { timeout: 20_000 })
    .toBe(BigInt(slow.sequence));
  await agent().report(reportOf({ observed: "stopped", stopCause: "crashed", guestId }));
  await holder.query("COMMIT");
  holder.release();
  await slowly;
  expect(await guestRow()).toMatchObject({ observed: "stopped", stopCause: "crashed" });
});

test("a call that was let in before its agent was revoked is refused all the same", async () => {
  const { hypervisorId, serial } = placed;
  const peer = { hypervisorId, serial };
  await cloud.database.prisma.hypervisor.update({
    where: { id: hypervisorId },
    data: { revokedAt: new Date() },
  });
  const refused = expect.objectContaining({ code: "Unauthenticated" });
  await expect(ingestReport(deps, peer, reportOf({ observed: "running" }))).rejects.toEqual(refused);
  const asked = { bootId, revision: null };
  await expect(pullSnapshot(deps, peer, asked, new AbortController().signal)).rejects.toEqual(refused);
  expect(await hypervisorRow()).toMatchObject({ lastSeenAt: null });
});

test("late, reordered and foreign reports change nothing", async () => {
  const early = reportOf({ observed: "stopped", stopCause: "shutdown" });
  await agent().report(reportOf({ observed: "running" }));
  const refused = expect.objectContaining({ code: "CONFLICT" });
  await expect(agent().report(early)).rejects.toEqual(refused);
  await expect(
    agent().report(reportOf({ observed: "stopped" }, { bootId: crypto.randomUUID() })),
  ).rejects.toEqual(refused);
  const older = { agentStartedAt: new Date(Date.now() - 3_600_000).toISOString(), sequence: 999 };
  await expect(agent().report(reportOf({ observed: "stopped" }, older))).rejects.toEqual(refused);
  expect(await guestRow()).toMatchObject({ observed: "running" });

  await cloud.database.prisma.guest.update({
    where: { id: placed.guestId },
    data: { generation: 3, ackedGeneration: 2 },
  });
  await agent().report(reportOf({ observed: "stopped", generation: 1 }));
  await agent().report(reportOf({ observed: "stopped", generation: 4 }));
  expect(await guestRow()).toMatchObject({ observed: "running", ackedGeneration: 2 });
  await agent().report(reportOf({ observed: "stopped", stopCause: "destroyed", generation: 3 }));
  expect(await guestRow()).toMatchObject({ observed: "stopped", ackedGeneration: 3 });

  const other = launchOf(cloud);
  await callerAs(cloud, "cloudAdmin").instance.launch(other);
  const elsewhere = await placeGuest(cloud.database, other.ids[0] ?? "");
  await agent(elsewhere).report(reportOf({ observed: "running", generation: 3 }, { sequence: 0 }));
  expect(await guestRow()).toMatchObject({ observed: "stopped" });
});

test("a guest that died unasked is told in the trail, one that powered itself off is not told here", async () => {
  const { prisma } = cloud.database;
  const told = () => prisma.event.count({ where: { resourceId: instanceId, action: "instance.stopped" } });
  await agent().report(reportOf({ observed: "running" }));
  await agent().report(reportOf({ observed: "stopped", stopCause: "shutdown" }));
  expect(await told()).toBe(0);
  await agent().report(reportOf({ observed: "running" }));
  await agent().report(reportOf({ observed: "stopped", stopCause: "crashed" }));
  expect(await told()).toBe(1);
  expect(await instanceRow()).toMatchObject({ powerState: "CRASHED" });
});

test("a pull tells the guests with their secrets opened, waits while nothing changes, and answers a change at once", async () => {
  const first = await agent().pull({ version: 1, bootId, revision: null });
  expect(first.guests).toHaveLength(1);
  expect(first.guests[0]).toMatchObject({
    guestId: placed.guestId,
    instanceId,
    desired: "running",
    hostname: "web",
  });
  expect(first.guests[0]?.passwordHash).toMatch(/^\$6\$/);
  const waiting = agent().pull({ version: 1, bootId, revision: first.revision });
  await cloud.database.prisma.guest.update({
    where: { id: placed.guestId },
    data: { desired: "stopped", generation: 2 },
  });
  cloud.deps.hints.publish(`hypervisor:${placed.hypervisorId}`);
  const second = await waiting;
  expect(second.revision).not.toBe(first.revision);
  expect(second.guests[0]).toMatchObject({ desired: "stopped", generation: 2 });
});

test("a secret that can't be opened keeps back its own guest, and not that one's end", async () => {
  const input = launchOf(cloud, { password: "words for the other" });
  await callerAs(cloud, "cloudAdmin").instance.launch(input);
  const [otherId = ""] = input.ids;
  const other = await placeGuest(cloud.database, otherId);
  const { prisma } = cloud.database;
  await prisma.guest.update({
    where: { id: other.guestId },
    data: { hypervisorId: placed.hypervisorId },
  });
  const sealed = Buffer.from("sealed with another key, long enough to be read").toString("base64");
  await prisma.instance.update({ where: { id: otherId }, data: { passwordHashSealed: sealed } });
  const told = async () => {
    const { guests } = await agent().pull({ version: 1, bootId, revision: null });
    return guests.map(({ guestId }) => guestId).toSorted();
  };
  expect(await told()).toEqual([placed.guestId]);
  await prisma.guest.update({ where: { id: other.guestId }, data: { desired: "absent" } });
  expect(await told()).toEqual([placed.guestId, other.guestId].toSorted());
});

test("a report that repeats a guest says its last word", async () => {
  const report = reportOf({ observed: "running" });
  const [first] = report.guests;
  if (!first) throw new Error("no guest");
  const guests = [...Array(200).fill({ ...first, percent: 1 }), { ...first, percent: 99 }];
  await agent().report({ ...report, guests });
  expect(await guestRow()).toMatchObject({ percent: 99 });
});

test("user data goes only to hypervisors that hold such a guest", async () => {
  const { guests } = await agent().pull({ version: 1, bootId, revision: null });
  const sha256 = guests[0]?.userDataSha256 ?? "";
  const { base64 } = await agent().userData({ sha256 });
  expect(Buffer.from(base64, "base64").toString()).toBe("#!/bin/sh\n");
  const other = launchOf(cloud);
  await callerAs(cloud, "cloudAdmin").instance.launch(other);
  const elsewhere = await placeGuest(cloud.database, other.ids[0] ?? "");
  await expect(agent(elsewhere).userData({ sha256 })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a reboot is a new one for a guest that is further than its row", async () => {
  await agent().report(reportOf({ observed: "running", rebootSeq: 7 }));
  const launched = { where: { id: instanceId }, data: { launchedAt: cloud.database.now() } };
  await cloud.database.prisma.instance.update(launched);
  const asked = { projectId: cloud.projectId, id: instanceId, kind: "hard" as const };
  await callerAs(cloud, "cloudAdmin").instance.reboot(asked);
  const { rebootSeq } = await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id: instanceId } });
  expect(rebootSeq).toBe(8);
});

test("revoking a hypervisor ends its long poll and every later call", async () => {
  const { revision } = await agent().pull({ version: 1, bootId, revision: null });
  const waiting = agent().pull({ version: 1, bootId, revision });
  const refused = expect(waiting).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  await callerAs(cloud, "cloudAdmin").admin.hypervisor.revoke({ id: placed.hypervisorId });
  await refused;
  await expect(agent().report(reportOf(null))).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});

test("a certificate of nobody, of another kind, or out of date is refused", async () => {
  const { hypervisorId, serial } = placed;
  const subjectAltName = `URI:madang://hypervisor/${hypervisorId}`;
  const identify = (certificate: Parameters<typeof identifyPeer>[1]) =>
    identifyPeer(cloud.database, certificate);
  expect(await identify({ subjectAltName, serialNumber: serial })).toMatchObject({ hypervisorId });
  const refused = { code: "Unauthenticated" };
  await expect(identify(null)).rejects.toMatchObject(refused);
  await expect(identify({ subjectAltName, serialNumber: "00" })).rejects.toMatchObject(refused);
  await expect(
    identify({ subjectAltName: `${subjectAltName}, DNS:x`, serialNumber: serial }),
  ).rejects.toMatchObject(refused);
  const uri = `URI:madang://hypervisor/${crypto.randomUUID()}`;
  await expect(identify({ subjectAltName: uri, serialNumber: serial })).rejects.toMatchObject(refused);
  await cloud.database.prisma.certificate.updateMany({
    where: { serial },
    data: { notAfter: new Date(Date.now() - 1) },
  });
  await expect(identify({ subjectAltName, serialNumber: serial })).rejects.toMatchObject(refused);
});
