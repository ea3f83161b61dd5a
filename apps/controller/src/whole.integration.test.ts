import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@madang/db";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { migrate } from "../../../boot/migrations.mjs";
import { startTemporaryPostgres, type TemporaryPostgres } from "../../../boot/temporary-postgres.mjs";
import { type Cloud, eventually, startCloud } from "./testing/whole-cloud.ts";

/** Long enough that a process can be killed in the middle of it. */
const slowMs = 2_000;

/** A cloud of real processes on two shared cores. */
const patience = { timeout: 300_000 };

let postgres: TemporaryPostgres;
let cloud: Cloud;
let projectId: string;
let imageId: string;
let flavorId: string;
beforeAll(async () => {
  cloud = await startCloud({ slowMs, hypervisors: 2, database: await ownDatabase() });
  await eventually(async () => {
    const { items } = hypervisors.parse(await cloud.query("admin.hypervisor.list", {}));
    return items.filter(({ state }) => state === "up").length === 2;
  });
  const me = z.object({ projects: z.array(named) }).parse(await cloud.query("account.me", {}));
  projectId = first(me.projects);
  imageId = first(page.parse(await cloud.query("image.list", { projectId })).items);
  const flavors = page.parse(await cloud.query("flavor.list", { projectId, sort: "ramMib" })).items;
  flavorId = first(flavors);
});
afterAll(() => cloud?.close());

/** On a server of its own, that can be killed, and that keeps what it said it had committed. */
async function ownDatabase() {
  postgres = await startTemporaryPostgres();
  const { url, logs, stop } = postgres;
  await migrate({ url, logs, env: process.env });
  const { pool, close } = openDatabase(url, 1);
  await pool.query("ALTER DATABASE madang SET synchronous_commit = on");
  await close();
  return { url, drop: stop };
}

const named = z.object({ id: z.string() });
const hypervisors = z.object({ items: z.array(z.object({ state: z.string() })) });
const page = z.object({ items: z.array(named) });
const instanceShape = z.object({
  id: z.string(),
  status: z.string(),
  taskState: z.string().nullable(),
  powerState: z.string(),
});

function first(items: readonly { id: string }[]): string {
  const [item] = items;
  if (!item) throw new Error("none");
  return item.id;
}

async function launch(): Promise<string> {
  const id = crypto.randomUUID();
  await cloud.mutate("instance.launch", {
    ids: [id],
    projectId,
    name: "whole",
    imageId,
    flavorId,
    keyPairId: null,
    password: null,
    userData: "#!/bin/sh\necho hello\n",
    deleteProtection: false,
  });
  return id;
}

const read = async (id: string) => instanceShape.parse(await cloud.query("instance.get", { projectId, id }));
const becomes = (id: string, status: string, taskState: string | null = null) =>
  eventually(async () => {
    const seen = await read(id);
    return seen.status === status && seen.taskState === taskState;
  });
const act = (verb: string, id: string, more = {}) =>
  cloud.mutate(`instance.${verb}`, { projectId, id, ...more });

async function gone(id: string): Promise<void> {
  await act("delete", id);
  await eventually(async () => {
    const items = page.parse(await cloud.query("instance.list", { projectId, filter: { ids: [id] } })).items;
    return items.length === 0;
  });
}

/** Rows of guests, capacity, instances and work under way, and guests that a simulated hypervisor still has. */
async function leftovers(): Promise<number> {
  const { prisma, close } = openDatabase(cloud.databaseUrl, 1);
  try {
    const rows = await Promise.all([
      prisma.guest.count(),
      prisma.allocation.count(),
      prisma.instance.count(),
      prisma.operation.count({ where: { finishedAt: null } }),
    ]);
    const held = await simulatedGuests();
    return rows.reduce((sum, count) => sum + count, held.length);
  } finally {
    await close();
  }
}

/** A signal before it is up would end it as it ends any process. */
async function startAgent(): Promise<void> {
  const ups = async () => (await cloud.logs("agent")).split('"agent is up"').length;
  const before = await ups();
  cloud.start("agent");
  await eventually(async () => (await ups()) > before);
}

/** Its supervisor starts it again. */
async function killPostgres(): Promise<void> {
  const file = join(postgres.data, "run", "postgres.pid");
  const pid = async () => Number((await readFile(file, "utf8")).split(" ")[0]);
  const killed = await pid();
  process.kill(killed, "SIGKILL");
  await eventually(async () => (await pid()) !== killed);
}

