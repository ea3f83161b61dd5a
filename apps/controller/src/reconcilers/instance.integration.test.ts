import type { PublicError } from "@madang/core/errors";
import { buildPatienceMs } from "@madang/core/instance/machine";
import { deriveStatus } from "@madang/core/instance/status";
import { instanceView } from "@madang/db";
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
import { reconcileInstance } from "./instance.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
afterEach(async () => {
  await expectStatusesDerived();
  const { prisma } = cloud.database;
  await prisma.$executeRaw`TRUNCATE instance, guest, allocation, hypervisor, operation, event CASCADE`;
});

/** Invariant 3: whatever a test did, the stored words are the derived ones. */
async function expectStatusesDerived(): Promise<void> {
  const rows = await cloud.database.prisma.instance.findMany({ include: { guests: true } });
  for (const row of rows) {
    const active = row.guests.find(({ id }) => id === row.activeGuestId) ?? null;
    const { status, taskState, powerState } = row;
    expect({ status, taskState, powerState }).toEqual(deriveStatus(instanceView(row, active)));
  }
}

const run = (id: string) => reconcileInstance(cloud.deps, id);
const instance = (id: string) => cloud.database.prisma.instance.findUniqueOrThrow({ where: { id } });
const guestsOf = (instanceId: string) =>
  cloud.database.prisma.guest.findMany({ where: { instanceId }, orderBy: { createdAt: "asc" } });
const onlyGuest = async (id: string) => {
  const [guest, ...others] = await guestsOf(id);
  if (!guest || others.length > 0) throw new Error("expected one guest");
  return guest;
};
const operations = async (resourceId: string) =>
  Object.fromEntries(
    (await cloud.database.prisma.operation.findMany({ where: { resourceId } })).map((row) => [row.kind, row]),
  );
const trail = async (resourceId: string) =>
  (
    await cloud.database.prisma.event.findMany({
      where: { resourceId },
      orderBy: { id: "asc" },
      select: { action: true },
    })
  ).map(({ action }) => action);

async function launched(): Promise<string> {
  const id = await addInstance(cloud);
  await run(id);
  await obey(cloud, id);
  await run(id);
  return id;
}

const broken = (retry: PublicError["retry"]): PublicError => ({
  code: "Internal",
  reason: "guestStart",
  message: "QEMU would not start.",
  retry,
});

describe("an instance's life", () => {
  it("is placed, started, stopped, started, rebooted and deleted, with nothing left", async () => {
    await addHypervisor(cloud);
    const id = await addInstance(cloud);
    await run(id);
    const placed = await onlyGuest(id);
    expect(placed).toMatchObject({ desired: "running", generation: 2, instanceGeneration: 1 });
    expect(await instance(id)).toMatchObject({ status: "BUILD", taskState: "spawning" });

    await answer(cloud, placed, { observed: "absent", phase: "fetching-image", percent: 50, generation: 1 });
    await run(id);
    const fetching = { name: "fetch-image", state: "running", percent: 50 };
    expect((await operations(id))["instance.launch"]).toMatchObject({
      ...{ state: "running", percent: 35 },
      steps: [{ name: "schedule", state: "succeeded" }, fetching, { name: "start", state: "pending" }],
    });
    // As far as half a percent of the whole would show nothing, the step still tells it.
    await answer(cloud, placed, { observed: "absent", phase: "fetching-image", percent: 51, generation: 1 });
    await run(id);
    expect((await operations(id))["instance.launch"]?.steps).toContainEqual(
      expect.objectContaining({ name: "fetch-image", percent: 51 }),
    );
    expect(await instance(id)).toMatchObject({ taskState: "block_device_mapping" });

    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", taskState: null, observedGeneration: 1 });
    expect((await operations(id))["instance.launch"]).toMatchObject({ state: "succeeded", percent: 100 });

    for (const [kind, status] of [
      ["instance.stop", "SHUTOFF"],
      ["instance.start", "ACTIVE"],
      ["instance.reboot", "ACTIVE"],
    ] as const) {
      await wish(cloud, id, kind);
      await run(id);
      expect((await operations(id))[kind]?.state).toBe("running");
      await obey(cloud, id);
      await run(id);
      expect(await instance(id)).toMatchObject({ status, taskState: null });
      expect((await operations(id))[kind]).toMatchObject({ state: "succeeded", percent: 100 });
    }

    await wish(cloud, id, "instance.delete");
    await run(id);
    expect(await instance(id)).toMatchObject({ taskState: "deleting" });
    await obey(cloud, id);
    await run(id);
    expect(await cloud.database.prisma.instance.count()).toBe(0);
    expect(await cloud.database.prisma.guest.count()).toBe(0);
    expect(await cloud.database.prisma.allocation.count()).toBe(0);
    expect((await operations(id))["instance.delete"]).toMatchObject({ state: "succeeded" });
    expect(await trail(id)).toEqual([
      "instance.scheduled",
      "instance.running",
      "instance.stopped",
      "instance.running",
      "instance.rebooted",
      "instance.deleted",
    ]);
  });

  it("stays in REBOOT until the guest has reached the reboot's number", async () => {
    await addHypervisor(cloud);
    const id = await launched();
    await wish(cloud, id, "instance.reboot");
    await run(id);
    await answer(cloud, await onlyGuest(id), { observed: "running", rebootSeq: 0 });
    await run(id);
    expect(await instance(id)).toMatchObject({
      status: "REBOOT",
      taskState: "rebooting",
      observedGeneration: 1,
    });
    await answer(cloud, await onlyGuest(id), { observed: "running", rebootSeq: 1 });
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", taskState: null, observedGeneration: 2 });
  });

  it("leaves off an instance that powered itself off, until it is started again", async () => {
    await addHypervisor(cloud);
    const id = await launched();
    await answer(cloud, await onlyGuest(id), { observed: "stopped", stopCause: "shutdown" });
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ desired: "stopped" });
    expect(await instance(id)).toMatchObject({ status: "SHUTOFF", taskState: null, power: "running" });
    expect(await trail(id)).toContain("instance.self-stopped");
    await obey(cloud, id);
    await wish(cloud, id, "instance.start");
    await run(id);
    expect(await onlyGuest(id)).toMatchObject({ desired: "running" });
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", taskState: null });
  });

  it("is deleted while it is being built, and its launch is cancelled", async () => {
    await addHypervisor(cloud);
    const id = await addInstance(cloud);
    await run(id);
    await wish(cloud, id, "instance.delete");
    await run(id);
    expect((await operations(id))["instance.launch"]?.state).toBe("cancelled");
    expect((await onlyGuest(id)).desired).toBe("absent");
    await obey(cloud, id);
    await run(id);
    expect(await cloud.database.prisma.instance.count()).toBe(0);
  });

  it("does not take an older report for an answer", async () => {
    await addHypervisor(cloud);
    const id = await launched();
    await wish(cloud, id, "instance.delete");
    await run(id);
    const guest = await onlyGuest(id);
    await answer(cloud, guest, { observed: "absent", generation: guest.generation - 1 });
    await run(id);
    expect(await cloud.database.prisma.guest.count()).toBe(1);
    await answer(cloud, guest, { observed: "absent" });
    await run(id);
    expect(await cloud.database.prisma.guest.count()).toBe(0);
  });
});

