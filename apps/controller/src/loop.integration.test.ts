import { randomUUID, X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHints, openQueue, type PgBoss, transaction, wake, wakeSoon } from "@madang/db";
import { createNetworkDriver } from "@madang/drivers/network";
import type { NetworkDriver } from "@madang/drivers/network/driver";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openAuthority } from "./authority/ca.ts";
import { publishAuthority } from "./authority/requests.ts";
import { startLoop } from "./loop.ts";
import { readTopology } from "./reconcilers/network.view.ts";
import { addNetwork, addPort } from "./testing/network-rows.ts";
import { addHypervisor, addInstance, obey, openTestCloud, type TestCloud, wish } from "./testing/rows.ts";

const log = pino({ level: "silent" });
let cloud: TestCloud;
let directory: string;
let sender: PgBoss;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  cloud = await openTestCloud();
  directory = await mkdtemp(join(tmpdir(), "madang-loop-"));
  sender = await openQueue(cloud.database.url, false, () => {});
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await sender.stop({ graceful: false });
  await cloud.close();
  await rm(directory, { recursive: true });
});

/** One controller, as main.ts puts it together. */
async function startController(network: NetworkDriver | null = null): Promise<void> {
  const { database } = cloud;
  const authority = await openAuthority(directory, new Date());
  await publishAuthority({ prisma: database.prisma, authority, publish: () => {}, now: () => new Date() });
  const hints = openHints(database);
  const boss = await openQueue(database.url, true, () => {});
  const stop = await startLoop({ database, boss, hints, authority, log, workers: 3, network });
  ends.push(async () => {
    await boss.stop({ graceful: true, timeout: 5_000, close: true });
    await stop();
    hints.close();
  });
}

const until = (check: () => Promise<void>, timeout = 60_000) => vi.waitFor(check, { timeout, interval: 50 });
const instance = (id: string) => cloud.database.prisma.instance.findUnique({ where: { id } });

