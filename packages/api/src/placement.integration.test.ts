/** What a member sees of zones and room, and what an administrator says about hypervisors. Room changed is told at once. */
import { randomUUID } from "node:crypto";
import { reportInput, wireVersion } from "@madang/core/wire/agent";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { setHypervisorEnabled } from "./admission/hypervisor.ts";
import { ingestReport } from "./agent/ingest.ts";
import { silentMeter } from "./meter.ts";
import { callerAs, launchOf, openTestCloud, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
let heard: string[];
beforeAll(async () => {
  cloud = await openTestCloud();
  for (const topic of ["capacity", "console"]) cloud.bus.on(topic, () => heard.push(topic));
});
afterAll(() => cloud.close());
beforeEach(async () => {
  await cloud.database.pool.query(
    `TRUNCATE instance, hypervisor, host_aggregate, placement_weight, event CASCADE`,
  );
  cloud.deps.placement.forget();
  heard = [];
});

const admin = () => callerAs(cloud, "cloudAdmin").admin;
const member = () => callerAs(cloud, "member");
const toldOfRoom = () => vi.waitFor(() => expect(heard).toContain("capacity"), { timeout: 20_000 });

const inventory = { vcpus: 4, ramMib: 2_560, diskGib: 20, cpuModel: "test", kernel: "test" };
const capabilities = {
  graphicalConsole: false,
  serialConsole: true,
  consoleLog: true,
  realDisks: false,
  acceleration: "none" as const,
};

async function addHypervisor(
  fields: { availabilityZone?: string; lastSeenAt?: Date; revokedAt?: Date; keepsVolumes?: boolean } = {},
) {
  const id = randomUUID();
  const { keepsVolumes = false, ...rest } = fields;
  const disks = keepsVolumes
    ? { storage: { pools: [] }, capabilities: { ...capabilities, bootsFromVolume: true } }
    : { capabilities };
  const row = { id, name: `host-${id}`, inventory, lastSeenAt: new Date(), ...disks, ...rest };
  await cloud.database.prisma.hypervisor.create({ data: row });
  return id;
}

const newAggregate = (fields: object = {}) => ({
  id: randomUUID(),
  name: `aggregate-${randomUUID()}`,
  properties: { tier: "gold" },
  ...fields,
});

describe("zones", () => {
  test("are those of hypervisors that are not revoked, and tell whether any takes instances", async () => {
    await addHypervisor({ availabilityZone: "east" });
    await addHypervisor({ availabilityZone: "west", lastSeenAt: new Date(0) });
    await addHypervisor({ availabilityZone: "gone", revokedAt: new Date() });
    await cloud.database.prisma.hypervisor.create({
      data: { id: randomUUID(), name: "new", availabilityZone: "north" },
    });
    const seen = await callerAs(cloud, "nobody").zone.list({});
    expect(seen.items).toEqual([
      { name: "east", up: true },
      { name: "north", up: false },
      { name: "west", up: false },
    ]);
    expect(seen).toMatchObject({ total: 3, totalIsExact: true, nextCursor: null });
    expect((await member().zone.list({ filter: { text: "es" } })).items).toEqual([
      { name: "west", up: false },
    ]);
  });

  test("page over 10,000 of them", async () => {
    await cloud.database.pool.query(`INSERT INTO hypervisor (id, name, availability_zone)
      SELECT gen_random_uuid(), 'h' || n, 'zone-' || n FROM generate_series(1, 10000) n`);
    const first = await member().zone.list({ limit: 500, sort: "-name" });
    expect(first).toMatchObject({ total: 10_000, totalIsExact: true });
    const second = await member().zone.list({ limit: 500, sort: "-name", cursor: first.nextCursor });
    const names = [...first.items, ...second.items].map(({ name }) => name);
    expect(new Set(names).size).toBe(1_000);
    expect(names).toEqual(names.toSorted().toReversed());
  });

  test("must be there when a launch names one, and are kept with what the flavor requires", async () => {
    await addHypervisor({ availabilityZone: "east" });
    await addHypervisor({ availabilityZone: "gone", revokedAt: new Date() });
    for (const availabilityZone of ["gone", "moon"])
      expect(
        await refusal(member().instance.launch(launchOf(cloud, { availabilityZone }))),
        availabilityZone,
      ).toMatchObject({ code: "InvalidInput", reason: "zoneNotFound", field: "availabilityZone" });
    const flavorId = randomUUID();
    const required = { tier: "gold", "gpu.model": "h100" };
    await admin().flavor.create({
      ...{ id: flavorId, name: "gold", vcpus: 1, ramMib: 256, diskGib: 1 },
      requiredProperties: required,
    });
    const launch = launchOf(cloud, { availabilityZone: "east", flavorId });
    const [id = ""] = (await member().instance.launch(launch)).ids;
    await admin().flavor.update({ id: flavorId, requiredProperties: {} });
    expect(await member().instance.get({ projectId: cloud.projectId, id })).toMatchObject({
      availabilityZone: "east",
      zone: null,
      requiredProperties: required,
      waiting: false,
      requestId: expect.stringMatching(/^req-/),
      waitLeftMs: expect.any(Number),
    });
    const { items } = await admin().flavor.list({ filter: { text: "gold" } });
    expect(items).toMatchObject([{ requiredProperties: {} }]);
  });
});

describe("host aggregates", () => {
  test("are made once, changed, told in the trail, and deleted; each is news of room", async () => {
    const [one, two] = [await addHypervisor(), await addHypervisor()];
    const wanted = newAggregate({ name: "fast", hypervisorIds: [one, two, one] });
    await admin().aggregate.create(wanted);
    await toldOfRoom();
    await admin().aggregate.create(wanted);
    expect(await refusal(admin().aggregate.create({ ...wanted, name: "other" }))).toMatchObject({
      code: "Conflict",
    });
    const flavor = { id: randomUUID(), name: "needs-gold", vcpus: 1, ramMib: 256, diskGib: 1 };
    await admin().flavor.create({ ...flavor, requiredProperties: { tier: "gold" } });
    const [made] = (await admin().aggregate.list({})).items;
    expect(made).toMatchObject({
      name: "fast",
      properties: { tier: "gold" },
      generation: 1,
      flavors: ["needs-gold"],
    });
    expect(new Set(made?.hypervisors.map(({ id }) => id))).toEqual(new Set([one, two]));
    heard = [];
    const change = { id: wanted.id, generation: 1, properties: { disk: "ssd" }, hypervisorIds: [two] };
    await admin().aggregate.update(change);
    await toldOfRoom();
    await admin().aggregate.update(change);
    const other = { ...change, properties: { disk: "hdd" } };
    expect(await refusal(admin().aggregate.update(other))).toMatchObject({ reason: "changedMeanwhile" });
    const { items } = await admin().aggregate.list({ filter: { hypervisorId: two } });
    expect(items).toMatchObject([{ properties: { disk: "ssd" }, hypervisors: [{ id: two }], flavors: [] }]);
    expect((await admin().aggregate.list({ filter: { hypervisorId: one } })).items).toEqual([]);
    heard = [];
    await admin().aggregate.delete({ id: wanted.id });
    await toldOfRoom();
    expect(await refusal(admin().aggregate.delete({ id: wanted.id }))).toMatchObject({ code: "NotFound" });
    expect(await cloud.database.prisma.hostAggregateMember.count()).toBe(0);
    const trail = await admin().event.list({ filter: { resourceId: wanted.id } });
    expect(trail.items.map(({ action, params }) => [action, params])).toEqual([
      ["aggregate.delete", { hypervisors: 1 }],
      ["aggregate.update", { hypervisors: 1, properties: "disk=ssd" }],
      ["aggregate.create", { hypervisors: 2, properties: "tier=gold" }],
    ]);
  });

  test("refuse names taken, hypervisors that are not there, and properties out of bounds", async () => {
    const kept = newAggregate({ name: "kept" });
    await admin().aggregate.create(kept);
    const refused = (fields: object) => refusal(admin().aggregate.create(newAggregate(fields)));
    expect(await refused({ name: "kept" })).toMatchObject({ reason: "nameTaken", field: "name" });
    expect(await refused({ hypervisorIds: [randomUUID()] })).toMatchObject({
      reason: "hypervisorNotFound",
      field: "hypervisorIds",
    });
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`p${index}`, "x"]));
    for (const properties of [many, { "a b": "x" }, { a: "" }, { a: "x".repeat(256) }, { a: "x\ny" }])
      expect(await refused({ properties }), JSON.stringify(properties).slice(0, 40)).toMatchObject({
        code: "InvalidInput",
      });
    expect((await admin().aggregate.list({})).total).toBe(1);
  });

  test("of one name are made by one of twenty who ask at once", async () => {
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, () => admin().aggregate.create(newAggregate({ name: "race" }))),
    );
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = asked.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    for (const reason of refused)
      expect(await refusal(Promise.reject(reason))).toMatchObject({ reason: "nameTaken" });
  });

  test("filter, sort and page over 10,000 of them", async () => {
    const host = await addHypervisor();
    await cloud.database.pool.query(`INSERT INTO host_aggregate (id, name, properties)
      SELECT gen_random_uuid(), 'aggregate-' || n, jsonb_build_object('rack', 'r' || n) FROM generate_series(1, 10001) n`);
    await cloud.database.pool.query(
      `INSERT INTO host_aggregate_member SELECT id, $1::uuid FROM host_aggregate`,
      [host],
    );
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<ReturnType<typeof admin>["aggregate"]["list"]>> =
        await admin().aggregate.list({ limit: 500, sort: "-name", cursor });
      expect(page).toMatchObject({ total: 10_000, totalIsExact: false });
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(names).size).toBe(10_001);
    const found = await admin().aggregate.list({ filter: { text: "r10001" } });
    expect(found.items).toMatchObject([{ name: "aggregate-10001", hypervisors: [{ id: host }] }]);
  });
});

