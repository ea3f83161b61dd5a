/**
 * The simulated hypervisor: guests that are only remembered. Honest, since the portal says so; it obeys the same
 * contract as the real one, and its faults are data that a test or a demonstration sets.
 */
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudError, type PublicError } from "@madang/core/errors";
import type { Capabilities, ConsoleKind, Inventory } from "@madang/core/wire/agent";
import { bodyOf } from "@madang/core/wire/guest";
import {
  architectures,
  diskBuses,
  firmwares,
  media,
  nicModels,
  videoModels,
} from "@madang/core/wire/hardware";
import { requireBootable } from "./boot.ts";
import type {
  EnsureOptions,
  GuestObservation,
  GuestOrder,
  HypervisorDriver,
  ObservedDisk,
} from "./driver.ts";
import { guestLocks } from "./guest-lock.ts";
import { openSerialHub } from "./serial-hub.ts";
import {
  observationOf,
  type SimulatedGuest,
  type SimulatedGuests,
  simulatedGuests,
} from "./simulated/guests.ts";
import { simulatedRootCopies } from "./simulated/root-copies.ts";
import { sampleSimulated } from "./simulated/sample.ts";
import { simulatedScreen } from "./simulated/screen.ts";
import { textStream } from "./text-stream.ts";

export type SimulatedKnobs = {
  /** Added to every change of power, ms. */
  slowMs: number;
  /** The next start fails once, with this advice on trying again. */
  failNextStart: PublicError["retry"] | null;
  /** While true nothing answers, as when libvirtd is gone; the guests go on. */
  vanish: boolean;
  /** Guests ignore the power button, so that a stop takes the whole grace time. */
  ignorePowerButton: boolean;
  /** Running guests never let go of a disk. */
  holdDisks: boolean;
  /** Every guest dies this long after each of its starts, ms; null: none does. */
  crashAfterMs: number | null;
};

export type SimulatedOptions = {
  /** Keeps the guests over a restart of the process; without it they end with it. */
  stateFile?: string;
  inventory?: Partial<Inventory>;
  knobs?: Partial<SimulatedKnobs>;
};

export type SimulatedHypervisor = HypervisorDriver & {
  knobs: SimulatedKnobs;
  /** The ids of its guests, also while it answers nothing. */
  guests(): string[];
  /** Ends a guest as if its process had been killed. */
  crash(guestId: string): void;
  /** The guest's disk is gone, as if somebody had deleted its file. */
  loseDisk(guestId: string): void;
  /**
   * Every guest ends in one moment and nobody is told. This driver does nothing any more, not even what was under way;
   * a new one with the same state file is the machine after its next boot.
   */
  losePower(): void;
  /** The state behind what the driver reports; null when it has no such guest. */
  inspect(guestId: string): { running: boolean; vcpus: number; ramMib: number; life: string | null } | null;
};

const defaultInventory: Inventory = {
  vcpus: 32,
  ramMib: 131_072,
  diskGib: 2000,
  cpuModel: "simulated",
  kernel: "simulated",
};
const capabilities: Capabilities = {
  graphicalConsole: true,
  serialConsole: true,
  consoleLog: true,
  realDisks: false,
  acceleration: "none",
  bootsFromVolume: true,
  metrics: true,
  // Nothing runs here, so nothing is lacking; what it was asked for is remembered with the guest.
  hardware: {
    diskBus: [...diskBuses],
    nicModel: [...nicModels],
    videoModel: [...videoModels],
    firmware: [...firmwares],
    architecture: [...architectures],
    medium: [...media],
    bootMenu: ["yes", "no"],
    guestAgent: ["yes", "no"],
  },
};
const defaultGraceMs = 30_000;

const noFaults: SimulatedKnobs = {
  slowMs: 0,
  failNextStart: null,
  vanish: false,
  ignorePowerButton: false,
  holdDisks: false,
  crashAfterMs: null,
};

type Deps = { knobs: SimulatedKnobs; guests: SimulatedGuests; powered: boolean };

