/** What administrators see over all projects. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "../testing.ts";

let cloud: TestCloud;
const ids = { garden: "", elsewhere: "" };
let hypervisorId = "";
beforeAll(async () => {
  cloud = await openTestCloud();
  const [garden, elsewhere] = [launchOf(cloud, { name: "web-한글" }), launchOf(cloud, { name: "database" })];
  ids.garden = garden.ids[0] ?? "";
  ids.elsewhere = elsewhere.ids[0] ?? "";
  await callerAs(cloud, "member").instance.launch(garden);
  await callerAs(cloud, "outsider").instance.launch({ ...elsewhere, projectId: cloud.otherProjectId });
  const placed = await placeGuest(cloud.database, ids.elsewhere, { observed: "running" });
  hypervisorId = placed.hypervisorId;
  const { prisma } = cloud.database;
  await prisma.instance.update({ where: { id: ids.elsewhere }, data: { status: "ACTIVE" } });
  await prisma.hypervisor.update({
    where: { id: hypervisorId },
    data: {
      availabilityZone: "east",
      agentVersion: "1.2.3",
      lastSeenAt: cloud.database.now(),
      inventory: { vcpus: 8, ramMib: 16_896, diskGib: 100, cpuModel: "test", kernel: "test" },
    },
  });
  const amounts = { VCPU: 1, MEMORY_MB: 256, DISK_GB: 1 };
  await prisma.allocation.createMany({
    data: Object.entries(amounts).map(([resourceClass, amount]) => ({
      guestId: placed.guestId,
      hypervisorId,
      resourceClass,
      amount,
    })),
  });
});
afterAll(() => cloud.close());

const admin = () => callerAs(cloud, "cloudAdmin").admin;
type Filter = NonNullable<Parameters<ReturnType<typeof admin>["instance"]["list"]>[0]["filter"]>;
const named = async (filter: Filter) =>
  (await admin().instance.list({ filter, sort: "name" })).items.map(({ name }) => name);

test("an instance of any project is found by name, id, owner, project, hypervisor and zone", async () => {
  expect(await named({})).toEqual(["database", "web-한글"]);
  for (const text of ["한글", "WEB", ids.garden.slice(0, 9), ids.garden, "member", "garden"])
    expect(await named({ text }), text).toEqual(["web-한글"]);
  for (const filter of [
    { text: "outsider" },
    { projectId: cloud.otherProjectId },
    { hypervisorId },
    { zone: "east" },
  ])
    expect(await named(filter)).toEqual(["database"]);
  expect(await named({ status: ["BUILD"] })).toEqual(["web-한글"]);
  expect(await named({ text: "100%" })).toEqual([]);
  const [one] = (await admin().instance.list({ filter: { hypervisorId } })).items;
  expect(one).toMatchObject({
    projectName: "elsewhere",
    userName: "outsider",
    zone: "east",
    status: "ACTIVE",
  });
  expect(one?.hypervisorName).toMatch(/^host-/);
  expect(await refusal(callerAs(cloud, "admin").admin.instance.list({}))).toMatchObject({
    reason: "roleTooWeak",
  });
});

test("operations of all projects: those that run, are stuck, have failed", async () => {
  const { prisma, now } = cloud.database;
  const shown = async (show: "open" | "stuck" | "failed" | "ended") =>
    (await admin().operation.list({ filter: { show } })).items;
  expect((await shown("open")).map(({ projectName }) => projectName).toSorted()).toEqual([
    "elsewhere",
    "garden",
  ]);
  expect(await shown("stuck")).toEqual([]);
  const past = new Date(now().getTime() - 11 * 60_000);
  await prisma.operation.updateMany({ where: { resourceId: ids.garden }, data: { createdAt: past } });
  await prisma.operation.updateMany({
    where: { resourceId: ids.elsewhere },
    data: { state: "failed", finishedAt: now() },
  });
  const [stuck] = await shown("stuck");
  expect(stuck).toMatchObject({
    stuck: true,
    projectName: "garden",
    actorName: "member",
    kind: "instance.launch",
  });
  expect((await shown("failed")).map(({ resourceName }) => resourceName)).toEqual(["database"]);
  expect((await admin().operation.list({ filter: { text: "outsider" } })).total).toBe(1);
  expect((await admin().overview()).stuckOperations).toBe(1);
});

test("capacity by hypervisor and by zone: what there is, what is set aside, what runs", async () => {
  const { capacity } = await admin().overview();
  const [zone] = capacity.zones;
  expect(zone).toEqual({
    zone: "east",
    hypervisors: 1,
    total: { VCPU: 32, MEMORY_MB: 16_384, DISK_GB: 100 },
    allocated: { VCPU: 1, MEMORY_MB: 256, DISK_GB: 1 },
    used: { VCPU: 1, MEMORY_MB: 256, DISK_GB: 1 },
  });
  expect(capacity.hypervisors[0]).toMatchObject({
    id: hypervisorId,
    state: "up",
    allocated: zone?.allocated,
  });
  await cloud.database.prisma.guest.updateMany({ data: { observed: "stopped" } });
  const [stopped] = (await admin().overview()).capacity.zones;
  expect(stopped).toMatchObject({ allocated: { VCPU: 1 }, used: { VCPU: 0 } });
});

test("the system page tells agents, certificates that end soon, sizes, and how long the trail is kept", async () => {
  const { prisma, now } = cloud.database;
  const process = {
    kind: "controller",
    host: "h",
    pid: 7,
    version: "1",
    startedAt: now(),
    lastSeenAt: now(),
  };
  await prisma.process.create({
    data: { id: crypto.randomUUID(), ...process, detail: { keepEventsMonths: 6 } },
  });
  await cloud.database.pool.query("ANALYZE event");
  const system = await admin().system();
  expect(system.agents).toMatchObject({ total: 1, items: [{ version: "1.2.3", state: "up" }] });
  const certificate = system.certificates.items.find(({ kind }) => kind === "hypervisor");
  expect(certificate).toMatchObject({ soon: true, name: system.agents.items[0]?.name });
  expect(system.processes).toMatchObject([{ kind: "controller", pid: 7, alive: true }]);
  expect(system.trail.keptMonths).toBe(6);
  expect(system.trail.events).toBeGreaterThan(1);
  expect(system.database.bytes).toBeGreaterThan(1_000_000);
  expect(system.database.tables.map(({ name }) => name)).toContain("event");
  expect(system.database.tables.map(({ name }) => name).join()).not.toMatch(/event_\d/);
  await prisma.process.updateMany({ data: { detail: { keepEventsMonths: 0 } } });
  expect((await admin().system()).trail.keptMonths).toBeNull();
});