describe("no room", () => {
  it("says why, stays BUILD, and goes on when a hypervisor joins", async () => {
    await addHypervisor(cloud, { ramMib: 1_024 });
    await addHypervisor(cloud, { enabled: false });
    await cloud.database.prisma.flavor.create({
      data: { id: crypto.randomUUID(), name: "nano", vcpus: 1, ramMib: 256, diskGib: 1 },
    });
    const id = await addInstance(cloud);
    const result = await run(id);
    expect(result.again).toBeNull();
    const waiting = await instance(id);
    expect(waiting).toMatchObject({ status: "BUILD", taskState: "scheduling" });
    expect(waiting.conditions).toMatchObject({
      Scheduled: {
        ok: false,
        reason: "NoValidHost",
        params: { hypervisors: 2, disabled: 1, capacity: 1, flavor: "nano" },
      },
    });
    await run(id);
    expect(await trail(id)).toEqual(["instance.no-valid-host"]);
    await addHypervisor(cloud);
    await run(id);
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE" });
  });

  it("is an ERROR after the deadline, and can be deleted", async () => {
    const id = await addInstance(cloud, { scheduleDeadline: new Date(0) });
    await run(id);
    expect(await instance(id)).toMatchObject({
      status: "ERROR",
      fault: { code: "NoValidHost", retry: "never" },
    });
    expect((await operations(id))["instance.launch"]).toMatchObject({ state: "failed" });
    await wish(cloud, id, "instance.delete");
    await run(id);
    expect(await cloud.database.prisma.instance.count()).toBe(0);
  });
});

