/** What to do with one guest, from what is asked, what is seen and what is remembered. Pure. */
import type { GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation } from "@madang/drivers/hypervisor/driver";
import type { GuestNote } from "./memory.ts";

export type Decision =
  | { kind: "remove" }
  | { kind: "ensure"; desired: "running" | "stopped" }
  /** It died though nobody asked it to, and is to be started again. */
  | { kind: "revive" }
  /** Nothing to do: what is seen is the answer. */
  | { kind: "settled" };

/**
 * `ensured`: the generation up to which the driver has confirmed the whole spec in this run of the agent. `bootId`: the
 * boot of the host that this agent runs in.
 */
export function decideGuest(
  spec: Pick<GuestSpec, "desired" | "generation" | "rebootSeq" | "crashPolicy">,
  seen: GuestObservation | null,
  note: GuestNote,
  ensured: number | null,
  bootId: string,
): Decision {
  if (spec.desired === "hold") return { kind: "settled" };
  if (spec.desired === "absent")
    return ensured === spec.generation && !seen ? { kind: "settled" } : { kind: "remove" };
  if (isSelfStopped(spec, seen, note)) return { kind: "settled" };
  if (isDead(spec, seen, note, bootId))
    return spec.crashPolicy === "stop" ? { kind: "settled" } : { kind: "revive" };
  const asked =
    seen?.observed === spec.desired &&
    !seen.halted &&
    (spec.desired === "stopped" || seen.rebootSeq >= spec.rebootSeq) &&
    ensured === spec.generation;
  return asked ? { kind: "settled" } : { kind: "ensure", desired: spec.desired };
}

/** It ran under this very generation and then powered itself off: only a newer one starts it. */
function isSelfStopped(
  spec: Pick<GuestSpec, "desired" | "generation">,
  seen: GuestObservation | null,
  note: GuestNote,
): boolean {
  return (
    spec.desired === "running" &&
    seen?.observed === "stopped" &&
    seen.stopCause === "shutdown" &&
    note.ranGeneration === spec.generation
  );
}

/**
 * It ran under this very order and in this very boot of the host, and is off though nobody wished it: a boot or a power
 * cut of the host ends every guest, and is no guest's crash.
 */
function isDead(
  spec: Pick<GuestSpec, "desired" | "generation">,
  seen: GuestObservation | null,
  note: GuestNote,
  bootId: string,
): boolean {
  return (
    spec.desired === "running" &&
    seen?.observed === "stopped" &&
    seen.stopCause !== "shutdown" &&
    note.ranGeneration === spec.generation &&
    note.ranBootId === bootId
  );
}

/** Who lived this long has recovered: its next death is its first again. As long as the longest wait between starts. */
const recoveredMs = 300_000;

/** Deaths in a row, with this one, of a guest that had lived `livedMs`. */
export function deathsInARow(before: number, livedMs: number): number {
  return livedMs >= recoveredMs ? 1 : before + 1;
}

const longestBackOffMs = 300_000;

/** How long to wait after `failures` in a row, ms: doubling from 1 s, with up to a quarter of jitter. */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  const base = Math.min(longestBackOffMs, 1_000 * 2 ** Math.max(0, failures - 1));
  return Math.round(base * (1 + random() / 4));
}

/** A paused guest is let go on soon after there is room again; and so with what else mostly ends by itself, ms. */
const soonMs = 10_000;
const soonAgain = new Set([
  "GuestHalted",
  "StorageUnreachable",
  "VolumeNotReady",
  "VolumeInUse",
  "DiskHeld",
  "HaltedHoldsDisk",
]);

/** As `backOffMs`, for the reason of the last failure. */
export function waitAfterMs(reason: string, failures: number): number {
  const waitMs = backOffMs(failures);
  return soonAgain.has(reason) ? Math.min(soonMs, waitMs) : waitMs;
}
