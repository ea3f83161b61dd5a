/** What happens to instances that nobody asked for, and what an administrator may do about it. */
import type { GuestBody } from "@madang/core/wire/guest";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  addHypervisor,
  addInstance,
  answer,
  obey,
  openTestCloud,
  type TestCloud,
  wish,
} from "../testing/rows.ts";
import { unsettledInstances } from "../unsettled.ts";
import { reconcileHypervisors } from "./hypervisor.ts";
import { reconcileInstance } from "./instance.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
afterEach(async () => {
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, allocation, hypervisor, operation, event CASCADE`;
});

const run = (id: string) => reconcileInstance(cloud.deps, id);
const instance = (id: string) => cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
const guestsOf = (instanceId: string) => cloud.database.prisma.guest.findMany({ where: { instanceId } });
const onlyGuest = async (id: string) => {
  const [guest, ...others] = await guestsOf(id);
  if (!guest || others.length > 0) throw new Error("expected one guest");
  return guest;
};
const trail = async (resourceId: string) =>
  (await cloud.database.prisma.event.findMany({ where: { resourceId }, orderBy: { id: "asc" } })).map(
    ({ action }) => action,
  );
const left = async () => ({
  instances: await cloud.database.prisma.instance.count(),
  guests: await cloud.database.prisma.guest.count(),
  allocations: await cloud.database.prisma.allocation.count(),
});
const nothing = { instances: 0, guests: 0, allocations: 0 };
const setHypervisor = (id: string, data: Parameters<typeof update>[0]["data"]) =>
  update({ where: { id }, data });
const update = (args: { where: { id: string }; data: Record<string, unknown> }) =>
  cloud.database.prisma.hypervisor.update(args);
const silence = (id: string) => setHypervisor(id, { lastSeenAt: new Date(Date.now() - 3_600_000) });

async function launched(fields: Parameters<typeof addInstance>[1] = {}): Promise<string> {
  const id = await addInstance(cloud, fields);
  await run(id);
  await obey(cloud, id);
  await run(id);
  return id;
}

describe("a guest that dies", () => {
  it("is left off where its policy says so, until somebody asks", async () => {
    await addHypervisor(cloud);
    const id = await launched({ crashPolicy: "stop" });
    await answer(cloud, await onlyGuest(id), { observed: "stopped", stopCause: "crashed" });
    expect(await unsettledInstances(cloud.database.prisma)).toEqual([id]);
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ desired: "stopped" });
    expect(await trail(id)).toContain("instance.crash-stopped");
    await answer(cloud, await onlyGuest(id), { observed: "stopped", stopCause: "crashed" });
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "SHUTOFF", taskState: null, powerState: "CRASHED" });
    expect(await unsettledInstances(cloud.database.prisma)).toEqual([]);
    await wish(cloud, id, "instance.start");
    await run(id);
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", taskState: null });
  });

  it("is not given up where it is to come back", async () => {
    await addHypervisor(cloud);
    const id = await launched();
    await answer(cloud, await onlyGuest(id), { observed: "stopped", stopCause: "crashed" });
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ desired: "running" });
    expect(await instance(id)).toMatchObject({ status: "SHUTOFF", taskState: "powering-on" });
  });
});

describe("a reset", () => {
  const fault = { code: "Internal", reason: "guestStart", message: "no", retry: "never" } as const;

  it("builds again what failed to be built, wherever there is room", async () => {
    await addHypervisor(cloud);
    const id = await addInstance(cloud);
    await run(id);
    await answer(cloud, await onlyGuest(id), { observed: "failed", fault });
    await run(id);
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ERROR" });
    await cloud.database.prisma.instance.updateMany({ data: { excludedHypervisors: [crypto.randomUUID()] } });
    const reset = await wish(cloud, id, "instance.reset");
    expect(await unsettledInstances(cloud.database.prisma)).toEqual([id]);
    await run(id);
    expect(await instance(id)).toMatchObject({ fault: null, observedResetSeq: 1, excludedHypervisors: [] });
    expect(await onlyGuest(id)).toMatchObject({ operationId: reset });
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", taskState: null });
    const operation = await cloud.database.prisma.operation.findUniqueOrThrow({ where: { id: reset } });
    expect(operation.state).toBe("succeeded");
  });

  it("asks once more of what ran and failed, with the same guest", async () => {
    await addHypervisor(cloud);
    const id = await launched();
    const { id: guestId, generation } = await onlyGuest(id);
    await wish(cloud, id, "instance.reboot");
    await run(id);
    await answer(cloud, await onlyGuest(id), { observed: "failed", fault });
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ERROR" });
    await wish(cloud, id, "instance.reset");
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ id: guestId, desired: "running" });
    expect((await onlyGuest(id)).generation).toBeGreaterThan(generation);
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", fault: null });
  });
});

describe("a forced deletion", () => {
  it("waits for nobody who will not answer", async () => {
    const hypervisorId = await addHypervisor(cloud);
    const id = await launched();
    await silence(hypervisorId);
    await wish(cloud, id, "instance.delete");
    await run(id);
    expect(await guestsOf(id)).toHaveLength(1);
    const { id: guestId, generation } = await onlyGuest(id);
    await wish(cloud, id, "instance.force-delete");
    await run(id);
    expect(await left()).toEqual(nothing);
    const remembered = await cloud.database.prisma.leftGuest.findUniqueOrThrow({ where: { guestId } });
    expect(remembered.generation).toBe(generation);
  });

  it("waits for a hypervisor that answers, but not for ever", async () => {
    await addHypervisor(cloud);
    const id = await launched();
    const operationId = await wish(cloud, id, "instance.force-delete");
    const { again } = await run(id);
    expect(again).toBeGreaterThan(0);
    expect(await onlyGuest(id)).toMatchObject({ desired: "absent", operationId });
    const forceDeleteRequestedAt = new Date(cloud.deps.now().getTime() - 31_000);
    await cloud.database.prisma.instance.update({ where: { id }, data: { forceDeleteRequestedAt } });
    await run(id);
    expect(await left()).toEqual(nothing);
    expect(await trail(id)).toContain("instance.deleted");
  });
});

describe("a fence", () => {
  const request = (id: string) => setHypervisor(id, { fenceRequestedAt: new Date(Date.now() - 1_000) });
  const failed: string[] = [];
  const onFailure = (_error: unknown, id: string) => failed.push(id);
  const fencings = () => reconcileHypervisors({ ...cloud.deps, onFailure });

  it("takes everything that was on the host for lost, at once, and it is built anew elsewhere", async () => {
    const first = await addHypervisor(cloud);
    await setHypervisor(first, { bootId: crypto.randomUUID() });
    const ids = [await launched(), await launched()];
    await silence(first);
    await request(first);
    const [change, ...others] = await fencings();
    expect(others).toEqual([]);
    expect(change).toMatchObject({ hypervisorId: first, action: "hypervisor.fenced" });
    expect(change?.lost.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) {
      expect(await onlyGuest(id)).toMatchObject({ desired: "absent", generation: 3 });
      expect((await onlyGuest(id)).lostAt).not.toBeNull();
      expect(await instance(id)).toMatchObject({ status: "SHUTOFF", taskState: "powering-on" });
    }
    expect((await unsettledInstances(cloud.database.prisma)).toSorted()).toEqual(ids.toSorted());
    expect(await fencings()).toEqual([]);
    const second = await addHypervisor(cloud);
    for (const id of ids) {
      await run(id);
      expect(await onlyGuest(id)).toMatchObject({ hypervisorId: second });
      await obey(cloud, id);
      await run(id);
      expect(await instance(id)).toMatchObject({ status: "ACTIVE", fault: null });
    }
    expect(await trail(first)).toEqual(["hypervisor.fenced"]);
  });

  it("is turned down when the host answered after it was said to be off", async () => {
    const id = await addHypervisor(cloud);
    await setHypervisor(id, { bootId: crypto.randomUUID() });
    const instanceId = await launched();
    await request(id);
    expect((await fencings()).map(({ action }) => action)).toEqual(["hypervisor.fence-refused"]);
    expect(await onlyGuest(instanceId)).toMatchObject({ lostAt: null, desired: "running" });
    expect((await fencings()).map(({ action }) => action)).toEqual(["hypervisor.up"]);
    await silence(id);
    expect((await fencings()).map(({ action }) => action)).toEqual(["hypervisor.down"]);
    expect(await onlyGuest(instanceId)).toMatchObject({ lostAt: null });
  });

  it("that finds a row in other hands holds up no other hypervisor", async () => {
    const first = await addHypervisor(cloud);
    const instanceId = await launched();
    await silence(first);
    await request(first);
    const second = await addHypervisor(cloud);
    const holder = await cloud.database.pool.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM instance WHERE id = $1 FOR UPDATE", [instanceId]);
    try {
      expect(await fencings()).toMatchObject([{ hypervisorId: second, action: "hypervisor.up" }]);
      expect(failed.splice(0)).toEqual([first]);
    } finally {
      await holder.query("ROLLBACK");
      holder.release();
    }
    expect(await fencings()).toMatchObject([{ hypervisorId: first, lost: [instanceId] }]);
  });

  it("is done once by two controllers", async () => {
    const id = await addHypervisor(cloud);
    await launched();
    await silence(id);
    await request(id);
    await Promise.all([fencings(), fencings()]);
    expect((await trail(id)).filter((action) => action === "hypervisor.fenced")).toHaveLength(1);
    expect((await cloud.database.prisma.guest.findFirstOrThrow()).generation).toBe(3);
  });
});

describe("an adoption", () => {
  const body: GuestBody = {
    instanceId: crypto.randomUUID(),
    projectId: crypto.randomUUID(),
    generation: 7,
    rebootSeq: 2,
    hostname: "one",
    vcpus: 1,
    ramMib: 1024,
    diskGib: 1,
    machineType: "pc-q35-7.2",
    image: { sha256: "a".repeat(64), sizeBytes: 1, virtualSizeBytes: 1024 ** 3, format: "qcow2" },
  };

  async function orphan(observed: "running" | "stopped", known = true) {
    const adoptHypervisorId = await addHypervisor(cloud);
    const adoptGuestId = crypto.randomUUID();
    const orphans = [
      { guestId: adoptGuestId, name: "one", observed, body: known ? body : null, fault: null },
    ];
    await setHypervisor(adoptHypervisorId, { orphans });
    return { adoptHypervisorId, adoptGuestId };
  }

  it("takes over the guest that is there, with its id and what it takes, and does not start or stop it first", async () => {
    const found = await orphan("running");
    await addHypervisor(cloud);
    const id = await addInstance(cloud, { ...found, rebootSeq: 2 });
    await run(id);
    const held = await onlyGuest(id);
    expect(held).toMatchObject({
      id: found.adoptGuestId,
      hypervisorId: found.adoptHypervisorId,
      desired: "hold",
      generation: 8,
    });
    expect(await cloud.database.prisma.allocation.count({ where: { guestId: held.id } })).toBe(3);
    await answer(cloud, held, { observed: "running", rebootSeq: 2 });
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ desired: "running", generation: 9, rebootSeq: 2 });
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", taskState: null });
    expect(await trail(id)).toEqual(["instance.scheduled", "instance.adopted"]);
  });

  it("asks at a generation that the guest was never told, also where its last orders got no answer", async () => {
    const found = await orphan("running");
    await cloud.database.prisma.leftGuest.create({ data: { guestId: found.adoptGuestId, generation: 20 } });
    const id = await addInstance(cloud, found);
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ generation: 21, ackedGeneration: 0 });
  });

  it("leaves off what is off", async () => {
    const id = await addInstance(cloud, { ...(await orphan("stopped")), power: "stopped" });
    await run(id);
    await answer(cloud, await onlyGuest(id), { observed: "stopped", stopCause: "destroyed" });
    await run(id);
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "SHUTOFF", taskState: null });
  });

  it.each([
    ["is no longer there", async () => ({ ...(await orphan("running")), adoptGuestId: crypto.randomUUID() })],
    ["nothing is known of", async () => orphan("running", false)],
  ])("is an ERROR for a guest that %s, and takes no room", async (_name, make) => {
    const id = await addInstance(cloud, await make());
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ERROR", fault: { reason: "orphanGone" } });
    expect(await cloud.database.prisma.guest.count()).toBe(0);
    expect(await cloud.database.prisma.allocation.count()).toBe(0);
  });

  it("is an ERROR when the guest goes while it is taken over", async () => {
    const id = await addInstance(cloud, await orphan("running"));
    await run(id);
    await answer(cloud, await onlyGuest(id), { observed: "absent" });
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ERROR", fault: { reason: "orphanGone" } });
    expect(await onlyGuest(id)).toMatchObject({ desired: "absent" });
    await obey(cloud, id);
    await run(id);
    expect(await cloud.database.prisma.guest.count()).toBe(0);
  });

  it("of one guest twice gives it to one", async () => {
    const found = await orphan("running");
    const ids = [await addInstance(cloud, found), await addInstance(cloud, found)];
    await Promise.all(ids.map(run));
    const states = await Promise.all(ids.map(async (id) => (await instance(id)).status));
    expect(states.toSorted()).toEqual(["BUILD", "ERROR"]);
    expect(await cloud.database.prisma.guest.count()).toBe(1);
  });

  it("waits for a hypervisor that does not answer", async () => {
    const found = await orphan("running");
    await silence(found.adoptHypervisorId);
    const id = await addInstance(cloud, found);
    await run(id);
    expect(await instance(id)).toMatchObject({
      status: "BUILD",
      conditions: { Scheduled: { ok: false, reason: "orphanHostAway" } },
    });
    await setHypervisor(found.adoptHypervisorId, { lastSeenAt: new Date() });
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ id: found.adoptGuestId });
  });
});
