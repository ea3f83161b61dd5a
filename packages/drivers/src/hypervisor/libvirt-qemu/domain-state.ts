/** virDomainState and virDomainShutoffReason (libvirt-domain.h) as what we report. */
import type { GuestObserved, StopCause } from "@madang/core/wire/guest";
import type { DomainState } from "./domains.ts";

export const domainState = {
  none: 0,
  running: 1,
  blocked: 2,
  paused: 3,
  shutdown: 4,
  shutoff: 5,
  crashed: 6,
  suspended: 7,
} as const;

const pausedReason = { ioError: 5, startingUp: 11 } as const;

/** UNKNOWN 0, SHUTDOWN 1, DESTROYED 2, CRASHED 3, MIGRATED 4, SAVED 5, FAILED 6, FROM_SNAPSHOT 7, DAEMON 8 */
const shutoffCauses: readonly StopCause[] = [
  "unknown",
  "shutdown",
  "destroyed",
  "crashed",
  "destroyed",
  "destroyed",
  "crashed",
  "destroyed",
  "crashed",
];

export type Power = {
  observed: Extract<GuestObserved, "running" | "stopped">;
  stopCause: StopCause | null;
  halted?: true;
};

/** QEMU pauses a guest when a write finds no room, and for any fault of a volume. */
export function isHalted({ state, reason }: DomainState): boolean {
  return state === domainState.paused && reason === pausedReason.ioError;
}

/** `ordered`: we asked for this stop, so the guest's power-off was not its own wish. */
export function powerOf({ state, reason }: DomainState, ordered: boolean): Power {
  if (isHalted({ state, reason })) return { observed: "running", stopCause: null, halted: true };
  if (state === domainState.crashed) return { observed: "stopped", stopCause: "crashed" };
  if (state !== domainState.shutoff && state !== domainState.none)
    return { observed: "running", stopCause: null };
  const cause = (state === domainState.shutoff && shutoffCauses[reason]) || "unknown";
  return { observed: "stopped", stopCause: cause === "shutdown" && ordered ? "destroyed" : cause };
}

export type Remedy = "none" | "resume" | "wait" | "replace" | "start";

/** What a domain in this state needs to become a running guest. */
export function remedyFor({ state, reason }: DomainState): Remedy {
  switch (state) {
    case domainState.running:
    case domainState.blocked:
    case domainState.suspended:
      return "none";
    case domainState.paused:
      // A start that libvirtd did not live to finish: its QEMU is half set up.
      if (reason === pausedReason.startingUp) return "replace";
      return "resume";
    case domainState.shutdown:
      return "wait";
    case domainState.crashed:
      return "replace";
    default:
      return "start";
  }
}
