/**
 * What to do next for one instance: first match wins, one step a pass, called again until it waits or is done. Pure:
 * it sees rows and answers a step, and knows neither clock nor database. The rules it keeps, and what breaks without
 * them, are in ARCHITECTURE.md: an acknowledgement counts only at the guest's current generation, a new guest waits
 * until no other guest row is left, and only an explicit `absent` destroys.
 */
import type { PublicError } from "@madang/core/errors";
import { wantedPower } from "@madang/core/instance/status";
import type { CrashPolicy, GuestDesired, GuestObserved, RebootKind } from "@madang/core/wire/guest";

/** After this many hypervisors failed to build an instance it is an ERROR, as in Nova. */
const buildAttempts = 3;

export type GuestFacts = {
  id: string;
  hypervisorId: string;
  desired: GuestDesired;
  instanceGeneration: number;
  rebootSeq: number;
  rebootKind: RebootKind;
  generation: number;
  /** Fenced with its host; or to be deleted on one that was revoked. */
  lost: boolean;
  /** Its hypervisor answers. */
  reachable: boolean;
  observed: GuestObserved;
  ackedGeneration: number;
  observedRebootSeq: number;
  stopCause: string | null;
  phase: string | null;
  percent: number | null;
  fault: PublicError | null;
  /** Volumes that it has as disks; null: its agent is from before volumes. */
  disks: readonly string[] | null;
  /** Its hypervisor was revoked: it will never say anything any more. */
  silenced: boolean;
};

export type InstanceFacts = {
  id: string;
  power: "running" | "stopped";
  generation: number;
  rebootSeq: number;
  rebootKind: RebootKind;
  crashPolicy: CrashPolicy;
  deleteRequested: boolean;
  /** Deleted, but still to be had back: it is off until then. */
  softDeleted: boolean;
  /** An administrator's word that the deletion need not wait for answers; `overdue` once it has waited long enough. */
  force: "none" | "asked" | "overdue";
  /** An administrator's reset that was not yet carried out. */
  resetRequested: boolean;
  /** It is made for a guest that a hypervisor already has. */
  adopts: boolean;
  selfStoppedAt: number | null;
  launched: boolean;
  fault: PublicError | null;
  observedGeneration: number;
  activeGuestId: string | null;
  excludedHypervisors: readonly string[];
  /** The time for a first build is over: a fault that was worth waiting for no longer is. */
  overdue: boolean;
};

/**
 * Something a guest needs before it may run (a port, a volume), and the hypervisor that it is bound or exported to now.
 * Whoever moves it must keep to this: it is bound to one hypervisor at a time, and taken away from one only when the
 * instance has no guest row left there.
 */
export type ReadinessFact = {
  condition: string;
  hypervisorId: string | null;
  /** Why it never will be. */
  fault?: PublicError;
  /** Why it is not yet, though that may pass. */
  trouble?: PublicError | undefined;
  /** Where it will be is not known yet, and the instance goes there. */
  saysWhere?: boolean;
};

export type InstancePlanView = {
  instance: InstanceFacts;
  guests: readonly GuestFacts[];
  readiness: readonly ReadinessFact[];
  /** Its volumes: those that are somewhere it can't leave. */
  disks: readonly { hypervisorId: string | null }[];
};

export type GuestOrder = Pick<GuestFacts, "desired" | "instanceGeneration" | "rebootSeq" | "rebootKind">;

export type InstanceStep =
  | { kind: "drop-guest"; guest: GuestFacts }
  | { kind: "remove-guests"; guests: readonly GuestFacts[] }
  | { kind: "delete-instance" }
  | { kind: "place" }
  | { kind: "adopt" }
  | { kind: "update-guest"; guest: GuestFacts; order: GuestOrder }
  | { kind: "give-up"; guest: GuestFacts; fault: PublicError }
  | { kind: "fail"; fault: PublicError }
  | { kind: "clear-fault" }
  | { kind: "reset" }
  | { kind: "mark-launched"; guest: GuestFacts }
  | { kind: "record-self-stop"; guest: GuestFacts }
  | { kind: "record-crash-stop"; guest: GuestFacts }
  | { kind: "settle" }
  | { kind: "wait"; for: "guest" | "removal" | "readiness" }
  | { kind: "done" };

export function planInstance(view: InstancePlanView): InstanceStep {
  const { instance } = view;
  const gone = view.guests.find((guest) => isGone(guest) || isForcedOut(instance, guest));
  if (gone) return { kind: "drop-guest", guest: gone };
  if (instance.deleteRequested) return clear(view, lastOf(view));
  if (instance.resetRequested) return { kind: "reset" };
  if (instance.fault) return planFailed(view, instance);
  const guest = activeGuest(view);
  if (!guest) return planBodiless(view);
  return guest.desired === "hold" ? planHeld(view, guest) : planGuest(view, guest);
}