describe("controllers on the queue", () => {
  it("carry an instance through its life, two of them, woken by admission and reports", async () => {
    await Promise.all([startController(), startController()]);
    await addHypervisor(cloud);
    const id = await addInstance(cloud);
    await wakeSoon(sender, "instance", id);
    await until(async () =>
      expect(await cloud.database.prisma.guest.findFirst({ where: { instanceId: id } })).toMatchObject({
        desired: "running",
      }),
    );
    await obey(cloud, id);
    await wakeSoon(sender, "instance", id);
    await until(async () =>
      expect(await instance(id)).toMatchObject({ status: "ACTIVE", observedGeneration: 1 }),
    );
    await wish(cloud, id, "instance.delete");
    await transaction(cloud.database.prisma, (tx) => wake(sender, tx, "instance", id));
    await until(async () =>
      expect(await cloud.database.prisma.guest.findFirst()).toMatchObject({ desired: "absent" }),
    );
    await obey(cloud, id);
    await wakeSoon(sender, "instance", id);
    await until(async () => expect(await instance(id)).toBeNull());
    expect(await cloud.database.prisma.event.count({ where: { resourceId: id } })).toBe(3);
  });

  it("end a project of which deletion was asked, two of them, woken by nobody", async () => {
    const { prisma } = cloud.database;
    // A hypervisor that another test left would take the instances, and no agent of it would ever say that they are gone.
    await prisma.$executeRaw`TRUNCATE instance, guest, allocation, hypervisor, event CASCADE`;
    const { id: domainId } = await prisma.domain.findFirstOrThrow();
    const projectId = randomUUID();
    await prisma.project.create({ data: { id: projectId, domainId, name: "ending" } });
    const own = { ...cloud, projectId };
    const instances = [await addInstance(own), await addInstance(own)];
    const operation = await prisma.operation.create({
      data: {
        ...{ id: randomUUID(), kind: "project.delete", projectId, actorName: "root", requestId: "req-1" },
        ...{ resourceKind: "project", resourceId: projectId, resourceName: "ending" },
      },
    });
    await prisma.project.update({ where: { id: projectId }, data: { deleteRequestedAt: new Date() } });
    await Promise.all([startController(), startController()]);
    await until(async () => expect(await prisma.project.count({ where: { id: projectId } })).toBe(0));
    for (const id of instances) expect(await instance(id)).toBeNull();
    const ended = await prisma.operation.findMany({
      where: { OR: [{ id: operation.id }, { parentId: operation.id }] },
    });
    expect(ended.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      ...["instance.delete succeeded", "instance.delete succeeded", "project.delete succeeded"],
    ]);
  });

  it("bind ports, two of them, whose network is away, comes back and is meddled with", async () => {
    const { prisma } = cloud.database;
    await prisma.$executeRaw`TRUNCATE instance, guest, allocation, hypervisor, event, network, port CASCADE`;
    const driver = await createNetworkDriver("simulated", { knobs: { vanish: true } });
    await Promise.all([startController(driver), startController(driver)]);
    const id = await addInstance(cloud);
    const own = await addPort(cloud, await addNetwork(cloud), 10, {
      instanceId: id,
      deleteWithInstance: true,
    });
    // Last, or a round places it before its port is there.
    const host = await addHypervisor(cloud);
    await wakeSoon(sender, "instance", id);
    await until(async () =>
      expect(await instance(id)).toMatchObject({
        conditions: { PortsBound: { reason: "networkUnreachable" } },
      }),
    );
    await until(async () =>
      expect(await prisma.guest.findFirst({ where: { instanceId: id } })).toMatchObject({
        desired: "stopped",
      }),
    );
    driver.knobs.vanish = false;
    await until(async () =>
      expect(await prisma.guest.findFirst({ where: { instanceId: id } })).toMatchObject({
        desired: "running",
        hypervisorId: host,
      }),
    );
    driver.lose("ports", own);
    const isHeld = () => driver.held().ports.some((port) => port.id === own && port.hypervisorId === host);
    expect(isHeld()).toBe(false);
    await until(async () => expect(isHeld()).toBe(true));
    await obey(cloud, id);
    await wish(cloud, id, "instance.delete");
    await wakeSoon(sender, "instance", id);
    await until(async () =>
      expect(await prisma.guest.findFirst({ where: { instanceId: id } })).toMatchObject({
        desired: "absent",
      }),
    );
    await obey(cloud, id);
    await wakeSoon(sender, "instance", id);
    await until(async () => expect(await instance(id)).toBeNull());
    await until(async () => expect(driver.held()).toEqual((await readTopology(cloud.database)).topology));
    expect(await prisma.port.count({ where: { id: own } })).toBe(0);
  });

  it("find by looking what nobody woke them for", async () => {
    await addHypervisor(cloud);
    const id = await addInstance(cloud);
    await startController();
    await until(async () => expect((await instance(id))?.activeGuestId).not.toBeNull());
  });

  it("place what waited as soon as a hypervisor comes up, and say so once", async () => {
    await cloud.database.prisma.$executeRaw`TRUNCATE instance, guest, allocation, hypervisor, event CASCADE`;
    await Promise.all([startController(), startController()]);
    const id = await addInstance(cloud);
    await wakeSoon(sender, "instance", id);
    await until(async () =>
      expect((await instance(id))?.conditions).toMatchObject({ Scheduled: { ok: false } }),
    );
    const hypervisorId = await addHypervisor(cloud);
    await until(async () => expect((await instance(id))?.activeGuestId).not.toBeNull());
    const said = () =>
      cloud.database.prisma.event.findMany({
        where: { resourceId: hypervisorId },
        orderBy: { id: "asc" },
        select: { action: true },
      });
    await until(async () => expect(await said()).toEqual([{ action: "hypervisor.up" }]));
    const lastSeenAt = new Date(Date.now() - 60_000);
    await cloud.database.prisma.hypervisor.update({ where: { id: hypervisorId }, data: { lastSeenAt } });
    await until(async () =>
      expect(await said()).toEqual([{ action: "hypervisor.up" }, { action: "hypervisor.down" }]),
    );
  });

  it("sign what is asked for, refuse what is wrong, each once", async () => {
    const { prisma } = cloud.database;
    await Promise.all([startController(), startController()]);
    const bad = randomUUID();
    await prisma.certificate.create({
      data: { id: bad, kind: "hypervisor", subjectId: randomUUID(), csr: "nonsense" },
    });
    await wakeSoon(sender, "certificate", bad);
    await until(async () =>
      expect((await prisma.certificate.findUnique({ where: { id: bad } }))?.fault).toContain(
        "no certificate request",
      ),
    );
    const [ca, ...others] = await prisma.certificate.findMany({ where: { kind: "ca" } });
    expect(others).toEqual([]);
    expect(new X509Certificate(ca?.pem ?? "").ca).toBe(true);
  });
});

describe("a controller with another cloud's authority", () => {
  it("refuses to start rather than to sign with a second key", async () => {
    await startController();
    const foreign = await mkdtemp(join(tmpdir(), "madang-foreign-"));
    try {
      const authority = await openAuthority(foreign, new Date());
      const { prisma } = cloud.database;
      await expect(
        publishAuthority({ prisma, authority, publish: () => {}, now: () => new Date() }),
      ).rejects.toMatchObject({ code: "Conflict" });
    } finally {
      await rm(foreign, { recursive: true });
    }
  });
});