describe("a build that fails", () => {
  it("tries three hypervisors, each once and only after the last is empty, then is an ERROR without capacity", async () => {
    for (let index = 0; index < 4; index++) await addHypervisor(cloud);
    const id = await addInstance(cloud);
    const tried = new Set<string>();
    for (let attempt = 1; attempt <= 3; attempt++) {
      await run(id);
      const guest = await onlyGuest(id);
      tried.add(guest.hypervisorId);
      await answer(cloud, guest, { observed: "failed", fault: broken("elsewhere") });
      await run(id);
      expect((await onlyGuest(id)).desired).toBe("absent");
      await obey(cloud, id);
    }
    await run(id);
    expect(tried.size).toBe(3);
    expect(await instance(id)).toMatchObject({ status: "ERROR", fault: { reason: "guestStart" } });
    expect(await cloud.database.prisma.allocation.count()).toBe(0);
  });

  it("is an ERROR at once when trying again cannot help", async () => {
    await addHypervisor(cloud);
    const id = await addInstance(cloud);
    await run(id);
    await answer(cloud, await onlyGuest(id), { observed: "failed", fault: broken("never") });
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ERROR" });
    expect((await onlyGuest(id)).desired).toBe("absent");
  });

  it("does not stay BUILD for ever on a fault that was to pass", async () => {
    await addHypervisor(cloud);
    const late = new Date(cloud.deps.now().getTime() - buildPatienceMs - 1);
    for (const [scheduleDeadline, desired] of [
      [new Date(late.getTime() + 60_000), "running"],
      [late, "absent"],
    ] as const) {
      const id = await addInstance(cloud, { scheduleDeadline });
      await run(id);
      const guest = await onlyGuest(id);
      const unanswered = guest.generation - 1;
      await answer(cloud, guest, { observed: "absent", generation: unanswered, fault: broken("later") });
      await run(id);
      expect((await onlyGuest(id)).desired).toBe(desired);
      expect(await instance(id)).toMatchObject({ status: "BUILD" });
      if (desired === "running") continue;
      await obey(cloud, id);
      await run(id);
      expect(await instance(id)).toMatchObject({ status: "ERROR", fault: { code: "NoValidHost" } });
      expect((await instance(id)).fault).toMatchObject({
        message: expect.stringContaining("QEMU would not"),
      });
      expect(await guestsOf(id)).toEqual([]);
    }
  });

  it("keeps the guest, and its disk, of an instance that once ran", async () => {
    await addHypervisor(cloud);
    const id = await launched();
    await wish(cloud, id, "instance.reboot");
    await run(id);
    await answer(cloud, await onlyGuest(id), { observed: "failed", fault: broken("never") });
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ERROR" });
    expect((await onlyGuest(id)).desired).toBe("running");
    expect((await operations(id))["instance.reboot"]).toMatchObject({ state: "failed" });
    const { generation } = await onlyGuest(id);
    await wish(cloud, id, "instance.start");
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "SHUTOFF", taskState: "powering-on", fault: null });
    expect((await onlyGuest(id)).generation).toBeGreaterThan(generation);
    await obey(cloud, id);
    await run(id);
    expect(await instance(id)).toMatchObject({ status: "ACTIVE", fault: null });
  });
});

describe("a revoked hypervisor", () => {
  it("keeps its guests until they are deleted, which then waits for nobody", async () => {
    const hypervisorId = await addHypervisor(cloud);
    const id = await launched();
    await cloud.database.prisma.hypervisor.update({
      where: { id: hypervisorId },
      data: { revokedAt: new Date(), enabled: false },
    });
    await wish(cloud, id, "instance.stop");
    await run(id);
    expect(await guestsOf(id)).toHaveLength(1);
    await wish(cloud, id, "instance.delete");
    await run(id);
    expect(await cloud.database.prisma.instance.count()).toBe(0);
    expect(await cloud.database.prisma.allocation.count()).toBe(0);
    expect((await operations(id))["instance.delete"]?.state).toBe("succeeded");
  });
});

describe("at the same time", () => {
  it("twenty launches never take more than there is", async () => {
    const room = 7;
    const hypervisorId = await addHypervisor(cloud, { ramMib: 512 + room * 1_024 });
    const ids = await Promise.all(Array.from({ length: 20 }, () => addInstance(cloud)));
    for (let round = 0; round < 3; round++) await Promise.allSettled(ids.map(run));
    const { _sum } = await cloud.database.prisma.allocation.aggregate({
      where: { hypervisorId, resourceClass: "MEMORY_MB" },
      _sum: { amount: true },
    });
    expect(_sum.amount).toBe(room * 1_024);
    expect(await cloud.database.prisma.guest.count()).toBe(room);
  });

  it("two controllers do each thing once", async () => {
    for (let index = 0; index < 3; index++) await addHypervisor(cloud);
    const ids = await Promise.all(Array.from({ length: 6 }, () => addInstance(cloud)));
    const both = () => Promise.allSettled(ids.flatMap((id) => [run(id), run(id)]));
    await both();
    for (const id of ids) await obey(cloud, id);
    await both();
    await both();
    for (const id of ids) {
      expect(await instance(id)).toMatchObject({ status: "ACTIVE", observedGeneration: 1 });
      expect(await trail(id)).toEqual(["instance.scheduled", "instance.running"]);
      await wish(cloud, id, "instance.delete");
    }
    await both();
    for (const id of ids) await obey(cloud, id);
    await both();
    expect(await cloud.database.prisma.instance.count()).toBe(0);
    expect(await cloud.database.prisma.event.count({ where: { action: "instance.deleted" } })).toBe(
      ids.length,
    );
  });
});
