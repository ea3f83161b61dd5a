/**
 * The one derivation of what people see of an instance (invariant 9): status and task in Nova's words from what was
 * asked for and what the agent reported. Pure: no clock, no database.
 */

import type { PublicError } from "../errors.ts";
import type { GuestDesired, GuestObserved, RebootKind } from "../wire/guest.ts";

export const instanceStatuses = [
  "BUILD",
  "ACTIVE",
  "SHUTOFF",
  "REBOOT",
  "HARD_REBOOT",
  "SOFT_DELETED",
  "ERROR",
] as const;
export type InstanceStatus = (typeof instanceStatuses)[number];

export const taskStates = [
  "scheduling",
  "block_device_mapping",
  "spawning",
  "powering-on",
  "powering-off",
  "rebooting",
  "rebooting_hard",
  "soft-deleting",
  "deleting",
] as const;
export type TaskState = (typeof taskStates)[number];

export const powerStates = ["NOSTATE", "RUNNING", "SHUTDOWN", "CRASHED"] as const;
export type PowerState = (typeof powerStates)[number];

export type GuestView = {
  desired: GuestDesired;
  generation: number;
  ackedGeneration: number;
  observed: GuestObserved;
  observedRebootSeq: number;
  stopCause: string | null;
  phase: string | null;
};

export type InstanceView = {
  power: "running" | "stopped";
  generation: number;
  selfStoppedAt: number | null;
  rebootSeq: number;
  rebootKind: RebootKind;
  deleteRequested: boolean;
  /** Deleted, but still to be had back. */
  softDeleted: boolean;
  launched: boolean;
  fault: PublicError | null;
  guest: GuestView | null;
};

export type DerivedStatus = { status: InstanceStatus; taskState: TaskState | null; powerState: PowerState };

/** What the user wants now, with the guest's own power-off respected until he asks again. Restored, it is as it was. */
export function wantedPower(
  instance: Pick<InstanceView, "power" | "generation" | "selfStoppedAt" | "softDeleted">,
): "running" | "stopped" {
  if (instance.softDeleted) return "stopped";
  return instance.selfStoppedAt === instance.generation ? "stopped" : instance.power;
}

export function deriveStatus(instance: InstanceView): DerivedStatus {
  const powerState = derivePower(instance.guest);
  const settled = deriveSettled(instance, powerState);
  const taskState = instance.deleteRequested ? "deleting" : settled.taskState;
  return { ...settled, taskState, powerState };
}

function derivePower(guest: GuestView | null): PowerState {
  if (guest?.observed === "running") return "RUNNING";
  if (guest?.observed === "stopped") return guest.stopCause === "crashed" ? "CRASHED" : "SHUTDOWN";
  return "NOSTATE";
}

type Settled = { status: InstanceStatus; taskState: TaskState | null };

function deriveSettled(instance: InstanceView, powerState: PowerState): Settled {
  if (instance.softDeleted)
    return { status: "SOFT_DELETED", taskState: powerState === "RUNNING" ? "soft-deleting" : null };
  if (instance.fault) return { status: "ERROR", taskState: null };
  if (!instance.launched) return { status: "BUILD", taskState: buildTask(instance.guest) };
  const wanted = wantedPower(instance);
  if (powerState !== "RUNNING")
    return { status: "SHUTOFF", taskState: wanted === "running" ? "powering-on" : null };
  if (wanted === "stopped") return { status: "ACTIVE", taskState: "powering-off" };
  if ((instance.guest?.observedRebootSeq ?? 0) >= instance.rebootSeq)
    return { status: "ACTIVE", taskState: null };
  if (instance.rebootKind === "hard") return { status: "HARD_REBOOT", taskState: "rebooting_hard" };
  return { status: "REBOOT", taskState: "rebooting" };
}

function buildTask(guest: GuestView | null): TaskState {
  if (!guest) return "scheduling";
  return guest.phase === "fetching-image" || guest.phase === "preparing-disk"
    ? "block_device_mapping"
    : "spawning";
}
