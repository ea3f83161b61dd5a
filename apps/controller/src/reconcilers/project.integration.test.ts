/** A project's deletion, with the controller killed before and after each of its commits, and with hypervisors that are silent. */
import { openPlacementBoard, openQueue, type PgBoss, type Prisma } from "@madang/db";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { addFloatingIp, addNetwork, addPort, addRouter, addSecurityGroup } from "../testing/network-rows.ts";
import {
  addHypervisor,
  addInstance,
  addVolume,
  obey,
  openTestCloud,
  type TestCloud,
  wish,
} from "../testing/rows.ts";
import { endingProjects } from "../unsettled.ts";
import { reconcileInstance } from "./instance.ts";
import { reconcileProject } from "./project.ts";
import { reconcileVolume } from "./volume.ts";

let cloud: TestCloud;
let boss: PgBoss;
beforeAll(async () => {
  cloud = await openTestCloud();
  boss = await openQueue(cloud.database.url, false, () => {});
});
afterAll(async () => {
  await boss.stop({ graceful: false });
  await cloud.close();
});
afterEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, allocation, hypervisor, operation, event, image CASCADE`;
});

class Killed extends Error {}
type Kill = { at: number; when: "before" | "after" };

/** A client whose k-th transaction ends as a kill would end it. `reached` counts them. */
function dyingPrisma(prisma: Prisma, kill: Kill): { prisma: Prisma; reached: () => number } {
  let count = 0;
  const $transaction = async (work: (tx: unknown) => Promise<unknown>, options: object) => {
    const mine = ++count;
    const answered = await prisma.$transaction(async (tx) => {
      const result = await work(tx);
      if (mine === kill.at && kill.when === "before") throw new Killed();
      return result;
    }, options);
    if (mine === kill.at) throw new Killed();
    return answered;
  };
  const dying = new Proxy(prisma, {
    get: (target, name) => (name === "$transaction" ? $transaction : Reflect.get(target, name)),
  });
  return { prisma: dying, reached: () => count };
}

async function pass(prisma: Prisma, id: string): Promise<number | null> {
  const deps = { boss, publish: cloud.deps.publish, now: cloud.deps.now };
  try {
    return (await reconcileProject({ ...deps, prisma }, id)).again;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return (await reconcileProject({ ...deps, prisma }, id)).again;
  }
}

/** Protected, and used by nobody. */
/** As the queue would, once the project's end has asked for them. */
async function bringVolumes(projectId: string): Promise<void> {
  const { prisma } = cloud.database;
  const { publish, now, onCapacity } = cloud.deps;
  const deps = { prisma, publish, now, onCapacity, board: openPlacementBoard({ prisma, now }) };
  const asked = await prisma.volume.findMany({ where: { projectId, deleteRequestedAt: { not: null } } });
  for (const { id } of asked) await reconcileVolume(deps, id);
}

/** A project with instances of every kind, as admission would leave it once its deletion is asked for. */
async function endingProject(): Promise<{ id: string; operationId: string; instances: string[] }> {
  const { prisma } = cloud.database;
  const [id, operationId] = [crypto.randomUUID(), crypto.randomUUID()];
  const domain = await prisma.domain.findFirstOrThrow();
  await prisma.project.create({ data: { id, domainId: domain.id, name: `ending ${id}` } });
  await prisma.quota.create({ data: { projectId: id, resource: "cores", limit: 3 } });
  await prisma.image.create({
    data: {
      id: crypto.randomUUID(),
      projectId: id,
      name: "own",
      visibility: "private",
      status: "active",
      diskFormat: "raw",
    },
  });
  const own = { ...cloud, projectId: id };
  await addVolume(own, { status: "available", deleteProtection: true });
  const [inside, outside] = [await addNetwork(own), await addNetwork(own, { external: true })];
  const routerId = await addRouter(own, inside, outside);
  const group = await addSecurityGroup(own);
  const port = await addPort(own, inside, 20, { securityGroupIds: [group] });
  await addFloatingIp(own, outside, routerId, port);
  const instances = [await addInstance(own), await addInstance(own), await addInstance(own)];
  const [first = "", second = "", third = ""] = instances;
  for (const instanceId of [first, second]) {
    await reconcileInstance(cloud.deps, instanceId);
    await obey(cloud, instanceId);
    await reconcileInstance(cloud.deps, instanceId);
  }
  await prisma.instance.update({ where: { id: first }, data: { deleteProtection: true } });
  await wish(cloud, third, "instance.delete");
  await prisma.project.update({
    where: { id },
    data: { deleteRequestedAt: cloud.deps.now(), generation: 2 },
  });
  await prisma.operation.create({
    data: {
      ...{ id: operationId, kind: "project.delete", projectId: id, actorName: "root", requestId: "req-1" },
      ...{ resourceKind: "project", resourceId: id, resourceName: "ending", targetGeneration: 2 },
    },
  });
  return { id, operationId, instances };
}

/** Until it is over, as the queue and the agents would; one instance goes in each round. */
async function carryOut(prisma: Prisma, id: string, instances: string[]): Promise<void> {
  for (let round = 0; (await pass(prisma, id)) !== null; round++) {
    expect(round).toBeLessThan(10);
    await bringVolumes(id);
    for (const instanceId of instances.slice(round, round + 1)) {
      await reconcileInstance(cloud.deps, instanceId);
      await obey(cloud, instanceId);
      await reconcileInstance(cloud.deps, instanceId);
    }
  }
}

async function expectGone(id: string, operationId: string, instances: string[]): Promise<void> {
  const { prisma } = cloud.database;
  expect(await prisma.project.count({ where: { id } })).toBe(0);
  expect(await prisma.instance.count({ where: { projectId: id } })).toBe(0);
  expect(await prisma.volume.count({ where: { projectId: id } })).toBe(0);
  expect(await prisma.image.count({ where: { projectId: id } })).toBe(0);
  const left = await Promise.all([
    prisma.network.count({ where: { projectId: id } }),
    prisma.router.count({ where: { projectId: id } }),
    prisma.port.count({ where: { projectId: id } }),
    prisma.floatingIp.count({ where: { projectId: id } }),
    prisma.securityGroup.count({ where: { projectId: id } }),
    prisma.ipAllocation.count(),
  ]);
  expect(left).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await prisma.quota.count({ where: { projectId: id } })).toBe(0);
  const operation = await prisma.operation.findUniqueOrThrow({ where: { id: operationId } });
  expect(operation).toMatchObject({ state: "succeeded", percent: 100 });
  const children = await prisma.operation.findMany({ where: { parentId: operationId } });
  expect(children.map(({ resourceId }) => resourceId).toSorted()).toEqual(instances.slice(0, 2).toSorted());
  expect(children.every(({ state, requestId }) => state === "succeeded" && requestId === "req-1")).toBe(true);
  const said = await prisma.event.findMany({ where: { projectId: id }, orderBy: { id: "asc" } });
  const actions = said.map(({ action }) => action);
  expect(actions.filter((action) => action === "instance.delete")).toHaveLength(2);
  expect(actions.filter((action) => action === "instance.deleted")).toHaveLength(3);
  expect(actions.filter((action) => action === "project.deleted")).toHaveLength(1);
  expect(actions.at(-1)).toBe("project.deleted");
}

/** Fewer would mean that the walk no longer goes where it should. */
const leastCommits = 5;

it("comes to the same end wherever the controller is killed", { timeout: 120_000 }, async (context) => {
  await addHypervisor(cloud);
  const walk = async (prisma: Prisma) => {
    const { id, operationId, instances } = await endingProject();
    await carryOut(prisma, id, instances);
    await expectGone(id, operationId, instances);
  };
  const whole = dyingPrisma(cloud.database.prisma, { at: 0, when: "before" });
  await walk(whole.prisma);
  const commits = whole.reached();
  expect(commits).toBeGreaterThanOrEqual(leastCommits);
  for (let at = 1; at <= commits; at++)
    for (const when of ["before", "after"] as const)
      await walk(dyingPrisma(cloud.database.prisma, { at, when }).prisma);
  await context.annotate(`${commits * 2} kill points`);
});

it("is found by looking, and waits for a silent hypervisor by the instance's name until it is forced", async () => {
  const { prisma } = cloud.database;
  const host = await addHypervisor(cloud);
  const { id, operationId, instances } = await endingProject();
  expect(await endingProjects(prisma)).toEqual([id]);
  await pass(prisma, id);
  await prisma.hypervisor.update({ where: { id: host }, data: { lastSeenAt: new Date(0) } });
  for (const instanceId of instances) await reconcileInstance(cloud.deps, instanceId);
  expect(await pass(prisma, id)).toBe(1);
  const operation = () => prisma.operation.findUniqueOrThrow({ where: { id: operationId } });
  expect(await operation()).toMatchObject({ state: "running", percent: 0 });
  expect((await operation()).steps).toMatchObject([
    { name: "instances", state: "running", waitingFor: ["one"] },
    { name: "volumes", state: "pending" },
    { name: "images", state: "pending" },
    { name: "networks", state: "pending" },
    { name: "project", state: "pending" },
  ]);
  for (const instanceId of instances.slice(0, 2)) {
    await wish(cloud, instanceId, "instance.force-delete");
    await reconcileInstance(cloud.deps, instanceId);
  }
  await carryOut(prisma, id, []);
  expect(await operation()).toMatchObject({ state: "succeeded" });
  expect(await prisma.project.count({ where: { id } })).toBe(0);
});

it("leaves a shared network that others use to the cloud", async () => {
  const { prisma } = cloud.database;
  const { id, instances } = await endingProject();
  const network = await addNetwork({ ...cloud, projectId: id }, { name: "shared" });
  const theirs = await addPort(cloud, network, 30);
  await addHypervisor(cloud);
  await carryOut(prisma, id, instances);
  expect(await prisma.project.count({ where: { id } })).toBe(0);
  const kept = await prisma.network.findUniqueOrThrow({
    where: { id: network.id },
    include: { ports: true },
  });
  expect(kept).toMatchObject({ name: "shared", projectId: null });
  expect(kept.ports.map(({ projectId }) => projectId).toSorted()).toEqual([cloud.projectId, null]);
  expect(await prisma.event.count({ where: { action: "network.handed-over" } })).toBe(1);
  await prisma.port.deleteMany({ where: { networkId: network.id } });
  expect(await prisma.port.count({ where: { id: theirs } })).toBe(0);
  await prisma.network.delete({ where: { id: network.id } });
});

it("leaves a project alone of which nobody asked deletion", async () => {
  await addHypervisor(cloud);
  const instanceId = await addInstance(cloud);
  expect(await pass(cloud.database.prisma, cloud.projectId)).toBeNull();
  const row = await cloud.database.prisma.instance.findUniqueOrThrow({ where: { id: instanceId } });
  expect(row.deleteRequestedAt).toBeNull();
});
