/** Guests and volumes together, on a simulated hypervisor, as one snapshot orders both. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import type { VolumeSpec } from "@madang/core/wire/volume";
import { createHypervisorDriver, type SimulatedHypervisor } from "@madang/drivers/hypervisor";
import { createStorageDriver, type SimulatedStorage } from "@madang/drivers/storage";
import PQueue from "p-queue";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createFleet, type Fleet } from "../converge/fleet.ts";
import { openMemory } from "../converge/memory.ts";
import { noPorts } from "../converge/ports.ts";
import { spec as guestSpec } from "../testing/scripted-driver.ts";
import { openStorage, type Storage } from "./storage.ts";

const log = pino({ level: "silent" });
let directory: string;
let hypervisor: SimulatedHypervisor;
let volumesOf: SimulatedStorage;
let storage: Storage;
let fleet: Fleet;

const volume = (change: Partial<VolumeSpec> = {}): VolumeSpec => ({
  ...{ volumeId: crypto.randomUUID(), projectId: crypto.randomUUID(), generation: 1, desired: "present" },
  ...{ backend: "file", sizeBytes: 1024 ** 3, source: { kind: "blank" }, snapshots: [], revert: null },
  ...change,
});
const diskOf = ({ volumeId }: VolumeSpec) => ({
  ...{ attachmentId: crypto.randomUUID(), volumeId, readOnly: false, boot: false, qos: {} },
});
const apply = (guests: GuestSpec[], volumes: VolumeSpec[]) => {
  storage.volumes?.apply({ volumes });
  const ids = { revision: crypto.randomUUID(), hypervisorId: crypto.randomUUID() };
  fleet.apply({ ...ids, guests, consoles: [], orphanOrders: [] });
};
const until = async <T>(ask: () => T | null | false | undefined): Promise<T> => {
  for (let tries = 0; tries < 2_000; tries++) {
    const answer = ask();
    if (answer) return answer;
    await delay(10);
  }
  throw new Error(`in vain: ${JSON.stringify([fleet.reports(), storage.volumes?.reports()])}`);
};
const guestAt = ({ guestId }: GuestSpec, generation: number, isIt: (report: GuestReport) => boolean) =>
  until(() => {
    const report = fleet.report(guestId);
    return report?.generation === generation && isIt(report) && report;
  });
const volumeIs = ({ volumeId }: VolumeSpec, observed: string) =>
  until(() => storage.volumes?.report(volumeId)?.observed === observed);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "madang-agent-storage-"));
  hypervisor = await createHypervisorDriver("simulated", {});
  volumesOf = await createStorageDriver("simulated", {});
  storage = await openStorage({
    ...{ directory, driver: hypervisor, storage: volumesOf, log },
    image: async () => null,
    onChange: () => {},
  });
  fleet = createFleet({
    ...{ driver: hypervisor, log, bootId: crypto.randomUUID(), ports: noPorts(true) },
    memory: await openMemory(directory),
    booting: new PQueue({ concurrency: 2 }),
    image: async () => null,
    imagePath: () => null,
    userData: async () => new Uint8Array(),
    disks: storage.disks,
    onSweep: storage.sweep,
    onChange: () => {},
    onOrphans: () => {},
  });
});
afterEach(async () => {
  await fleet.stop();
  await storage.stop();
  await rm(directory, { recursive: true });
});

it("a guest is started once its volumes are there, tells them, and lets go of them before they go", async () => {
  const [data, more] = [volume(), volume()];
  const guest = guestSpec({ disks: [diskOf(data)] });
  volumesOf.knobs.slowMs = 300;
  apply([guest], [data, more]);
  const first = await guestAt(guest, 1, ({ observed }) => observed === "running");
  expect(first.disks).toEqual([data.volumeId]);
  volumesOf.knobs.slowMs = 0;

  const both = { ...guest, generation: 2, disks: [...(guest.disks ?? []), diskOf(more)] };
  apply([both], [data, more]);
  const second = await guestAt(guest, 2, ({ disks }) => disks?.length === 2);
  expect(second).toMatchObject({ observed: "running", fault: null });

  // Ordered at once: the volume waits for the guest, and the guest for nobody.
  hypervisor.knobs.holdDisks = true;
  const without = { ...both, generation: 3, disks: both.disks.slice(1) };
  const gone = { ...data, generation: 2, desired: "absent" as const };
  apply([without], [gone, more]);
  await until(() => fleet.report(guest.guestId)?.fault?.reason === "DiskHeld");
  expect(storage.volumes?.report(data.volumeId)?.observed).toBe("available");
  expect((await volumesOf.list()).map(({ volumeId }) => volumeId)).toContain(data.volumeId);
  hypervisor.knobs.holdDisks = false;
  await guestAt(guest, 3, ({ disks, fault }) => disks?.length === 1 && fault === null);
  await volumeIs(data, "absent");
  expect((await volumesOf.list()).map(({ volumeId }) => volumeId)).toEqual([more.volumeId]);
});

it("a guest that was taken its volume behind our back is given it again", async () => {
  const data = volume();
  const guest = guestSpec({ disks: [diskOf(data)] });
  apply([guest], [data]);
  await guestAt(guest, 1, ({ disks }) => disks?.length === 1);
  const order = {
    spec: { ...guest, desired: "running" as const },
    imagePath: null,
    userData: null,
    made: true,
  };
  await hypervisor.ensure({ ...order, disks: [] }, { signal: AbortSignal.timeout(5_000) });
  expect((await hypervisor.observe(guest.guestId))?.disks).toEqual([]);
  await fleet.sweep();
  await until(() => fleet.report(guest.guestId)?.disks?.length === 1);
  expect((await hypervisor.observe(guest.guestId))?.disks).toHaveLength(1);
});

it("a guest is stopped and removed although its volume is lost", async () => {
  const data = volume();
  const guest = guestSpec({ disks: [diskOf(data)] });
  apply([guest], [data]);
  await guestAt(guest, 1, ({ observed }) => observed === "running");
  volumesOf.lose(data.volumeId);
  await fleet.sweep();
  await volumeIs(data, "failed");
  expect(fleet.report(guest.guestId)).toMatchObject({ observed: "running", fault: null });
  apply([{ ...guest, generation: 2, desired: "stopped" }], [data]);
  await guestAt(guest, 2, ({ observed }) => observed === "stopped");
  apply([{ ...guest, generation: 3, desired: "absent" }], [{ ...data, generation: 2, desired: "absent" }]);
  await guestAt(guest, 3, ({ observed }) => observed === "absent");
  await volumeIs(data, "absent");
});
