/**
 * All steps that rows alone can answer, one after another in one transaction: each is planned on what the one before it
 * wrote, under the instance's lock, and they are seen together or not at all.
 */
import type { Tx } from "@madang/db";
import { applyStep, type Change } from "./instance.apply.ts";
import type { DiskStep } from "./instance.disks.plan.ts";
import { applyDiskStep, nextDiskStep } from "./instance.disks.ts";
import type { GuestFacts } from "./instance.plan.ts";
import { type InstanceStep, planInstance } from "./instance.plan.ts";
import { type LoadedInstance, loadInstance } from "./instance.view.ts";
import { trackOperations } from "./operation.ts";

export type Steps = {
  taken: (Change["kind"] | DiskStep<GuestFacts>["kind"])[];
  /** What comes next, or null when the instance is gone or there may be more to do at once. */
  next: Exclude<InstanceStep, Change> | null;
};

/** More than a plan ever takes in a row. */
const mostSteps = 10;

/** What writes nothing, or is written by a claim. */
export function isNoChange(step: InstanceStep): step is Exclude<InstanceStep, Change> {
  return ["place", "adopt", "wait", "done"].includes(step.kind);
}

/** Rows alone can bring it further. */
export function canChange(loaded: LoadedInstance): boolean {
  return nextDiskStep(loaded) !== null || !isNoChange(planInstance(loaded.view));
}

export async function takeSteps(tx: Tx, from: LoadedInstance): Promise<Steps> {
  const taken: Steps["taken"] = [];
  let loaded = from;
  while (taken.length < mostSteps) {
    const disk = nextDiskStep(loaded);
    if (disk) {
      await applyDiskStep(tx, loaded, disk);
      taken.push(disk.kind);
      loaded = (await loadInstance(tx, loaded.row.id, loaded.now)) ?? loaded;
      continue;
    }
    const step = planInstance(loaded.view);
    if (isNoChange(step)) {
      if (step.kind === "wait" || step.kind === "done") await trackOperations(tx, loaded, loaded.now);
      return { taken, next: step };
    }
    await applyStep(tx, loaded, step, loaded.now);
    taken.push(step.kind);
    const after = await loadInstance(tx, loaded.row.id, loaded.now);
    if (!after) break;
    loaded = after;
  }
  return { taken, next: null };
}
