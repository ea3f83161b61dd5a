/** A fleet of one hypervisor for tests: its driver is scripted, its memory is real, and it can be started anew. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation } from "@madang/drivers/hypervisor/driver";
import PQueue from "p-queue";
import { pino } from "pino";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { createFleet, type Fleet, type FleetDeps } from "../converge/fleet.ts";
import { type GuestMemory, openMemory } from "../converge/memory.ts";
import { noPorts } from "../converge/ports.ts";
import { noDisks } from "../storage/disks.ts";
import { guestId, scriptedDriver } from "./scripted-driver.ts";

const bootId = crypto.randomUUID();
const patience = { timeout: 30_000, interval: 5 };

/** Retries until it throws no more. */
export const soon = (check: () => unknown) => vi.waitFor(check, patience);

type Bench = {
  directory: string;
  driver: ReturnType<typeof scriptedDriver>;
  memory: GuestMemory;
  fleet: Fleet;
};

/** One for each test of the file. */
export function useFleet() {
  const bench: Bench = Object.create(null);
  beforeEach(async () => {
    bench.directory = await mkdtemp(join(tmpdir(), "madang-guest-"));
    bench.driver = scriptedDriver();
    bench.memory = await openMemory(bench.directory);
    bench.fleet = start();
  });
  afterEach(async () => {
    await bench.fleet.stop();
    await rm(bench.directory, { recursive: true });
  });

  const start = (change: Partial<FleetDeps> = {}) =>
    createFleet({
      driver: bench.driver,
      memory: bench.memory,
      bootId,
      log: pino({ level: "silent" }),
      booting: new PQueue({ concurrency: 2 }),
      image: async () => null,
      imagePath: () => null,
      userData: async () => new Uint8Array(),
      ports: noPorts(true),
      disks: noDisks(),
      onChange: () => {},
      onOrphans: () => {},
      ...change,
    });
  const orderAll = (guests: GuestSpec[], orphans: string[]) =>
    bench.fleet.apply({
      revision: crypto.randomUUID(),
      hypervisorId: crypto.randomUUID(),
      guests,
      consoles: [],
      orphanOrders: orphans.map((id) => ({ guestId: id, action: "destroy" })),
    });
  const seen = async (): Promise<GuestObservation> => {
    const guest = await bench.driver.observe(guestId);
    if (!guest) throw new Error("no guest");
    return guest;
  };
  return Object.assign(bench, {
    start,
    orderAll,
    order: (...guests: GuestSpec[]) => orderAll(guests, []),
    seen,
    /** As the hypervisor would show it after somebody ended it there. */
    die: async () => {
      bench.driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "destroyed" });
      await bench.fleet.sweep();
    },
    /** A new agent, in this boot of the host or another. */
    restart: async (inBoot = bootId, change: Partial<FleetDeps> = {}) => {
      await bench.fleet.stop();
      bench.memory = await openMemory(bench.directory);
      bench.fleet = start({ bootId: inBoot, ...change });
    },
    reported: (expected: Partial<GuestReport>) =>
      soon(() => expect(bench.fleet.report(guestId)).toMatchObject(expected)),
  });
}
