/** Placement on PostgreSQL: who waits is woken by every kind of room at once, a crowd that waits costs little. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guestSpec } from "@madang/core/wire/guest";
import { openHints, openPlacementBoard, openQueue, type PgBoss, readCandidate, wakeSoon } from "@madang/db";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openAuthority } from "../authority/ca.ts";
import { publishAuthority } from "../authority/requests.ts";
import { startLoop } from "../loop.ts";
import { reconcileInstance } from "../reconcilers/instance.ts";
import { addHypervisor, addInstance, obey, openTestCloud, type TestCloud, wish } from "../testing/rows.ts";
import { unsettledInstances } from "../unsettled.ts";
import { wakeableInstances } from "./waiting.ts";

let cloud: TestCloud;
let directory: string;
let sender: PgBoss;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  cloud = await openTestCloud();
  directory = await mkdtemp(join(tmpdir(), "madang-placement-"));
  sender = await openQueue(cloud.database.url, false, () => {});
});
beforeEach(async () => {
  await cloud.database.pool.query(
    `TRUNCATE instance, guest, allocation, hypervisor, host_aggregate, flavor, operation, event CASCADE`,
  );
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await sender.stop({ graceful: false });
  await cloud.close();
  await rm(directory, { recursive: true });
});

const never = 3_600_000;

/** A controller that looks for room only when told, unless `waitingMs` says otherwise. */
async function startController(waitingMs = never) {
  const { database } = cloud;
  const authority = await openAuthority(directory, new Date());
  await publishAuthority({ prisma: database.prisma, authority, publish: () => {}, now: () => new Date() });
  const hints = openHints(database);
  const boss = await openQueue(database.url, true, () => {});
  const log = pino({ level: "silent" });
  const stop = await startLoop({
    database,
    boss,
    hints,
    authority,
    log,
    workers: 3,
    network: null,
    waitingMs,
  });
  ends.push(async () => {
    await boss.stop({ graceful: true, timeout: 5_000, close: true });
    await stop();
    hints.close();
  });
  return hints;
}

const until = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 50 });
const row = (id: string) => cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
const run = (id: string) => reconcileInstance(cloud.deps, id);
const set = (id: string, data: object) => cloud.database.prisma.instance.update({ where: { id }, data });

async function untilWaiting(id: string): Promise<void> {
  await wakeSoon(sender, "instance", id);
  await until(async () => expect((await row(id)).conditions).toMatchObject({ Scheduled: { ok: false } }));
}
const untilPlaced = (id: string) => until(async () => expect((await row(id)).activeGuestId).not.toBeNull());

async function addAggregate(properties: Record<string, string>, hypervisorIds: string[]): Promise<string> {
  const id = randomUUID();
  const members = { create: hypervisorIds.map((hypervisorId) => ({ hypervisorId })) };
  await cloud.database.prisma.hostAggregate.create({ data: { id, name: id, properties, members } });
  return id;
}

describe("who waits is woken at once", () => {
  const wants = { requiredProperties: { tier: "gold" } };
  type Case = {
    name: string;
    wants?: object;
    host?: object;
    change: (hypervisorId: string) => Promise<unknown>;
  };
  const update = (data: object) => (id: string) =>
    cloud.database.prisma.hypervisor.update({ where: { id }, data });
  const cases: Case[] = [
    { name: "enabled", host: { enabled: false }, change: update({ enabled: true }) },
    {
      name: "up again",
      host: { lastSeenAt: new Date(0) },
      change: update({ lastSeenAt: new Date(Date.now() + 60_000) }),
    },
    { name: "memory overcommitted", wants: { ramMib: 70_000 }, change: update({ ramAllocationRatio: 2 }) },
    { name: "reservation lowered", wants: { ramMib: 64_500 }, change: update({ reservedRamMib: 0 }) },
    {
      name: "moved to the zone",
      wants: { availabilityZone: "east" },
      change: update({ availabilityZone: "east" }),
    },
    { name: "put into an aggregate", wants, change: (id) => addAggregate({ tier: "gold" }, [id]) },
    {
      name: "given a property by its aggregate",
      wants,
      change: async (id) => {
        const where = { id: await addAggregate({ tier: "silver" }, [id]) };
        await cloud.database.prisma.hostAggregate.update({ where, data: { properties: { tier: "gold" } } });
      },
    },
  ];

  it.each(cases)("when a hypervisor is $name", async ({ wants: asks, host, change }) => {
    const hypervisorId = await addHypervisor(cloud);
    await cloud.database.prisma.hypervisor.update({ where: { id: hypervisorId }, data: host ?? {} });
    const id = await addInstance(cloud);
    await set(id, asks ?? {});
    const hints = await startController();
    await untilWaiting(id);
    await change(hypervisorId);
    hints.publish("capacity");
    await untilPlaced(id);
  });

  it("when another instance is deleted, on the other controller, and only as many as fit", async () => {
    await addHypervisor(cloud, { ramMib: 512 + 2_048 });
    const first = await addInstance(cloud, { ramMib: 2_048 });
    await run(first);
    await obey(cloud, first);
    await run(first);
    await startController();
    await startController();
    const waiting = [await addInstance(cloud), await addInstance(cloud), await addInstance(cloud)];
    for (const id of waiting) await untilWaiting(id);
    await wish(cloud, first, "instance.delete");
    await wakeSoon(sender, "instance", first);
    await until(async () =>
      expect(await cloud.database.prisma.guest.findFirst()).toMatchObject({ desired: "absent" }),
    );
    await obey(cloud, first);
    await wakeSoon(sender, "instance", first);
    for (const id of waiting.slice(0, 2)) await untilPlaced(id);
    expect(await row(waiting[2] ?? "")).toMatchObject({ activeGuestId: null, status: "BUILD" });
  });

  it("by looking, when nobody tells of the room", async () => {
    const id = await addInstance(cloud);
    await startController(500);
    await untilWaiting(id);
    await addHypervisor(cloud);
    await untilPlaced(id);
  });
});

