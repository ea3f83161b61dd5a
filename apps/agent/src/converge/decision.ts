/** What to do with one guest, from what is asked, what is seen and what is remembered. Pure. */
import type { GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation } from "@madang/drivers/hypervisor/driver";
import type { GuestNote } from "./memory.ts";

export type Decision =
  | { kind: "remove" }
  | { kind: "ensure"; desired: "running" | "stopped" }
  /** Nothing to do: what is seen is the answer. */
  | { kind: "settled" };

/** `ensured`: the generation up to which the driver has confirmed the whole spec in this run of the agent. */
export function decideGuest(
  spec: Pick<GuestSpec, "desired" | "generation" | "rebootSeq">,
  seen: GuestObservation | null,
  note: GuestNote,
  ensured: number | null,
): Decision {
  if (spec.desired === "hold") return { kind: "settled" };
  if (spec.desired === "absent")
    return ensured === spec.generation && !seen ? { kind: "settled" } : { kind: "remove" };
  if (isSelfStopped(spec, seen, note)) return { kind: "settled" };
  const asked =
    seen?.observed === spec.desired &&
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

const longestBackOffMs = 300_000;

/** How long to wait after `failures` in a row, ms: doubling from 1 s, with up to a quarter of jitter. */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  const base = Math.min(longestBackOffMs, 1_000 * 2 ** Math.max(0, failures - 1));
  return Math.round(base * (1 + random() / 4));
}
