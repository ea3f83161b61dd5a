/**
 * The simulated hypervisor: guests that are only remembered. Honest, since the portal says so; it obeys the same
 * contract as the real one, and its faults are data that a test or a demonstration sets.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { ConsoleKind, Inventory } from "@madang/core/wire/agent";
import { stopCause } from "@madang/core/wire/guest";
import { z } from "zod";
import type { EnsureOptions, GuestObservation, GuestOrder, HypervisorDriver } from "./driver.ts";
import { guestLocks } from "./guest-lock.ts";
import { openSerialHub, type SerialHub } from "./serial-hub.ts";
import { simulatedScreen } from "./simulated/screen.ts";
import { type SerialLine, serialLine } from "./simulated/serial-line.ts";
import { textStream } from "./text-stream.ts";

export type SimulatedKnobs = {
  /** Added to every change of power, ms. */
  slowMs: number;
  /** The next start fails once, as Unavailable, retry elsewhere. */
  failNextStart: boolean;
  /** While true nothing answers, as when libvirtd is gone; the guests go on. */
  vanish: boolean;
  /** Guests ignore the power button, so that a stop takes the whole grace time. */
  ignorePowerButton: boolean;
};

export type SimulatedOptions = {
  /** Keeps the guests over a restart of the process; without it they end with it. */
  stateFile?: string;
  inventory?: Partial<Inventory>;
  knobs?: Partial<SimulatedKnobs>;
};

export type SimulatedHypervisor = HypervisorDriver & {
  knobs: SimulatedKnobs;
  /** Ends a guest as if its process had been killed. */
  crash(guestId: string): void;
  /** The state behind what the driver reports; null when it has no such guest. */
  inspect(guestId: string): { running: boolean; vcpus: number; ramMib: number; life: string | null } | null;
};

const saved = z.object({
  guestId: z.string(),
  hostname: z.string(),
  running: z.boolean(),
  stopCause: stopCause.nullable(),
  rebootSeq: z.int(),
  vcpus: z.int(),
  ramMib: z.int(),
  /** How often it was started. */
  starts: z.int(),
  log: z.base64(),
});
type Saved = z.infer<typeof saved>;
type Guest = Omit<Saved, "log"> & { line: SerialLine; hub: SerialHub | null };

const defaultInventory: Inventory = {
  vcpus: 32,
  ramMib: 131_072,
  diskGib: 2000,
  cpuModel: "simulated",
  kernel: "simulated",
};
const defaultGraceMs = 30_000;