describe("weights", () => {
  test("have defaults, bounds and a line in the trail for what changed", async () => {
    const before = await admin().placement.weights();
    expect(before).toEqual({ memory: 2, vcpus: 1, disk: 1, guests: 0, failures: 1 });
    for (const wrong of [{ memory: 11 }, { disk: Number.NaN }, { failures: -1 }, { moon: 1 }])
      expect(
        await refusal(admin().placement.setWeights({ ...before, ...wrong })),
        JSON.stringify(wrong),
      ).toMatchObject({ code: "InvalidInput" });
    await admin().placement.setWeights({ ...before, memory: -2.5 });
    await toldOfRoom();
    await admin().placement.setWeights({ ...before, memory: -2.5 });
    expect(await admin().placement.weights()).toEqual({ ...before, memory: -2.5 });
    const trail = (await admin().event.list({})).items.filter(({ action }) => action.startsWith("placement"));
    expect(trail.map(({ params }) => params)).toEqual([{ memory: -2.5 }]);
  });
});

describe("room", () => {
  test("is forecast for each flavor, by zone and by what it requires", async () => {
    await cloud.database.prisma.flavor.deleteMany({ where: { id: { not: cloud.flavorId } } });
    const big = randomUUID();
    const gold = randomUUID();
    const size = { vcpus: 1, ramMib: 256, diskGib: 1 };
    await admin().flavor.create({ ...size, id: big, name: "big", ramMib: 4_096 });
    await admin().flavor.create({
      ...size,
      id: gold,
      name: "gold-only",
      requiredProperties: { tier: "gold" },
    });
    const ask = async (availabilityZone: string | null = null) => {
      cloud.deps.placement.forget();
      const { projectId, imageId } = cloud;
      const misfits = await member().flavor.misfits({ projectId, imageId, availabilityZone });
      return Object.fromEntries(misfits.map(({ flavorId, reason }) => [flavorId, reason]));
    };
    expect(await ask()).toEqual({ [cloud.flavorId]: "none", [big]: "none", [gold]: "none" });
    const east = await addHypervisor({ availabilityZone: "east" });
    await addHypervisor({ availabilityZone: "west", lastSeenAt: new Date(0) });
    expect(await ask()).toEqual({ [big]: "capacity", [gold]: "properties" });
    expect(await ask("west")).toEqual({ [cloud.flavorId]: "down", [big]: "down", [gold]: "properties" });
    await admin().aggregate.create(newAggregate({ hypervisorIds: [east] }));
    expect(await ask("east")).toEqual({ [big]: "capacity" });
    await admin().hypervisor.setEnabled({ id: east, enabled: false, reason: "" });
    expect(await ask("east")).toMatchObject({ [cloud.flavorId]: "disabled" });
    expect(await ask()).toMatchObject({ [cloud.flavorId]: "disabled" });
  });

  test("is forecast where the instance's volumes are, without a root disk when it boots from one", async () => {
    const { projectId, flavorId: fits } = cloud;
    await cloud.database.prisma.flavor.deleteMany({ where: { id: { not: fits } } });
    const [here, there] = [
      await addHypervisor({ keepsVolumes: true }),
      await addHypervisor({ keepsVolumes: true }),
    ];
    const volumeTypeId = randomUUID();
    await admin().volumeType.create({ id: volumeTypeId, name: `type-${volumeTypeId}` });
    const ask = async (volumes: { boot: boolean; gib: number; ids: string[] } | null) => {
      cloud.deps.placement.forget();
      const misfits = await member().flavor.misfits({ projectId, volumes });
      return misfits.map(({ reason }) => reason);
    };
    const disk = { boot: true, gib: 1, ids: [] };
    expect(await ask(disk)).toEqual([]);
    expect(await ask({ ...disk, gib: 1_000_000 })).toEqual(["capacity"]);
    const id = randomUUID();
    await member().volume.create({ projectId, id, name: "there", sizeGib: 1, volumeTypeId });
    await cloud.database.prisma.volume.update({ where: { id }, data: { hypervisorId: there } });
    expect(await ask({ ...disk, ids: [id] })).toEqual([]);
    await admin().hypervisor.setEnabled({ id: there, enabled: false, reason: "" });
    expect(await ask({ ...disk, ids: [id] })).toEqual(["volumes"]);
    expect(await ask(disk)).toEqual([]);
    await admin().hypervisor.setEnabled({ id: here, enabled: false, reason: "" });
    expect(await ask(disk)).toEqual(["disabled"]);
  });

  test("is told of at once when a hypervisor is enabled, first reports, or comes back", async () => {
    const id = await addHypervisor({ lastSeenAt: new Date(0) });
    const actor = {
      userId: cloud.users.cloudAdmin,
      name: "cloudAdmin",
      grants: { system: [], projects: {} },
      credential: null,
      judged: { permission: "hypervisor:update", projectId: null } as const,
    };
    const caller = { requestId: "req-test", address: "127.0.0.1", sessionId: cloud.sessions.cloudAdmin };
    await setHypervisorEnabled(cloud.deps, { ...actor, ...caller }, id, true, "");
    await toldOfRoom();
    const agent = {
      ...{ agents: cloud.database, boss: cloud.deps.boss, hints: cloud.deps.hints, bus: cloud.bus },
      ...{ seal: cloud.deps.seal, log: cloud.deps.log, limits: cloud.deps.limits, meter: silentMeter },
    };
    const bootId = randomUUID();
    const report = (sequence: number) =>
      reportInput.parse({
        ...{ version: wireVersion, bootId, sequence, agentVersion: "test", driver: "simulated" },
        ...{ inventory, capabilities, guests: [], orphans: [], complete: true },
        agentStartedAt: "2026-01-01T00:00:00.000Z",
      });
    const peer = { hypervisorId: id, serial: "00" };
    heard = [];
    await ingestReport(agent, peer, report(1));
    await toldOfRoom();
    heard = [];
    await ingestReport(agent, peer, report(2));
    cloud.deps.hints.publish("console");
    await vi.waitFor(() => expect(heard).toContain("console"), { timeout: 20_000 });
    expect(heard).not.toContain("capacity");
  });
});