export function activeGuest(view: InstancePlanView): GuestFacts | null {
  return (
    view.guests.find((guest) => guest.id === view.instance.activeGuestId && guest.desired !== "absent") ??
    null
  );
}

const isAcked = (guest: GuestFacts) => guest.ackedGeneration === guest.generation;
const isGone = (guest: GuestFacts) =>
  guest.lost || (guest.desired === "absent" && guest.observed === "absent" && isAcked(guest));

/** By force a guest goes without an answer where none is to be had; whatever is left shows up as an orphan. */
function isForcedOut({ force }: InstanceFacts, guest: GuestFacts): boolean {
  if (force === "none" || guest.desired !== "absent") return false;
  return force === "overdue" || !guest.reachable || (guest.fault !== null && isAcked(guest));
}

/** The guest powered itself off after it ran under the current order. */
const isSelfStopped = (guest: GuestFacts) =>
  guest.desired === "running" &&
  guest.observed === "stopped" &&
  guest.stopCause === "shutdown" &&
  guest.fault === null;

/** It died after it ran under the current order, and is not to be started again. */
const isCrashStopped = ({ crashPolicy }: InstanceFacts, guest: GuestFacts) =>
  crashPolicy === "stop" &&
  guest.desired === "running" &&
  guest.observed === "stopped" &&
  guest.stopCause !== null &&
  guest.stopCause !== "shutdown" &&
  guest.fault === null;

/** Orders every guest away, waits until none is left, then `last`. */
function clear(view: InstancePlanView, last: InstanceStep): InstanceStep {
  const kept = view.guests.filter((guest) => guest.desired !== "absent");
  if (kept.length > 0) return { kind: "remove-guests", guests: kept };
  return view.guests.length > 0 ? { kind: "wait", for: "removal" } : last;
}

/**
 * A failed build gives its capacity back. A failed instance that once ran keeps its guest, for its disk is there; a
 * newer wish, or a guest that came right after all, ends the fault.
 */
function planFailed(view: InstancePlanView, instance: InstanceFacts): InstanceStep {
  if (!instance.launched) return clear(view, settleOnce(instance));
  if (instance.observedGeneration < instance.generation) return { kind: "clear-fault" };
  const guest = activeGuest(view);
  // A guest that is held back is as it was told to be: what will never be ready stays the fault, or it would come and go for ever.
  const isRight = guest && !neverReady(view.readiness) && isHealthy(guest, orderFor(view, guest));
  return isRight ? { kind: "clear-fault" } : { kind: "done" };
}

/** What was bound or exported for its guests is given back before the row goes. */
function lastOf({ readiness }: InstancePlanView): InstanceStep {
  const bound = readiness.some((fact) => fact.hypervisorId !== null);
  return bound ? { kind: "wait", for: "readiness" } : { kind: "delete-instance" };
}

/** What once ran is built anew even if it was adopted: the guest that was found went with its host. */
function planBodiless({ instance, guests, readiness }: InstancePlanView): InstanceStep {
  if (guests.length > 0) return { kind: "wait", for: "removal" };
  const fault = neverReady(readiness);
  if (fault) return { kind: "fail", fault };
  if (readiness.some(({ saysWhere }) => saysWhere)) return { kind: "wait", for: "readiness" };
  return { kind: instance.adopts && !instance.launched ? "adopt" : "place" };
}

/** A guest that is being adopted is left as it is until its hypervisor has said that it is there. */
function planHeld(view: InstancePlanView, guest: GuestFacts): InstanceStep {
  const order = orderFor(view, guest);
  if (isAcked(guest) && guest.observed === "absent") return { kind: "fail", fault: orphanGone };
  const there = guest.observed === "running" || guest.observed === "stopped";
  if (!isAcked(guest) || !there) return { kind: "wait", for: "guest" };
  if (!view.instance.launched) return { kind: "mark-launched", guest };
  return isOrdered(guest, order)
    ? { kind: "wait", for: "readiness" }
    : { kind: "update-guest", guest, order };
}

/** The guest to adopt is no longer there, or nothing is known of how it was made. */
export const orphanGone: PublicError = {
  code: "NotFound",
  reason: "orphanGone",
  message: "The guest to adopt is no longer on its hypervisor, or nothing is known of how it was made.",
  retry: "never",
};

