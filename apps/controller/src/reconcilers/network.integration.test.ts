/** Tenant networks with the simulated driver: what the tables say is what it holds, and instances wait for no more than that. */

import { lockInstance, openQueue, type PgBoss } from "@madang/db";
import { createNetworkDriver, type SimulatedNetwork } from "@madang/drivers/network";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  addFloatingIp,
  addNetwork,
  addPort,
  addRouter,
  addSecurityGroup,
  type TestNetwork,
} from "../testing/network-rows.ts";
import { addHypervisor, addInstance, obey, openTestCloud, type TestCloud, wish } from "../testing/rows.ts";
import { reconcileInstance } from "./instance.ts";
import { recordRealised } from "./network.apply.ts";
import { type NetworkPass, reconcileNetwork } from "./network.ts";
import { readTopology } from "./network.view.ts";

/** For one that waits for what happens beside it, ms. */
const longTransaction = { timeout: 60_000 };
let cloud: TestCloud;
let boss: PgBoss;
let driver: SimulatedNetwork;
let told: Map<string, number>;
beforeAll(async () => {
  cloud = await openTestCloud();
  boss = await openQueue(cloud.database.url, false, () => {});
});
afterAll(async () => {
  await boss.stop({ graceful: false });
  await cloud.close();
});
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, allocation, hypervisor, operation, event, network, router, security_group,
    floating_ip, port CASCADE`;
  driver = await createNetworkDriver("simulated", {});
  told = new Map();
  cloud.hints.splice(0);
});

const run = (id: string) => reconcileInstance(cloud.deps, id);

async function pass(): Promise<NetworkPass> {
  const passes: NetworkPass[] = [];
  const { database } = cloud;
  const { publish } = cloud.deps;
  const onPass = (taken: NetworkPass) => passes.push(taken);
  await reconcileNetwork({ database, boss, driver, publish, told, onPass });
  const [taken] = passes;
  if (!taken) throw new Error("the pass was not told of");
  return taken;
}

const guestOf = (instanceId: string) =>
  cloud.database.prisma.guest.findFirstOrThrow({ where: { instanceId } });
const portOf = (id: string) => cloud.database.prisma.port.findUniqueOrThrow({ where: { id } });
const instanceOf = (id: string) => cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
const expectTruth = async () => expect(driver.held()).toEqual((await readTopology(cloud.database)).topology);

/** An instance with a port of its own and one of its owner's, as a launch leaves it. */
async function launched(network: TestNetwork): Promise<{ id: string; own: string; kept: string }> {
  const id = await addInstance(cloud);
  const own = await addPort(cloud, network, 10, { instanceId: id, deleteWithInstance: true });
  const kept = await addPort(cloud, network, 11, { instanceId: id });
  return { id, own, kept };
}

/** Until it runs. */
async function running(network: TestNetwork) {
  const made = await launched(network);
  await run(made.id);
  await pass();
  await run(made.id);
  await obey(cloud, made.id);
  await run(made.id);
  return made;
}

describe("an instance with ports", () => {
  it("is started once they are bound where it was placed", async () => {
    const host = await addHypervisor(cloud);
    const { id, own, kept } = await launched(await addNetwork(cloud));
    await run(id);
    expect(await guestOf(id)).toMatchObject({ hypervisorId: host, desired: "stopped" });
    expect(cloud.hints).toContain("network");
    await obey(cloud, id);
    await run(id);
    expect(await guestOf(id)).toMatchObject({ desired: "stopped" });
    const { written } = await pass();
    expect(written).toBeGreaterThanOrEqual(3);
    for (const portId of [own, kept])
      expect(await portOf(portId)).toMatchObject({
        realisedGeneration: 2,
        realisedHypervisorId: host,
        up: true,
      });
    await run(id);
    expect(await guestOf(id)).toMatchObject({ desired: "running" });
    await obey(cloud, id);
    await run(id);
    expect(await instanceOf(id)).toMatchObject({ status: "ACTIVE", taskState: null, observedGeneration: 1 });
    await expectTruth();
  });

  it("gives them back when it is deleted: its own go, its owner's are free, nothing points to them", async () => {
    await addHypervisor(cloud);
    const [network, outside] = [await addNetwork(cloud), await addNetwork(cloud, { external: true })];
    const routerId = await addRouter(cloud, network, outside);
    const { id, own, kept } = await running(network);
    const [toOwn, toKept] = [
      await addFloatingIp(cloud, outside, routerId, own),
      await addFloatingIp(cloud, outside, routerId, kept),
    ];
    await pass();
    await wish(cloud, id, "instance.delete");
    await run(id);
    await obey(cloud, id);
    await run(id);
    const { prisma } = cloud.database;
    expect(await prisma.instance.count({ where: { id } })).toBe(0);
    expect(await prisma.port.count({ where: { id: own } })).toBe(0);
    expect(await prisma.ipAllocation.count({ where: { portId: own } })).toBe(0);
    expect(await portOf(kept)).toMatchObject({ instanceId: null, owner: "none" });
    expect(await prisma.floatingIp.findUnique({ where: { id: toOwn } })).toMatchObject({
      portId: null,
      fixedAddress: null,
      routerId: null,
    });
    expect(await prisma.floatingIp.findUnique({ where: { id: toKept } })).toMatchObject({ portId: kept });
    const said = await prisma.event.findMany({ where: { resourceKind: "floating_ip" } });
    expect(said.map(({ action }) => action).toSorted()).toEqual([
      "floating_ip.active",
      "floating_ip.active",
      "floating_ip.freed",
    ]);
    await pass();
    await expectTruth();
    expect(driver.held().floatingIps.map((one) => one.id)).toEqual([toKept]);
    expect(await portOf(kept)).toMatchObject({ realisedHypervisorId: null, up: false });
  });

  it("runs on while one of them changes, also while its agent is away", async () => {
    const host = await addHypervisor(cloud);
    const { id, own } = await running(await addNetwork(cloud));
    const group = await addSecurityGroup(cloud);
    const { prisma } = cloud.database;
    await prisma.hypervisor.update({ where: { id: host }, data: { lastSeenAt: new Date(0) } });
    await prisma.portSecurityGroup.create({ data: { portId: own, securityGroupId: group } });
    await prisma.port.update({ where: { id: own }, data: { generation: { increment: 1 } } });
    const before = await guestOf(id);
    await run(id);
    await pass();
    await run(id);
    expect(await guestOf(id)).toMatchObject({ desired: "running", generation: before.generation });
    expect(await portOf(own)).toMatchObject({ realisedGeneration: 3, realisedHypervisorId: host });
    expect(driver.held().ports.find((port) => port.id === own)).toMatchObject({ securityGroupIds: [group] });
  });

  it("tells of a port that loses its network and regains it, once each", async () => {
    await addHypervisor(cloud);
    const { own } = await running(await addNetwork(cloud));
    driver.knobs.down = new Set([own]);
    await pass();
    await pass();
    expect(await portOf(own)).toMatchObject({ up: false });
    driver.knobs.down = new Set();
    await pass();
    const said = await cloud.database.prisma.event.findMany({
      where: { resourceId: own },
      orderBy: { id: "asc" },
    });
    expect(said.map(({ action }) => action)).toEqual(["port.down", "port.up"]);
  });
});

describe("the network", () => {
  it("is left alone, and so are the rows, when nothing differs", async () => {
    await addHypervisor(cloud);
    const network = await addNetwork(cloud);
    await addRouter(cloud, network, await addNetwork(cloud, { external: true }));
    await running(network);
    expect(await pass()).toMatchObject({ changed: 0, written: 0 });
    const { prisma } = cloud.database;
    expect(await prisma.router.findFirstOrThrow()).toMatchObject({ realisedGeneration: 1 });
    expect((await prisma.router.findFirstOrThrow()).gatewayHypervisorId).not.toBeNull();
  });

  it("gets back what somebody took away by hand", async () => {
    await addHypervisor(cloud);
    const { own } = await running(await addNetwork(cloud));
    let told = 0;
    const unwatch = driver.watch(() => told++);
    driver.lose("ports", own);
    unwatch();
    expect(told).toBe(1);
    expect(await pass()).toMatchObject({ changed: 1, written: 0 });
    await expectTruth();
  });

  it("may be away: who waits for it says so, and nobody else notices", async () => {
    await addHypervisor(cloud);
    const { id } = await launched(await addNetwork(cloud));
    const other = await addInstance(cloud);
    await run(id);
    driver.knobs.vanish = true;
    await expect(pass()).rejects.toMatchObject({ options: { reason: "networkUnreachable" } });
    expect(await instanceOf(id)).toMatchObject({
      conditions: { Scheduled: { ok: true }, PortsBound: { ok: false, reason: "networkUnreachable" } },
    });
    for (let step = 0; step < 3; step++) {
      await run(id);
      await run(other);
      await obey(cloud, other);
    }
    expect(await instanceOf(other)).toMatchObject({ status: "ACTIVE" });
    expect(await guestOf(id)).toMatchObject({ desired: "stopped" });
    driver.knobs.vanish = false;
    await pass();
    expect((await instanceOf(id)).conditions).not.toHaveProperty("PortsBound");
    await run(id);
    expect(await guestOf(id)).toMatchObject({ desired: "running" });
  });

  it("that never answers ends a first build, whose room is free again", async () => {
    await addHypervisor(cloud);
    const { id, own } = await launched(await addNetwork(cloud));
    await run(id);
    await obey(cloud, id);
    driver.knobs.vanish = true;
    await expect(pass()).rejects.toMatchObject({ options: { reason: "networkUnreachable" } });
    await run(id);
    expect(await instanceOf(id)).toMatchObject({ fault: null });
    const { prisma } = cloud.database;
    await prisma.instance.update({ where: { id }, data: { scheduleDeadline: new Date(0) } });
    await run(id);
    await obey(cloud, id);
    await run(id);
    expect(await instanceOf(id)).toMatchObject({
      status: "ERROR",
      fault: { reason: "portsNotBound" },
      conditions: { PortsBound: { reason: "networkUnreachable" } },
    });
    expect(await prisma.guest.count({ where: { instanceId: id } })).toBe(0);
    expect(await prisma.allocation.count()).toBe(0);
    driver.knobs.vanish = false;
    await pass();
    expect(await portOf(own)).toMatchObject({ realisedHypervisorId: null });
  });

  it("refuses one row of one project, and has all others at once", async () => {
    await addHypervisor(cloud);
    const [bad, good] = [await launched(await addNetwork(cloud)), await launched(await addNetwork(cloud))];
    await run(bad.id);
    await run(good.id);
    driver.knobs.refuse = new Set([bad.own]);
    expect(await pass()).toMatchObject({ refused: 1 });
    expect(await portOf(bad.own)).toMatchObject({ realisedGeneration: 0, realisedHypervisorId: null });
    expect(await portOf(bad.kept)).toMatchObject({ realisedGeneration: 2 });
    expect(await instanceOf(bad.id)).toMatchObject({
      conditions: { PortsBound: { ok: false, reason: "networkRefused" } },
    });
    expect((await instanceOf(good.id)).conditions).not.toHaveProperty("PortsBound");
    await run(good.id);
    expect(await guestOf(good.id)).toMatchObject({ desired: "running" });
    await pass();
    const said = () => cloud.database.prisma.event.findMany({ where: { action: "port.refused" } });
    expect(await said()).toMatchObject([{ resourceId: bad.own, result: "failed" }]);
    driver.knobs.refuse = new Set();
    expect(await pass()).toMatchObject({ refused: 0 });
    expect((await instanceOf(bad.id)).conditions).not.toHaveProperty("PortsBound");
    await run(bad.id);
    expect(await guestOf(bad.id)).toMatchObject({ desired: "running" });
    expect(await said()).toHaveLength(1);
  });

  it("is told all that can be read, though a column of one row can't", async () => {
    await addHypervisor(cloud);
    const [bad, good] = [await addNetwork(cloud), await addNetwork(cloud)];
    const { prisma } = cloud.database;
    await prisma.subnet.update({ where: { id: bad.subnetId }, data: { hostRoutes: { not: "a list" } } });
    expect(await pass()).toMatchObject({ refused: 1 });
    const realised = async (id: string) =>
      (await prisma.network.findUniqueOrThrow({ where: { id } })).realisedGeneration;
    expect([await realised(bad.id), await realised(good.id)]).toEqual([0, 1]);
  });

  it("writes no gateway as gone because nobody can say where it is", async () => {
    await addHypervisor(cloud);
    await addRouter(cloud, await addNetwork(cloud), await addNetwork(cloud, { external: true }));
    await pass();
    const { prisma } = cloud.database;
    const before = await prisma.router.findFirstOrThrow();
    expect(before.gatewayHypervisorId).not.toBeNull();
    driver.knobs.gatewaysUnknown = true;
    expect(await pass()).toMatchObject({ written: 0 });
    expect(await prisma.router.findFirstOrThrow()).toEqual(before);
  });

  it("takes no lock of an instance while it holds one of a port", async () => {
    await addHypervisor(cloud);
    const { id, own } = await launched(await addNetwork(cloud));
    await run(id);
    driver.knobs.vanish = true;
    await expect(pass()).rejects.toThrow();
    driver.knobs.vanish = false;
    const { prisma } = cloud.database;
    const passing = await prisma.$transaction(async (tx) => {
      await lockInstance(tx, id);
      const started = { pass: pass() };
      const bound = async () => (await portOf(own)).realisedHypervisorId;
      await expect.poll(bound).not.toBeNull();
      // As every verb goes on from an instance to its ports.
      await tx.port.updateMany({ where: { instanceId: id }, data: { name: "mine" } });
      return started;
    }, longTransaction);
    await passing.pass;
    expect((await instanceOf(id)).conditions).not.toHaveProperty("PortsBound");
  });

  it("is said to be missing where the cloud has none", async () => {
    await addHypervisor(cloud);
    const { id } = await launched(await addNetwork(cloud));
    await run(id);
    const { database } = cloud;
    await reconcileNetwork({ database, boss, driver: null, publish: cloud.deps.publish });
    expect(await instanceOf(id)).toMatchObject({ conditions: { PortsBound: { reason: "networkMissing" } } });
  });

  it("is not written of by a pass that another has overtaken", async () => {
    await addHypervisor(cloud);
    const { id, own } = await launched(await addNetwork(cloud));
    await run(id);
    const old = await readTopology(cloud.database);
    const observation = await driver.observe();
    const elsewhere = await addHypervisor(cloud);
    await cloud.database.prisma.port.update({
      where: { id: own },
      data: { realisedHypervisorId: elsewhere },
    });
    const { skipped } = await recordRealised(
      { database: cloud.database, boss, publish: cloud.deps.publish },
      old,
      observation,
    );
    expect(skipped).toBe(1);
    expect(await portOf(own)).toMatchObject({ realisedHypervisorId: elsewhere, realisedGeneration: 0 });
  });

  it("waits for no verb that has a row in its hands, and no verb waits for it", async () => {
    const [held, free] = [await addNetwork(cloud), await addNetwork(cloud)];
    const { prisma } = cloud.database;
    await prisma.$transaction(async (tx) => {
      await tx.network.update({ where: { id: held.id }, data: { generation: { increment: 1 } } });
      await pass();
    });
    const realised = async (id: string) =>
      (await prisma.network.findUniqueOrThrow({ where: { id } })).realisedGeneration;
    expect(await realised(free.id)).toBe(1);
    expect(await realised(held.id)).toBe(0);
    await pass();
    expect(await realised(held.id)).toBe(2);
  });
});
