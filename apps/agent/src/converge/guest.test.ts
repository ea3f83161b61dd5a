import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation } from "@madang/drivers/hypervisor/driver";
import PQueue from "p-queue";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { noDisks } from "../storage/disks.ts";
import { broken, guestId, scriptedDriver, spec } from "../testing/scripted-driver.ts";
import { createFleet, type Fleet, type FleetDeps } from "./fleet.ts";
import { type GuestMemory, openMemory } from "./memory.ts";
import { noPorts } from "./ports.ts";

const bootId = crypto.randomUUID();

let directory: string;
let driver: ReturnType<typeof scriptedDriver>;
let memory: GuestMemory;
let fleet: Fleet;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "madang-guest-"));
  driver = scriptedDriver();
  memory = await openMemory(directory);
  fleet = start();
});
afterEach(async () => {
  await fleet.stop();
  await rm(directory, { recursive: true });
});

function start(change: Partial<FleetDeps> = {}): Fleet {
  return createFleet({
    driver,
    memory,
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
}

const order = (...guests: GuestSpec[]) => orderAll(guests, []);
const orderAll = (guests: GuestSpec[], orphans: string[]) =>
  fleet.apply({
    revision: crypto.randomUUID(),
    hypervisorId: crypto.randomUUID(),
    guests,
    consoles: [],
    orphanOrders: orphans.map((id) => ({ guestId: id, action: "destroy" })),
  });
/** As the hypervisor would show it after somebody ended it there. */
const die = async () => {
  driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "destroyed" });
  await fleet.sweep();
};
/** A new agent, in this boot of the host or another. */
const restart = async (inBoot = bootId, change: Partial<FleetDeps> = {}) => {
  await fleet.stop();
  memory = await openMemory(directory);
  fleet = start({ bootId: inBoot, ...change });
};
const reported = (expected: Partial<GuestReport>) =>
  vi.waitFor(() => expect(fleet.report(guestId)).toMatchObject(expected), { timeout: 30_000, interval: 5 });

