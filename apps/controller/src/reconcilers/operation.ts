/** Writes what became of an instance's operations, in the transaction of the step that made it so. */
import type { PublicError } from "@madang/core/errors";
import type { Operation, OperationState, Tx } from "@madang/db";
import { z } from "zod";
import type { LoadedInstance } from "./instance.view.ts";
import {
  type OperationProgress,
  operationProgress,
  settledActions,
  settledOutcome,
} from "./operation.plan.ts";
import { recordEvent } from "./record.ts";

const stepState = z.enum(["pending", "running", "succeeded", "failed", "cancelled"]);
const storedSteps = z.array(
  z.object({
    name: z.string(),
    state: stepState,
    percent: z.number().nullish(),
    startedAt: z.string().nullish(),
    finishedAt: z.string().nullish(),
    waitingFor: z.array(z.string()).optional(),
  }),
);
export type StoredStep = z.infer<typeof storedSteps>[number];

/** Whose order the next one is: the newest request that is open, and a deletion before all else. */
export function orderedBy({ operations }: LoadedInstance): string | null {
  const deletion = operations.find(({ kind }) => kind === "instance.delete");
  return (deletion ?? operations.at(-1))?.id ?? null;
}

export const stepsOf = (operation: Operation): StoredStep[] =>
  storedSteps.safeParse(operation.steps).data ?? [];

/** Brings open operations to where the facts are; true when a row changed. */
export async function trackOperations(tx: Tx, loaded: LoadedInstance, now: Date): Promise<boolean> {
  const changes = loaded.operations.flatMap((operation) => progressChange(operation, loaded, now));
  for (const { id, ...data } of changes)
    await tx.operation.updateMany({ where: { id, state: { in: ["pending", "running"] } }, data });
  return changes.length > 0;
}

export function isTracked(loaded: LoadedInstance, now: Date): boolean {
  return loaded.operations.every((operation) => progressChange(operation, loaded, now).length === 0);
}

type ProgressChange = { id: string; state: OperationState; percent: number; steps: StoredStep[] };

function progressChange(operation: Operation, loaded: LoadedInstance, now: Date): ProgressChange[] {
  const progress = operationProgress(operation, loaded.view);
  const before = stepsOf(operation);
  // What was done in the transaction that asked for it is told first and stays.
  const done = before.filter(({ name }) => progress.steps.length > 0 && !progress.steps.includes(name));
  const steps = [...done, ...runningSteps(before, progress, now)];
  const same =
    operation.state === "running" &&
    operation.percent === progress.percent &&
    steps.length === before.length &&
    steps.every((step, index) => isSameStep(step, before[index]));
  return same ? [] : [{ id: operation.id, state: "running", percent: progress.percent, steps }];
}

function isSameStep({ state, percent = null }: StoredStep, before: StoredStep | undefined): boolean {
  return state === before?.state && percent === (before.percent ?? null);
}

export function runningSteps(before: StoredStep[], progress: OperationProgress, now: Date): StoredStep[] {
  return progress.steps.map((name, index) => {
    const old = before.find((step) => step.name === name);
    if (index > progress.current) return { name, state: "pending" };
    const startedAt = old?.startedAt ?? now.toISOString();
    const percent = progress.stepPercent ?? null;
    if (index === progress.current)
      return { name, state: "running", startedAt, ...(percent === null ? {} : { percent }) };
    return { name, state: "succeeded", startedAt, finishedAt: old?.finishedAt ?? now.toISOString() };
  });
}

/** The instance settled: everything asked of it up to now ends, with a line in the trail for what was done. */
export async function settleOperations(tx: Tx, loaded: LoadedInstance, running: boolean): Promise<void> {
  for (const operation of loaded.operations) {
    const outcome = settledOutcome(operation, loaded.view.instance, running);
    if (!outcome) continue;
    await finishOperation(tx, operation, outcome, null, loaded.now);
    const action = settledActions[operation.kind];
    if (outcome === "succeeded" && action) await recordEvent(tx, loaded.row, { action, operation });
  }
}

/** Ends every open operation but deletes. */
export async function endOperations(
  tx: Tx,
  loaded: LoadedInstance,
  outcome: "failed" | "cancelled",
  error: PublicError | null,
): Promise<void> {
  const ending = loaded.operations.filter(({ kind }) => kind !== "instance.delete");
  for (const operation of ending) await finishOperation(tx, operation, outcome, error, loaded.now);
}

export async function finishOperation(
  tx: Tx,
  operation: Operation,
  state: "succeeded" | "failed" | "cancelled",
  error: PublicError | null,
  now: Date,
): Promise<void> {
  const steps = stepsOf(operation).map((step) => endedStep(step, state, now));
  await tx.operation.updateMany({
    where: { id: operation.id, state: { in: ["pending", "running"] } },
    data: {
      state,
      steps,
      finishedAt: now,
      ...(state === "succeeded" ? { percent: 100 } : {}),
      ...(error ? { error } : {}),
    },
  });
}

function endedStep(step: StoredStep, state: "succeeded" | "failed" | "cancelled", now: Date): StoredStep {
  if (step.state === "succeeded" || step.state === "failed") return step;
  if (state !== "succeeded" && step.state === "pending") return step;
  return { ...step, state, startedAt: step.startedAt ?? now.toISOString(), finishedAt: now.toISOString() };
}
