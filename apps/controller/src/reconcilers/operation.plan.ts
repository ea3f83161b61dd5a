/** How far an instance's operations are, from the same facts as its plan. Pure. */
import type { InstanceFacts, InstancePlanView } from "./instance.plan.ts";
import { activeGuest } from "./instance.plan.ts";

export type OperationFacts = { id: string; kind: string; targetGeneration: number };
export type OperationOutcome = "succeeded" | "failed" | "cancelled";

/** `percent` 0…100 over the whole operation; `current` is the running step's place in `steps`, `stepPercent` how far that one is. */
export type OperationProgress = {
  percent: number;
  steps: readonly string[];
  current: number;
  stepPercent?: number | null;
};

const launchSteps = ["schedule", "fetch-image", "start"] as const;

/** Where each launch step begins and how much of the whole it is; a boot's own length is unknown, so `start` stands still. */
const launchScale = { schedule: [0, 5], fetch: [5, 60], prepare: [65, 10], start: [75, 20] } as const;

export function operationProgress(operation: OperationFacts, view: InstancePlanView): OperationProgress {
  if (operation.kind === "instance.launch") return launchProgress(view);
  const guest = activeGuest(view);
  return { percent: guest?.percent ?? 0, steps: [], current: 0 };
}

function launchProgress(view: InstancePlanView): OperationProgress {
  const guest = activeGuest(view);
  if (!guest) return { percent: launchScale.schedule[0], steps: launchSteps, current: 0 };
  const done = guest.percent ?? 0;
  if (guest.phase === "starting" || guest.observed === "running")
    return { percent: scaled(launchScale.start, 0), steps: launchSteps, current: 2 };
  if (guest.phase === "preparing-disk")
    return { percent: scaled(launchScale.prepare, done), steps: launchSteps, current: 2 };
  const stepPercent = guest.phase === "fetching-image" ? guest.percent : null;
  return { percent: scaled(launchScale.fetch, done), steps: launchSteps, current: 1, stepPercent };
}

function scaled([start, length]: readonly [number, number], percent: number): number {
  return Math.round(start + (length * percent) / 100);
}

/**
 * How an operation ended, once its instance settled at `instance.generation`. A start that a later stop overtook was
 * never carried out, and says so.
 */
export function settledOutcome(
  operation: OperationFacts,
  instance: InstanceFacts,
  running: boolean,
): OperationOutcome | null {
  if (operation.targetGeneration > instance.generation || operation.kind === "instance.delete") return null;
  const selfStopped = instance.selfStoppedAt === instance.generation;
  const done: Record<string, boolean> = {
    "instance.launch": true,
    "instance.start": running || selfStopped,
    "instance.stop": !running,
    "instance.soft-delete": !running,
    "instance.reboot": running,
  };
  return (done[operation.kind] ?? true) ? "succeeded" : "cancelled";
}

/** What the trail says when an operation succeeded; a launch has said it when the guest first ran. */
export const settledActions: Record<string, string> = {
  "instance.start": "instance.running",
  "instance.stop": "instance.stopped",
  "instance.soft-delete": "instance.soft-deleted",
  "instance.restore": "instance.restored",
  "instance.reboot": "instance.rebooted",
};