describe("the time-out", () => {
  it("makes it an ERROR that still says why, asked for nothing but time", async () => {
    await addHypervisor(cloud, { ramMib: 1_024 });
    const flavor = { id: randomUUID(), name: "nano", vcpus: 1, ramMib: 256, diskGib: 1 };
    await cloud.database.prisma.flavor.create({ data: flavor });
    const id = await addInstance(cloud, { scheduleDeadline: new Date(Date.now() + 2_000) });
    await startController(500);
    await untilWaiting(id);
    await until(async () => expect(await row(id)).toMatchObject({ status: "ERROR" }));
    expect(await row(id)).toMatchObject({
      fault: {
        code: "NoValidHost",
        retry: "never",
        params: {
          hypervisors: 1,
          capacity: 1,
          wantedRamMib: 1_024,
          freeRamMib: 512,
          flavor: "nano",
          flavorId: flavor.id,
        },
      },
    });
  });

  it("is none for what ran before: it waits, and says so", async () => {
    const id = await addInstance(cloud, { scheduleDeadline: new Date(0) });
    await set(id, { launchedAt: new Date(0) });
    await run(id);
    const { status, fault, conditions } = await row(id);
    expect({ status, fault }).toEqual({ status: "SHUTOFF", fault: null });
    expect(conditions).toMatchObject({
      Scheduled: { ok: false, message: expect.stringContaining("without end") },
    });
    expect(conditions).not.toHaveProperty("Scheduled.params.deadline");
    expect(await wakeableInstances({ ...deps(), now: cloud.deps.now })).toEqual([]);
    await addHypervisor(cloud);
    expect(await wakeableInstances({ ...deps(), now: cloud.deps.now })).toEqual([id]);
  });
});

function deps() {
  const { prisma } = cloud.database;
  return { prisma, board: openPlacementBoard({ prisma, now: () => new Date() }) };
}

const imageSource = guestSpec.shape.image.parse({
  ...{ sha256: "a".repeat(64), sizeBytes: 1, virtualSizeBytes: 1024 ** 3, format: "qcow2" },
});

async function addWaiting(count: number, updatedAt: Date): Promise<void> {
  await cloud.database.pool.query(
    `INSERT INTO instance (id, project_id, name, hostname, flavor_name, vcpus, ram_mib, disk_gib, image_name, image_source,
       machine_type, schedule_deadline, updated_at, created_at, conditions)
     SELECT gen_random_uuid(), $1, 'w' || n, 'w', 'small', 1, 1024, 1, 'tiny', $2, 'pc-q35-7.2', now() + interval '1 hour',
       $3, now() + n * interval '1 ms', '{"Scheduled": {"ok": false}}' FROM generate_series(1, $4::int) n`,
    [cloud.projectId, imageSource, updatedAt, count],
  );
}

const rounds = 7;
async function medianMs(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times.toSorted((left, right) => left - right)[Math.floor(rounds / 2)] ?? Number.NaN;
}

