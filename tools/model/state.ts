/**
 * One state of the model: the rows of PostgreSQL, the hosts with what runs on them, what agents know, and the mail in
 * between. Parts are immutable and shared: each distinct one is kept once and has a number, and a state's key is the
 * numbers of its parts.
 */
import type { CrashPolicy, GuestDesired, GuestObserved, StopCause } from "@madang/core/wire/guest";

export type Retry = "never" | "later" | "elsewhere";
export type Power = "running" | "stopped";

/** Instance and guests as the tables have them. A guest's id is its place in `State.guests`. */
export type InstanceRow = {
  phase: "none" | "live" | "gone";
  power: Power;
  generation: number;
  rebootSeq: number;
  crashPolicy: CrashPolicy;
  deleteRequested: boolean;
  force: "none" | "asked" | "overdue";
  resetRequested: boolean;
  adopts: boolean;
  selfStoppedAt: number | null;
  launched: boolean;
  fault: Retry | null;
  observedGeneration: number;
  active: number | null;
  /** Hosts that failed to build it, a bit each. */
  excluded: number;
  /** Its deadline, and the patience after it, are over. */
  overdue: boolean;
  /** So many guest ids were given out. */
  used: number;
  /** The last generation that a guest was told whose row went without an answer. */
  leftGeneration: number;
  /** Where its port and its volume are bound now, and whether something was asked of them that is not yet done. */
  bound: readonly (number | null)[];
  asked: readonly boolean[];
};

export type GuestRow = {
  host: number;
  desired: GuestDesired;
  instanceGeneration: number;
  rebootSeq: number;
  generation: number;
  lost: boolean;
  observed: GuestObserved;
  ackedGeneration: number;
  observedRebootSeq: number;
  stopCause: StopCause | null;
  fault: Retry | null;
};

/** The hypervisor's row. Runs of its agent and boots are numbered; 0 is none. */
export type HostRow = {
  boot: number;
  run: number;
  sequence: number;
  /** Its last sign of life is fresh. */
  fresh: boolean;
  fenceRequested: boolean;
  seenSince: boolean;
  /** The boot that was fenced, or null. */
  fencedBoot: number | null;
  /** Guests that its last report called orphans, a bit each. */
  orphans: number;
};

export type Spec = { guest: number; desired: GuestDesired; generation: number; rebootSeq: number };

/** The host itself and the agent's process on it. */
export type Machine = {
  on: boolean;
  partitioned: boolean;
  boot: number;
  run: number;
  /** The saved snapshot, and the boot in which it was fetched; 0 where there is none. */
  specs: readonly Spec[];
  fetchedIn: number;
};

/** A guest as it really is on a host, and what the agent remembers of it. */
export type Body = {
  there: "none" | "stopped" | "running";
  stopCause: StopCause | null;
  rebootSeq: number;
  ranGeneration: number | null;
  ranBoot: number | null;
  acked: number | null;
  /** In this run of the agent. */
  ensured: number | null;
  fault: Retry | null;
  givenUpAt: number | null;
  /** Its row went without an answer, by a fence or by force: what is left of it is an orphan. */
  left: boolean;
};

export type Said = {
  guest: number;
  generation: number;
  observed: GuestObserved;
  stopCause: StopCause | null;
  rebootSeq: number;
  fault: Retry | null;
};

export type Report = {
  boot: number;
  run: number;
  sequence: number;
  /** Its hypervisor's row is written, its guests' are not yet. */
  taken: boolean;
  orphans: number;
  guests: readonly Said[];
};

/** What a second controller decided on a view that may be old by now. */
export type Held = {
  kind: string;
  generation: number;
  guest: number | null;
  guestGeneration: number;
  host: number | null;
  desired: GuestDesired | null;
};

export type Budget = {
  wishes: number;
  deletes: number;
  resets: number;
  forces: number;
  powerLosses: number;
  partitions: number;
  fences: number;
  restarts: number;
  failures: number;
  selfStops: number;
  crashes: number;
  duplicates: number;
  slowIngests: number;
  emptySnapshots: number;
  stalePlans: number;
  deadlines: number;
  silences: number;
  slowPasses: number;
};

/** What the binder has read and decided, and has not yet done. `current`: nobody has asked anew since. */
export type Reading = { index: number; to: number | null; current: boolean };

/** What only the observer of the model knows. */
export type Ghost = {
  held: Held | null;
  reading: Reading | null;
  /** The guest went off by itself, or died where that is final, since it was last asked to run. */
  mayBeOff: boolean;
};

export type State = {
  instance: InstanceRow;
  guests: readonly (GuestRow | null)[];
  rows: readonly HostRow[];
  machines: readonly Machine[];
  /** By host, then by guest. */
  bodies: readonly (readonly Body[])[];
  mail: readonly (readonly Report[])[];
  budget: Budget;
  ghost: Ghost;
};

export const noBody: Body = {
  there: "none",
  stopCause: null,
  rebootSeq: 0,
  ranGeneration: null,
  ranBoot: null,
  acked: null,
  ensured: null,
  fault: null,
  givenUpAt: null,
  left: false,
};

export function replaced<T>(list: readonly T[], index: number, value: T): T[] {
  const next = list.slice();
  next[index] = value;
  return next;
}

/** The element that must be there. */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`the model has no ${index}`);
  return value;
}
