/** What each step of a project's deletion writes, in the transaction that holds the project's lock. */
import { appendEvents, type PgBoss, type Tx } from "@madang/db";
import { askDeletions } from "./instance.deletions.ts";
import { finishOperation, runningSteps, type StoredStep, stepsOf } from "./operation.ts";
import { projectProgress } from "./project.plan.ts";
import type { LoadedProject } from "./project.view.ts";
import { controllerActor } from "./record.ts";

/**
 * Asks for the deletion of every instance as a user would, protected or not: whoever asked for the project's was told. Each
 * gets an operation of its own under the project's.
 */
export async function askInstances(tx: Tx, boss: PgBoss, loaded: LoadedProject): Promise<void> {
  await askDeletions(tx, boss, { projectId: loaded.row.id }, { parent: loaded.operation, now: loaded.now });
}

/** Private images; what instances were built from them is gone already. */
export async function deleteImages(tx: Tx, { row }: LoadedProject): Promise<void> {
  await tx.image.deleteMany({ where: { projectId: row.id } });
}

/** With the row go roles, quotas, requests, samples and application credentials; operations and the trail stay. */
export async function deleteProject(tx: Tx, { row, operation, now }: LoadedProject): Promise<void> {
  await tx.project.delete({ where: { id: row.id } });
  if (operation) await finishOperation(tx, operation, "succeeded", null, now);
  await appendEvents(tx, [
    {
      ...controllerActor,
      projectId: row.id,
      resourceKind: "project",
      resourceId: row.id,
      resourceName: row.name,
      action: "project.deleted",
      result: "succeeded",
      params: {},
      ...(operation ? { operationId: operation.id, requestId: operation.requestId } : {}),
    },
  ]);
}

type Progress = { percent: number; steps: StoredStep[] };

/** What the operation should say now; null when it says so already. */
export function dueProgress({ operation, view, waitingFor, now }: LoadedProject): Progress | null {
  if (!operation) return null;
  const before = stepsOf(operation);
  const { percent, ...progress } = projectProgress(view);
  const steps = runningSteps(before, { percent, ...progress }, now).map((step) =>
    step.state === "running" && waitingFor.length > 0 ? { ...step, waitingFor } : step,
  );
  const said = (all: readonly StoredStep[]) =>
    JSON.stringify(all.map(({ name, state, waitingFor: named }) => [name, state, named ?? []]));
  const same = operation.state === "running" && operation.percent === percent && said(before) === said(steps);
  return same ? null : { percent, steps };
}

export async function trackProgress(tx: Tx, loaded: LoadedProject): Promise<void> {
  const due = dueProgress(loaded);
  if (!due || !loaded.operation) return;
  await tx.operation.updateMany({
    where: { id: loaded.operation.id, state: { in: ["pending", "running"] } },
    data: { state: "running", ...due },
  });
}