describe("a crowd", () => {
  it("of 1,000 that waits is looked at once: none is run for nothing but a few whose reason is old", async () => {
    await addHypervisor(cloud, { ramMib: 1_024 });
    await addWaiting(1_000, new Date());
    const looking = { ...deps(), now: () => new Date() };
    expect(await wakeableInstances(looking)).toEqual([]);
    await cloud.database.prisma.$executeRaw`UPDATE instance SET updated_at = now() - interval '1 minute'`;
    expect(await wakeableInstances(looking)).toHaveLength(20);
    expect(await unsettledInstances(cloud.database.prisma)).toEqual([]);
    await addHypervisor(cloud, { ramMib: 512 + 30 * 1_024, vcpus: 100 });
    await cloud.database.prisma.$executeRaw`UPDATE instance SET updated_at = now()`;
    const woken = await wakeableInstances(looking);
    const oldest = await cloud.database.prisma.instance.findMany({ orderBy: { createdAt: "asc" }, take: 30 });
    expect(woken).toEqual(oldest.map(({ id }) => id));
  });

  it("of 1,000 that waits leaves a controller idle", async () => {
    for (let index = 0; index < 20; index++) await addHypervisor(cloud, { ramMib: 1_024 });
    await addWaiting(1_000, new Date(0));
    const begunAt = new Date();
    await startController(2_000);
    const looked = () => cloud.database.prisma.instance.count({ where: { updatedAt: { gt: begunAt } } });
    await until(async () => expect(await looked()).toBeGreaterThanOrEqual(20));
    const [before, spent, begun] = [await looked(), process.cpuUsage(), performance.now()];
    await until(async () => expect(await looked()).toBeGreaterThanOrEqual(before + 60));
    const seconds = (performance.now() - begun) / 1_000;
    const { user, system } = process.cpuUsage(spent);
    const passes = ((await looked()) - before) / seconds;
    process.stdout.write(
      `1,000 waiting: ${passes.toFixed(1)} passes a second, ${((user + system) / 10_000 / seconds).toFixed(1)} % of a core\n`,
    );
    // 20 a round of 2 s, and as much again for rounds that the count cuts.
    expect(passes).toBeLessThan(20);
    expect(await cloud.database.prisma.instance.count({ where: { status: "BUILD" } })).toBe(1_000);
  });

  it("of 1,000 hypervisors with 10,000 guests in aggregates is read in one query", async () => {
    const { pool } = cloud.database;
    const hardware = { vcpus: 64, ramMib: 262_144, diskGib: 4_000, cpuModel: "test", kernel: "test" };
    await pool.query(
      `INSERT INTO hypervisor (id, name, inventory, capabilities, last_seen_at)
       SELECT gen_random_uuid(), 'host-' || n, $1, '{"graphicalConsole": true, "serialConsole": true, "consoleLog": true,
         "realDisks": false, "acceleration": "none"}', now() FROM generate_series(1, 1000) n`,
      [hardware],
    );
    await addWaiting(10_000, new Date());
    await pool.query(`WITH hosts AS (SELECT id, row_number() OVER () AS n FROM hypervisor),
        placed AS (INSERT INTO guest (id, instance_id, hypervisor_id, desired, instance_generation)
          SELECT gen_random_uuid(), i.id, h.id, 'running', 1
          FROM (SELECT id, row_number() OVER () AS n FROM instance) i JOIN hosts h ON h.n = i.n % 1000 + 1 RETURNING id, hypervisor_id)
      INSERT INTO allocation (guest_id, hypervisor_id, resource_class, amount)
      SELECT p.id, p.hypervisor_id, c.name, c.amount FROM placed p,
        (VALUES ('VCPU', 1), ('MEMORY_MB', 1024), ('DISK_GB', 1)) AS c (name, amount)`);
    await pool.query(`INSERT INTO host_aggregate (id, name, properties)
      SELECT gen_random_uuid(), 'rack-' || n, jsonb_build_object('rack', n::text, 'tier', 'gold') FROM generate_series(1, 50) n`);
    await pool.query(`INSERT INTO host_aggregate_member SELECT x.id, h.id FROM host_aggregate x
      JOIN hypervisor h ON substr(h.name, 6)::int % 50 + 1 = (x.properties ->> 'rack')::int`);
    await pool.query(`ANALYZE`);
    const { board } = deps();
    const { prisma } = cloud.database;
    const one = await prisma.hypervisor.findFirstOrThrow();
    const single = await medianMs(async () => {
      expect((await readCandidate(prisma, one.id, new Date()))?.guests).toBe(10);
    });
    const spent = process.cpuUsage();
    const all = await medianMs(async () => {
      const { candidates } = await board.read(-1);
      expect(candidates).toHaveLength(1_000);
      expect(candidates.every(({ guests, offered }) => guests === 10 && offered.has("rack"))).toBe(true);
    });
    const cpuMs = process.cpuUsage(spent).user / 1_000 / rounds;
    const id = await addInstance(cloud);
    await set(id, { requiredProperties: { tier: "gold", rack: "7" } });
    const begun = performance.now();
    await run(id);
    const placedMs = performance.now() - begun;
    process.stdout.write(
      `1,000 hypervisors with 10,000 guests: read in ${all.toFixed(0)} ms (${cpuMs.toFixed(0)} ms of this process), one alone in ${single.toFixed(1)} ms; an instance placed in ${placedMs.toFixed(0)} ms\n`,
    );
    expect((await row(id)).activeGuestId).not.toBeNull();
    // A query a hypervisor would be a thousand times one.
    expect(all / single).toBeLessThan(600);
  });
});