describe("a guest", () => {
  it("is started, acknowledged, stopped and removed", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running", phase: null, fault: null });
    order(spec({ generation: 2, desired: "stopped" }));
    await reported({ generation: 2, observed: "stopped", stopCause: "destroyed" });
    order(spec({ generation: 3, desired: "absent" }));
    await reported({ generation: 3, observed: "absent" });
    expect(driver.calls).toEqual(["ensure running", "ensure stopped", "remove"]);
  });

  it("is not acknowledged while the attempt is under way", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running" });
    const held = Promise.withResolvers<void>();
    driver.during = () => held.promise;
    order(spec({ generation: 2, desired: "stopped" }));
    await vi.waitFor(() => expect(driver.calls).toContain("ensure stopped"));
    expect(fleet.report(guestId)).toMatchObject({ generation: 1, observed: "running" });
    held.resolve();
    await reported({ generation: 2, observed: "stopped" });
  });

  it("is let go at once when the newest order says absent", async () => {
    const started = Promise.withResolvers<AbortSignal>();
    driver.during = (_order, signal) => {
      started.resolve(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    };
    order(spec());
    const signal = await started.promise;
    order(spec({ generation: 2, desired: "absent" }));
    await reported({ generation: 2, observed: "absent", fault: null });
    expect(signal.aborted).toBe(true);
    expect(driver.calls).toEqual(["ensure running", "remove"]);
  });

  it("ignores an order older than it has", async () => {
    order(spec({ generation: 5 }));
    await reported({ generation: 5, observed: "running" });
    order(spec({ generation: 4, desired: "absent" }));
    await fleet.sweep();
    await reported({ generation: 5, observed: "running" });
    expect(driver.calls).not.toContain("remove");
  });

  it("that powered itself off stays off, also for a new agent, until a newer order", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running" });
    driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "shutdown" });
    await fleet.sweep();
    await reported({ generation: 1, observed: "stopped", stopCause: "shutdown" });
    await fleet.stop();
    memory = await openMemory(directory);
    fleet = start();
    order(spec());
    await reported({ generation: 1, observed: "stopped", stopCause: "shutdown" });
    expect(driver.calls).toEqual(["ensure running"]);
    order(spec({ generation: 2 }));
    await reported({ generation: 2, observed: "running" });
  });

  it("is not spoken of by a new agent before it was seen", async () => {
    order(spec());
    await reported({ generation: 1, observed: "running" });
    await fleet.stop();
    const held = Promise.withResolvers<void>();
    const observe = driver.observe;
    driver.observe = async (id) => {
      await held.promise;
      return observe(id);
    };
    memory = await openMemory(directory);
    fleet = start();
    order(spec());
    expect(fleet.reports()).toEqual([]);
    held.resolve();
    await reported({ generation: 1, observed: "running" });
  });

  it("that crashed is started again", async () => {
    order(spec());
    await reported({ observed: "running" });
    driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "crashed" });
    await fleet.sweep();
    await vi.waitFor(() => expect(driver.calls).toEqual(["ensure running", "ensure running"]));
    await reported({ observed: "running" });
  });

  it("is started again after a drain, though it shut down by itself then", async () => {
    order(spec());
    await reported({ observed: "running" });
    await fleet.stop();
    await memory.forgetRunning();
    driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "shutdown" });
    memory = await openMemory(directory);
    fleet = start();
    order(spec());
    await reported({ generation: 1, observed: "running" });
  });

  it("that keeps dying is started at once, then with back-off, and says why it is not there", async () => {
    order(spec());
    await reported({ observed: "running" });
    await die();
    await vi.waitFor(() => expect(driver.calls).toEqual(["ensure running", "ensure running"]));
    await reported({ observed: "running", fault: null });
    await die();
    await reported({
      observed: "stopped",
      fault: expect.objectContaining({
        reason: "guestKeepsDying",
        retry: "later",
        params: { deaths: 2, seconds: expect.any(Number) },
      }),
    });
    expect(driver.calls).toHaveLength(2);
    await reported({ observed: "running", fault: null });
    expect(driver.calls).toHaveLength(3);
  });

  it("that died waits no longer once it is ordered anew", async () => {
    order(spec());
    await reported({ observed: "running" });
    await die();
    await vi.waitFor(() => expect(driver.calls).toHaveLength(2));
    await reported({ observed: "running" });
    await die();
    await reported({ observed: "stopped", fault: expect.objectContaining({ reason: "guestKeepsDying" }) });
    order(spec({ generation: 2 }));
    await reported({ generation: 2, observed: "running", fault: null });
  });

  it("that is to be left when it dies stays off, also for a new agent, until a newer order", async () => {
    order(spec({ crashPolicy: "stop" }));
    await reported({ observed: "running" });
    await die();
    await reported({ generation: 1, observed: "stopped", stopCause: "destroyed", fault: null });
    await restart();
    order(spec({ crashPolicy: "stop" }));
    await reported({ generation: 1, observed: "stopped", stopCause: "destroyed" });
    expect(driver.calls).toEqual(["ensure running"]);
    order(spec({ generation: 2, crashPolicy: "stop" }));
    await reported({ generation: 2, observed: "running" });
  });

  it("that is to be left when it dies is started again after a boot of the host, and never looks dead", async () => {
    order(spec({ crashPolicy: "stop" }));
    await reported({ observed: "running" });
    await fleet.stop();
    driver.guests.set(guestId, { ...(await seen()), observed: "stopped", stopCause: "unknown" });
    const said: (GuestReport | null)[] = [];
    await restart(crypto.randomUUID(), { onChange: () => said.push(fleet.report(guestId)) });
    order(spec({ crashPolicy: "stop" }));
    await reported({ generation: 1, observed: "running" });
    expect(said.filter((report) => report?.observed === "stopped")).toEqual([]);
  });

  it("tells the driver when it was here before, so that what is missing is known to be lost", async () => {
    const made: boolean[] = [];
    driver.during = async (asked) => void made.push(asked.made);
    order(spec());
    await reported({ observed: "running" });
    driver.guests.delete(guestId);
    await restart();
    order(spec());
    await reported({ observed: "running" });
    order(spec({ generation: 2, desired: "absent" }));
    await reported({ generation: 2, observed: "absent" });
    order(spec({ generation: 3 }));
    await reported({ generation: 3, observed: "running" });
    expect(made).toEqual([false, true, false]);
  });
});