export function openSimulated(options: SimulatedOptions = {}): SimulatedHypervisor {
  const watchers = new Set<(guestId: string) => void>();
  const guests = simulatedGuests(options.stateFile ?? null, (guestId) => {
    for (const watcher of watchers) watcher(guestId);
  });
  const deps: Deps = { knobs: { ...noFaults, ...options.knobs }, guests, powered: true };
  const locks = guestLocks();
  return {
    kind: "simulated",
    knobs: deps.knobs,
    capabilities,
    liveDisks: null,
    rootCopies: simulatedRootCopies(guests, (guestId) => find(answering(deps), guestId)),
    guests: () => guests.all().map(({ guestId }) => guestId),
    crash: (guestId) => guests.end(find(deps, guestId), "crashed"),
    loseDisk: (guestId) => guests.loseDisk(find(deps, guestId)),
    losePower() {
      deps.powered = false;
      watchers.clear();
      for (const guest of guests.all()) guests.end(guest, "unknown");
    },
    inspect: (guestId) => inspect(guests.get(guestId)),
    inventory: async () => ({ ...defaultInventory, ...options.inventory }),
    list: async () => answering(deps).guests.all().map(observationOf),
    async observe(guestId) {
      const guest = answering(deps).guests.get(guestId);
      return guest ? observationOf(guest) : null;
    },
    sample: async () => sampleSimulated(answering(deps).guests.all()),
    ensure: (order, how) =>
      locks.run(order.spec.guestId, how.signal, () => ensure(answering(deps), order, how)),
    remove: (guestId, signal) => locks.run(guestId, signal, () => remove(answering(deps), guestId, signal)),
    describe: async (guestId) => answering(deps).guests.get(guestId)?.body ?? null,
    evict: (guestId, signal) => locks.run(guestId, signal, () => remove(answering(deps), guestId, signal)),
    console: async (guestId, kind) => openConsole(find(answering(deps), guestId), kind),
    watch(onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
    async close() {
      watchers.clear();
      for (const guest of guests.all()) guest.hub?.end();
    },
  };
}

async function ensure(deps: Deps, order: GuestOrder, how: EnsureOptions): Promise<GuestObservation> {
  const { spec } = order;
  const guest = deps.guests.get(spec.guestId) ?? deps.guests.add(order);
  deps.guests.keep(guest, bodyOf(spec));
  if (spec.desired === "stopped") {
    if (guest.running) how.onPhase?.("stopping", null);
    await stop(deps, guest, how);
    requireDisk(guest);
    plug(deps, guest, order);
    return observationOf(guest);
  }
  if (guest.running && guest.rebootSeq < spec.rebootSeq) {
    how.onPhase?.("rebooting", null);
    if (spec.rebootKind === "hard") deps.guests.end(guest, "destroyed");
    else await stop(deps, guest, how);
  }
  if (!guest.running) await start(deps, guest, order, how);
  plug(deps, guest, order);
  return observationOf(guest);
}

/** What a running guest is asked to let go of it keeps while it was told not to. */
function plug({ guests, knobs }: Deps, guest: SimulatedGuest, { disks }: GuestOrder): void {
  if (!disks) return;
  const isWanted = ({ attachmentId }: ObservedDisk) => disks.some((one) => one.attachmentId === attachmentId);
  const held = guest.running && knobs.holdDisks ? guest.disks.filter((disk) => !isWanted(disk)) : [];
  guests.plug(guest, [...disks, ...held]);
  const [first] = held;
  if (first)
    throw new CloudError("Unavailable", "The guest has not let go of a volume yet.", {
      reason: "DiskHeld",
      params: { volumeId: first.volumeId },
      retry: "later",
    });
}

async function start(
  deps: Deps,
  guest: SimulatedGuest,
  order: GuestOrder,
  how: EnsureOptions,
): Promise<void> {
  const { spec } = order;
  requireBootable(order);
  requireDisk(guest);
  how.onPhase?.("starting", null);
  await pause(deps, deps.knobs.slowMs, how.signal);
  const retry = deps.knobs.failNextStart;
  if (retry) {
    deps.knobs.failNextStart = null;
    throw unavailable("The simulated hypervisor was told to fail this start.", retry);
  }
  const { vcpus, ramMib, rebootSeq } = spec;
  Object.assign(guest, { vcpus, ramMib, rebootSeq });
  deps.guests.boot(guest);
  crashLater(deps, guest);
}

async function stop(deps: Deps, guest: SimulatedGuest, how: EnsureOptions): Promise<void> {
  if (!guest.running) return;
  const { ignorePowerButton, slowMs } = deps.knobs;
  await pause(deps, ignorePowerButton ? (how.shutdownGraceMs ?? defaultGraceMs) : slowMs, how.signal);
  deps.guests.end(guest, "destroyed");
}

async function remove(deps: Deps, guestId: string, signal: AbortSignal): Promise<void> {
  const guest = deps.guests.get(guestId);
  if (!guest) return;
  await pause(deps, deps.knobs.slowMs, signal);
  deps.guests.end(guest, "destroyed");
  deps.guests.remove(guestId);
}

function crashLater({ knobs, guests }: Deps, guest: SimulatedGuest): void {
  if (knobs.crashAfterMs === null) return;
  const life = guest.starts;
  const die = () => {
    if (guests.get(guest.guestId) === guest && guest.starts === life) guests.end(guest, "crashed");
  };
  setTimeout(die, knobs.crashAfterMs).unref();
}

/** As the real one: what is lost is told, and nothing is put in its place. */
function requireDisk(guest: SimulatedGuest): void {
  if (!guest.diskLost) return;
  throw new CloudError(
    "InvalidState",
    "The guest's root disk is gone from its hypervisor; nothing was put in its place.",
    { reason: "DiskLost", retry: "never" },
  );
}

function openConsole(guest: SimulatedGuest, kind: ConsoleKind): Duplex {
  if (kind === "log") return textStream(guest.line.log);
  if (!guest.running)
    throw new CloudError("InvalidState", "The guest is not running.", { reason: "GuestState" });
  if (kind === "vnc") return simulatedScreen(guest.hostname);
  guest.hub ??= openSerialHub(guest.line.connect(), guest.line.log, () => {
    guest.hub = null;
  });
  return guest.hub.view();
}

function find({ guests }: Deps, guestId: string): SimulatedGuest {
  const guest = guests.get(guestId);
  if (guest) return guest;
  throw new CloudError("NotFound", "The hypervisor has no such guest.", { reason: "GuestNotFound" });
}

function inspect(guest: SimulatedGuest | undefined) {
  if (!guest) return null;
  const { running, vcpus, ramMib, starts } = guest;
  return { running, vcpus, ramMib, life: running ? String(starts) : null };
}

function answering(deps: Deps): Deps {
  if (deps.knobs.vanish || !deps.powered)
    throw unavailable("The simulated hypervisor does not answer.", "later");
  return deps;
}

/** What was waiting when the power went does not go on. */
async function pause(deps: Deps, ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  if (!deps.powered) answering(deps);
}

function unavailable(message: string, retry: PublicError["retry"]): CloudError {
  return new CloudError("Unavailable", message, { reason: "HypervisorUnavailable", retry });
}
