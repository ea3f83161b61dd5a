/**
 * A real guest outlives every process around it, one after the other killed with SIGKILL, and an upgrade of its agent.
 * That it is the same guest is read from outside (the pid of its QEMU) and from inside (its kernel's boot id, its uptime).
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket, { createWebSocketStream } from "ws";
import { z } from "zod";
import { migrate } from "../../../boot/migrations.mjs";
import { startTemporaryPostgres, type TemporaryPostgres } from "../../../boot/temporary-postgres.mjs";
import {
  type LibvirtHarness,
  libvirtHarness,
} from "../../../packages/drivers/src/hypervisor/testing/libvirt-harness.ts";
import { logIn, terminal } from "../../../packages/drivers/src/hypervisor/testing/terminal.ts";
import { savedIdentity } from "../../controller/src/testing/raw-agent.ts";
import { secondCopy } from "../../controller/src/testing/second-copy.ts";
import { type Process, type SeveralCloud, startSeveral } from "../../controller/src/testing/several-cloud.ts";
import { type Visitor, visit } from "../../controller/src/testing/visitor.ts";
import { eventually } from "../../controller/src/testing/whole-cloud.ts";

const password = "madang-test-1";
const patience = { timeout: 300_000 };

let libvirt: LibvirtHarness;
let postgres: TemporaryPostgres;
let cloud: SeveralCloud;
let admin: Visitor;
let instanceId: string;
let guestId: string;
let before: Life;
beforeAll(async () => {
  libvirt = await libvirtHarness();
  postgres = await startTemporaryPostgres();
  const { url, logs, stop: drop } = postgres;
  await migrate({ url, logs, env: process.env });
  cloud = await startSeveral({
    webs: 1,
    controllers: 1,
    agents: 1,
    libvirt: { dir: libvirt.libvirtDir, image: libvirt.imagePath },
    database: { url, drop },
  });
  admin = await visit(web(), await cloud.signIn(web()));
  [instanceId = ""] = await admin.launch("survivor", 1, password);
  await admin.becomes(instanceId, "ACTIVE");
  const guest = z.object({ guest: z.object({ id: z.uuid() }) });
  guestId = guest.parse(await admin.query("instance.get", { projectId: admin.projectId, id: instanceId }))
    .guest.id;
  before = await look();
}, 600_000);
afterAll(async () => {
  await cloud?.close();
  await libvirt?.close();
}, 120_000);

function need<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("missing");
  return found;
}

const web = () => need(cloud.webs[0]);
const agent = () => need(cloud.agents[0]);

type Life = { pid: number; bootId: string; uptime: number };
const opened = z.object({ path: z.string() });

/** Over the web, its agent and the guest's serial line: so all of that works. */
async function look(): Promise<Life> {
  const { url } = web();
  const { path } = opened.parse(await admin.act("openConsole", instanceId, { kind: "serial" }));
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, {
    headers: { cookie: admin.cookie(), origin: url },
  });
  const line = terminal(createWebSocketStream(socket));
  try {
    // A console that is taken up again is silent until somebody types.
    await new Promise((resolve) => socket.once("open", resolve));
    line.type("\r");
    await logIn(line, "root", password);
    // The line shows again what was said on it before.
    const mark = randomUUID();
    line.type(
      `echo ${mark} boot=$(cat /proc/sys/kernel/random/boot_id) up=$(cut -d' ' -f1 /proc/uptime) end\r`,
    );
    const [, bootId = "", uptime] = await line.see(
      new RegExp(`${mark} boot=([0-9a-f-]{36}) up=([0-9.]+) end`),
    );
    return { pid: await libvirt.pid(guestId), bootId, uptime: Number(uptime) };
  } finally {
    line.close();
  }
}

async function expectSameLife(): Promise<void> {
  const after = await look();
  expect({ pid: after.pid, bootId: after.bootId }).toEqual({ pid: before.pid, bootId: before.bootId });
  expect(after.uptime).toBeGreaterThan(before.uptime);
  before = after;
  expect((await admin.read(instanceId)).status).toBe("ACTIVE");
}

const hypervisors = z.object({
  items: z.array(z.object({ agentVersion: z.string().nullable(), lastSeenAt: z.coerce.date().nullable() })),
});

async function hypervisor() {
  const { items } = hypervisors.parse(await admin.query("admin.hypervisor.list", {}));
  return need(items[0]);
}

/** Until its agent has said something that it can only have said after `since`. */
const reportedAfter = (since: number) =>
  eventually(async () => ((await hypervisor()).lastSeenAt?.getTime() ?? 0) > since);

async function killed(process: Process): Promise<void> {
  await process.kill();
  process.start();
  await healthy();
  await reportedAfter(Date.now());
}

const healthy = () => eventually(async () => (await fetch(`${web().url}/api/health`)).status === 200);

describe("a real guest goes on", patience, () => {
  it("when its agent is killed", async () => {
    await killed(agent());
    await expectSameLife();
  });

  it("when the controller is killed", async () => {
    await killed(need(cloud.controllers[0]));
    await expectSameLife();
  });

  it("when the web process is killed", async () => {
    await killed(web());
    await expectSameLife();
  });

  it("when PostgreSQL is killed", async () => {
    const file = join(postgres.data, "run", "postgres.pid");
    const pid = async () => Number((await readFile(file, "utf8")).split(" ")[0]);
    const old = await pid();
    process.kill(old, "SIGKILL");
    await eventually(async () => (await pid()) !== old);
    await healthy();
    await reportedAfter(Date.now());
    await expectSameLife();
  });

  it("when libvirtd is killed", async () => {
    await libvirt.restart("libvirtd");
    await reportedAfter(Date.now());
    await expectSameLife();
  });

  it("when its agent is upgraded: another folder, another version, the same files", async () => {
    const identity = await savedIdentity(agent().directory);
    const folder = join(cloud.data, "upgraded");
    await secondCopy(folder, "99.1.2");
    expect(await agent().signal("SIGTERM")).toBe(0);
    agent().start(folder);
    await eventually(async () => (await hypervisor()).agentVersion === "99.1.2");
    expect(await savedIdentity(agent().directory)).toEqual(identity);
    await expectSameLife();
  });

  it("and was never started again: so says the trail; and it still obeys", async () => {
    const actions = (await admin.actions(instanceId)).filter((action) => !action.startsWith("console."));
    expect(actions).toEqual(["instance.create", "instance.scheduled", "instance.running"]);
    await admin.act("delete", instanceId);
    await eventually(() => admin.isGone(instanceId));
    expect(await libvirt.virsh("list", "--all", "--uuid")).toBe("");
  });
});