describe("an orphan", () => {
  const orphaned = async () => {
    order(spec({ generation: 7 }));
    await reported({ observed: "running" });
    order();
    await vi.waitFor(() => expect(fleet.orphans()).toHaveLength(1));
  };

  it("is left alone and reported with what is known of it, beyond all that was ever acknowledged", async () => {
    await orphaned();
    expect(driver.calls).toEqual(["ensure running"]);
    expect(fleet.orphans()).toMatchObject([
      { guestId, name: "one", observed: "running", fault: null, body: { hostname: "one", generation: 7 } },
    ]);
    expect(fleet.reports()).toEqual([]);
  });

  it("is nobody before a snapshot came, however often was looked", async () => {
    order(spec());
    await reported({ observed: "running" });
    await restart();
    await fleet.sweep();
    expect(fleet.orphans()).toBeNull();
    order(spec());
    await vi.waitFor(() => expect(fleet.orphans()).toEqual([]));
  });

  it("is destroyed on order, and only then", async () => {
    await orphaned();
    orderAll([], [guestId]);
    await vi.waitFor(() => expect(fleet.orphans()).toEqual([]));
    expect(driver.calls).toEqual(["ensure running", "evict"]);
    expect(memory.get(guestId).ackedGeneration).toBeNull();
  });

  it("is not destroyed when a snapshot names it, whatever else is ordered", async () => {
    await orphaned();
    orderAll([spec({ generation: 8 })], [guestId]);
    await reported({ generation: 8, observed: "running" });
    await fleet.sweep();
    expect(driver.calls).not.toContain("evict");
    expect(fleet.orphans()).toEqual([]);
  });

  it("that could not be destroyed says why, and is tried again", async () => {
    await orphaned();
    let failures = 1;
    driver.evicting = () => (failures-- > 0 ? Promise.reject(broken("later")) : Promise.resolve());
    orderAll([], [guestId]);
    await vi.waitFor(() => expect(fleet.orphans()).toMatchObject([{ fault: { reason: "guestStart" } }]));
    await vi.waitFor(
      async () => {
        await fleet.sweep();
        expect(fleet.orphans()).toEqual([]);
      },
      { timeout: 30_000 },
    );
    expect(driver.calls.filter((call) => call === "evict")).toHaveLength(2);
  });
});

describe("a guest that fails", () => {
  it("for ever is tried once an order, reported as failed, and believed when it comes right by hand", async () => {
    driver.during = () => Promise.reject(broken("never"));
    order(spec());
    await reported({
      generation: 1,
      observed: "failed",
      fault: expect.objectContaining({ reason: "guestStart" }),
    });
    await fleet.sweep();
    expect(driver.calls).toEqual(["ensure running"]);
    driver.guests.set(guestId, { guestId, name: "one", observed: "running", stopCause: null, rebootSeq: 0 });
    await fleet.sweep();
    await reported({ observed: "running", fault: null });
    driver.during = async () => {};
    order(spec({ generation: 2 }));
    await reported({ generation: 2, observed: "running", fault: null });
  });

  it("for now is tried again with back-off, and acknowledges nothing until then", async () => {
    let failures = 2;
    driver.during = () => (failures-- > 0 ? Promise.reject(broken("later")) : Promise.resolve());
    order(spec({ generation: 7 }));
    await reported({ fault: expect.objectContaining({ retry: "later" }) });
    expect(fleet.report(guestId)?.generation).toBe(1);
    await reported({ generation: 7, observed: "running", fault: null });
    expect(driver.calls).toEqual(["ensure running", "ensure running", "ensure running"]);
  });

  it("is tried at once on a newer order, whatever the back-off", async () => {
    driver.during = () => Promise.reject(broken("elsewhere"));
    order(spec());
    await reported({ generation: 1, observed: "failed" });
    order(spec({ generation: 2, desired: "absent" }));
    await reported({ generation: 2, observed: "absent", fault: null });
  });
});

describe("material", () => {
  it("is not needed to stop a guest that is there", async () => {
    order(spec());
    await reported({ observed: "running" });
    await fleet.stop();
    const unreachable = () => Promise.reject(new CloudError("Unavailable", "no", { retry: "later" }));
    fleet = start({ image: unreachable, userData: unreachable });
    order(spec({ generation: 2, desired: "stopped", userDataSha256: "b".repeat(64) }));
    await reported({ generation: 2, observed: "stopped", fault: null });
  });

  it("is fetched before a guest is made, and its progress told", async () => {
    await fleet.stop();
    const held = Promise.withResolvers<string>();
    fleet = start({
      image: (_spec, onPercent) => {
        onPercent(41.6);
        return held.promise;
      },
    });
    order(spec());
    await reported({ phase: "fetching-image", percent: 42 });
    expect(driver.calls).toEqual([]);
    held.resolve("/images/a");
    await reported({ observed: "running", phase: null, percent: null });
  });

  it("never has more guests starting than allowed", async () => {
    await fleet.stop();
    let now = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    driver.during = async () => {
      most = Math.max(most, ++now);
      await gate.promise;
      now--;
    };
    fleet = start({ booting: new PQueue({ concurrency: 3 }) });
    const specs = Array.from({ length: 10 }, () => spec({ guestId: crypto.randomUUID() }));
    order(...specs);
    await vi.waitFor(() => expect(now).toBe(3));
    gate.resolve();
    await vi.waitFor(() =>
      expect(fleet.reports().every(({ observed }) => observed === "running")).toBe(true),
    );
    expect(most).toBe(3);
  });
});

async function seen(): Promise<GuestObservation> {
  const guest = await driver.observe(guestId);
  if (!guest) throw new Error("no guest");
  return guest;
}