export function openSimulated(options: SimulatedOptions = {}): SimulatedHypervisor {
  const knobs: SimulatedKnobs = {
    slowMs: 0,
    failNextStart: false,
    vanish: false,
    ignorePowerButton: false,
    ...options.knobs,
  };
  const guests = new Map<string, Guest>();
  const watchers = new Set<(guestId: string) => void>();
  const locks = guestLocks();

  const changed = (guestId: string) => {
    if (options.stateFile) save(options.stateFile, guests);
    for (const watcher of watchers) watcher(guestId);
  };
  const end = (guest: Guest, cause: NonNullable<Saved["stopCause"]>) => {
    if (!guest.running) return;
    Object.assign(guest, { running: false, stopCause: cause });
    guest.line.hangUp();
    changed(guest.guestId);
  };
  const boot = (guest: Guest) => {
    Object.assign(guest, { running: true, stopCause: null, starts: guest.starts + 1 });
    guest.line.boot();
    changed(guest.guestId);
  };
  const add = ({ log, ...state }: Saved): Guest => {
    const inside = {
      hostname: state.hostname,
      powerOff: () => end(guest, "shutdown"),
      reboot: () => guest.line.boot(),
    };
    const guest: Guest = { ...state, line: serialLine(inside, Buffer.from(log, "base64")), hub: null };
    guests.set(guest.guestId, guest);
    return guest;
  };
  const answering = () => {
    if (knobs.vanish) throw unavailable("The simulated hypervisor does not answer.", "later");
  };
  const pause = (ms: number, signal: AbortSignal) =>
    sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());

  const stop = async (guest: Guest, how: EnsureOptions) => {
    if (!guest.running) return;
    await pause(knobs.ignorePowerButton ? (how.shutdownGraceMs ?? defaultGraceMs) : knobs.slowMs, how.signal);
    end(guest, "destroyed");
  };
  const start = async (guest: Guest, order: GuestOrder, how: EnsureOptions) => {
    how.onPhase?.("starting", null);
    await pause(knobs.slowMs, how.signal);
    if (knobs.failNextStart) {
      knobs.failNextStart = false;
      throw unavailable("The simulated hypervisor was told to fail this start.", "elsewhere");
    }
    const { vcpus, ramMib, rebootSeq } = order.spec;
    Object.assign(guest, { vcpus, ramMib, rebootSeq });
    boot(guest);
  };
  const ensure = async (order: GuestOrder, how: EnsureOptions): Promise<GuestObservation> => {
    answering();
    const { spec } = order;
    const guest = guests.get(spec.guestId) ?? add(newGuest(order));
    if (spec.desired === "stopped") {
      if (guest.running) how.onPhase?.("stopping", null);
      await stop(guest, how);
      changed(guest.guestId);
      return observation(guest);
    }
    if (guest.running && guest.rebootSeq < spec.rebootSeq) {
      how.onPhase?.("rebooting", null);
      if (spec.rebootKind === "hard") end(guest, "destroyed");
      else await stop(guest, how);
    }
    if (!guest.running) await start(guest, order, how);
    return observation(guest);
  };
  const find = (guestId: string): Guest => {
    answering();
    const guest = guests.get(guestId);
    if (guest) return guest;
    throw new CloudError("NotFound", "The hypervisor has no such guest.", { reason: "GuestNotFound" });
  };
  const openConsole = async (guestId: string, kind: ConsoleKind) => {
    const guest = find(guestId);
    if (kind === "log") return textStream(guest.line.log);
    if (!guest.running) {
      throw new CloudError("InvalidState", "The guest is not running.", { reason: "GuestState" });
    }
    if (kind === "vnc") return simulatedScreen(guest.hostname);
    guest.hub ??= openSerialHub(guest.line.connect(), guest.line.log, () => {
      guest.hub = null;
    });
    return guest.hub.view();
  };

  for (const state of options.stateFile ? load(options.stateFile) : []) add(state);

  return {
    kind: "simulated",
    knobs,
    capabilities: {
      graphicalConsole: true,
      serialConsole: true,
      consoleLog: true,
      realDisks: false,
      acceleration: "none",
    },
    crash: (guestId) => end(find(guestId), "crashed"),
    inspect(guestId) {
      const guest = guests.get(guestId);
      if (!guest) return null;
      const { running, vcpus, ramMib, starts } = guest;
      return { running, vcpus, ramMib, life: running ? String(starts) : null };
    },
    inventory: async () => ({ ...defaultInventory, ...options.inventory }),
    async list() {
      answering();
      return [...guests.values()].map(observation);
    },
    async observe(guestId) {
      answering();
      const guest = guests.get(guestId);
      return guest ? observation(guest) : null;
    },
    ensure: (order, how) => locks.run(order.spec.guestId, how.signal, () => ensure(order, how)),
    remove: (guestId, signal) =>
      locks.run(guestId, signal, async () => {
        answering();
        const guest = guests.get(guestId);
        if (!guest) return;
        await pause(knobs.slowMs, signal);
        end(guest, "destroyed");
        guests.delete(guestId);
        changed(guestId);
      }),
    console: openConsole,
    watch(onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
    async close() {
      watchers.clear();
      for (const guest of guests.values()) guest.hub?.end();
    },
  };
}

function newGuest({ spec }: GuestOrder): Saved {
  const { guestId, hostname, vcpus, ramMib, rebootSeq } = spec;
  return {
    guestId,
    hostname,
    vcpus,
    ramMib,
    rebootSeq,
    running: false,
    stopCause: "unknown",
    starts: 0,
    log: "",
  };
}

function observation({ guestId, hostname, running, stopCause, rebootSeq }: Guest): GuestObservation {
  return { guestId, name: hostname, observed: running ? "running" : "stopped", stopCause, rebootSeq };
}

function unavailable(message: string, retry: "later" | "elsewhere"): CloudError {
  return new CloudError("Unavailable", message, { reason: "HypervisorUnavailable", retry });
}

/** In one go, so that a guest is on disk before anybody is told of it. */
function save(path: string, guests: Map<string, Guest>): void {
  const all = [...guests.values()].map(({ line, hub: _hub, ...state }) => ({
    ...state,
    log: line.log.subarray(-4096).toString("base64"),
  }));
  writeFileSync(`${path}.new`, JSON.stringify(all), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function load(path: string): Saved[] {
  try {
    return z.array(saved).parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