/** What the simulated hypervisors hold on disk: guests outlive their agent there. */
async function simulatedGuests(): Promise<{ running: boolean }[]> {
  const guests = z.array(z.object({ running: z.boolean() }));
  const held = await Promise.all(
    ["1", "2"].map(async (name) => {
      const file = join(cloud.data, "agent", name, "simulated.json");
      const text = await readFile(file, "utf8").catch(() => "[]");
      return guests.parse(JSON.parse(text));
    }),
  );
  return held.flat();
}
const simulatedRunning = async () => (await simulatedGuests()).filter(({ running }) => running).length;

describe("a cloud of real processes", patience, () => {
  it("launches, stops, starts, reboots and deletes an instance, and nothing is left", async () => {
    const id = await launch();
    expect(await read(id)).toMatchObject({ status: "BUILD" });
    await becomes(id, "ACTIVE");
    await act("stop", id);
    await becomes(id, "SHUTOFF");
    await act("start", id);
    await becomes(id, "ACTIVE");
    await act("reboot", id, { kind: "hard" });
    await becomes(id, "ACTIVE");
    await gone(id);
    expect(await leftovers()).toBe(0);
    const trail = z
      .object({ items: z.array(z.object({ action: z.string() })) })
      .parse(await cloud.query("event.list", { projectId, filter: { resourceId: id } }));
    expect(trail.items.map(({ action }) => action).toReversed()).toEqual([
      "instance.create",
      "instance.scheduled",
      "instance.running",
      "instance.stop",
      "instance.stopped",
      "instance.start",
      "instance.running",
      "instance.reboot",
      "instance.rebooted",
      "instance.delete",
      "instance.deleted",
    ]);
  });

  it("goes on where a killed agent left off", async () => {
    const id = await launch();
    await becomes(id, "BUILD", "spawning");
    await cloud.kill("agent");
    cloud.start("agent");
    await becomes(id, "ACTIVE");
    await act("stop", id);
    await becomes(id, "ACTIVE", "powering-off");
    await cloud.kill("agent");
    cloud.start("agent");
    await becomes(id, "SHUTOFF");
    await gone(id);
    expect(await leftovers()).toBe(0);
  });

  it("goes on where a killed controller left off, and places while two of it run", async () => {
    const launched = launch();
    await cloud.kill("controller");
    const id = await launched;
    cloud.start("controller");
    cloud.start("controller");
    await becomes(id, "ACTIVE");
    await gone(id);
    expect(await leftovers()).toBe(0);
  });

  it("goes on where a killed PostgreSQL left off, and nobody is started again", async () => {
    const starts = async () =>
      Promise.all(
        (["controller", "web", "agent"] as const).map(
          async (name) => (await cloud.logs(name)).split(`"${name} is up"`).length,
        ),
      );
    const before = await starts();
    const id = await launch();
    await killPostgres();
    await becomes(id, "ACTIVE");
    await act("stop", id);
    await becomes(id, "SHUTOFF");
    await killPostgres();
    await eventually(async () => (await read(id)).status === "SHUTOFF");
    await act("start", id);
    await becomes(id, "ACTIVE");
    await gone(id);
    expect(await leftovers()).toBe(0);
    expect(await starts()).toEqual(before);
  });

  it("leaves guests running when the agent ends, and brings back after a drain what was running", async () => {
    const id = await launch();
    await becomes(id, "ACTIVE");
    expect(await cloud.signal("agent", "SIGTERM")).toBe(0);
    expect(await read(id)).toMatchObject({ status: "ACTIVE", powerState: "RUNNING" });
    await startAgent();
    await becomes(id, "ACTIVE");
    expect(await simulatedRunning()).toBe(1);

    expect(await cloud.signal("agent", "SIGUSR2")).toBe(0);
    expect(await simulatedRunning()).toBe(0);
    expect(await read(id)).toMatchObject({ status: "ACTIVE", powerState: "RUNNING" });
    await startAgent();
    await eventually(async () => (await simulatedRunning()) === 1);
    await becomes(id, "ACTIVE");
    await gone(id);
    expect(await leftovers()).toBe(0);
  });
});