function planGuest(view: InstancePlanView, guest: GuestFacts): InstanceStep {
  const { instance } = view;
  const order = orderFor(view, guest);
  if (!isOrdered(guest, order)) return { kind: "update-guest", guest, order };
  if (!isReady(view, guest)) return unready(view, guest);
  if (guest.fault && isHopeless(instance, guest.fault))
    return planFault(view, guest, { ...guest.fault, retry: "elsewhere" });
  if (!isAcked(guest)) return { kind: "wait", for: "guest" };
  if (guest.observed === "failed" && guest.fault) return planFault(view, guest, guest.fault);
  const cameUp = guest.observed === guest.desired || isSelfStopped(guest) || isCrashStopped(instance, guest);
  if (!instance.launched && cameUp) return { kind: "mark-launched", guest };
  if (isSelfStopped(guest)) return { kind: "record-self-stop", guest };
  if (isCrashStopped(instance, guest)) return { kind: "record-crash-stop", guest };
  return isHealthy(guest, order) ? settleOnce(instance) : { kind: "wait", for: "guest" };
}

/** Whether all that the guest needs is where the guest is. */
function isReady({ readiness }: InstancePlanView, guest: GuestFacts): boolean {
  return readiness.every((fact) => fact.hypervisorId === guest.hypervisorId);
}

/** Until every readiness fact holds, a guest may exist but is not started; one that runs is not stopped for it. */
function orderFor(view: InstancePlanView, guest: GuestFacts): GuestOrder {
  const { instance } = view;
  const unready = guest.desired === "hold" ? "hold" : "stopped";
  const startable = guest.desired === "running" || isReady(view, guest);
  return {
    desired: startable ? wantedPower(instance) : unready,
    instanceGeneration: instance.generation,
    rebootSeq: instance.rebootSeq,
    rebootKind: instance.rebootKind,
  };
}

function isOrdered(guest: GuestFacts, order: GuestOrder): boolean {
  return (
    guest.desired === order.desired &&
    guest.instanceGeneration === order.instanceGeneration &&
    guest.rebootSeq === order.rebootSeq &&
    guest.rebootKind === order.rebootKind
  );
}

function isHealthy(guest: GuestFacts, order: GuestOrder): boolean {
  if (!isOrdered(guest, order) || !isAcked(guest) || guest.fault) return false;
  if (guest.observed !== order.desired) return false;
  return order.desired === "stopped" || guest.observedRebootSeq >= order.rebootSeq;
}

/** What may pass is not acknowledged, so without an end to patience it would stay BUILD, and hold its room, for ever. */
function isHopeless(instance: InstanceFacts, fault: PublicError): boolean {
  return !instance.launched && instance.overdue && fault.retry === "later";
}

const neverReady = (readiness: readonly ReadinessFact[]) => readiness.find(({ fault }) => fault)?.fault;

/**
 * A network that never takes its ports, or a volume that can't be filled, would hold a first build, and its room, for ever; no
 * other hypervisor helps. What only takes long has no trouble, and is waited for.
 */
function unready({ instance, readiness }: InstancePlanView, guest: GuestFacts): InstanceStep {
  const fault = neverReady(readiness);
  if (fault) return { kind: "fail", fault };
  const unbound = readiness.some(
    ({ condition, hypervisorId }) => condition === "PortsBound" && hypervisorId !== guest.hypervisorId,
  );
  const trouble = unbound ? portsNotBound : readiness.find((fact) => fact.trouble)?.trouble;
  if (trouble && !instance.launched && instance.overdue)
    return { kind: "fail", fault: { ...trouble, retry: "never" } };
  return { kind: "wait", for: "readiness" };
}

export const portsNotBound: PublicError = {
  code: "Unavailable",
  reason: "portsNotBound",
  message: "The network did not take its ports in time.",
  retry: "never",
};

/** Elsewhere only what has no volume yet: those are with the guest, so another hypervisor would never be found. */
function planFault(
  { instance, disks }: InstancePlanView,
  guest: GuestFacts,
  fault: PublicError,
): InstanceStep {
  if (fault.retry === "later") return { kind: "wait", for: "guest" };
  const tried = new Set([...instance.excludedHypervisors, guest.hypervisorId]);
  const movable = !instance.launched && disks.every(({ hypervisorId }) => hypervisorId === null);
  const elsewhere = fault.retry === "elsewhere" && movable && tried.size < buildAttempts;
  return elsewhere ? { kind: "give-up", guest, fault } : { kind: "fail", fault };
}

function settleOnce(instance: InstanceFacts): InstanceStep {
  return instance.observedGeneration < instance.generation ? { kind: "settle" } : { kind: "done" };
}
