/** What each step of a project's deletion writes, in the transaction that holds the project's lock. */
import {
  appendEvents,
  type Instance,
  lockInstances,
  type Operation,
  type PgBoss,
  type Tx,
  wakeAll,
  writeStatus,
} from "@madang/db";
import { finishOperation, runningSteps, type StoredStep, stepsOf } from "./operation.ts";
import { projectProgress } from "./project.plan.ts";
import type { LoadedProject } from "./project.view.ts";
import { controllerActor } from "./record.ts";

/** One transaction's share of a project's instances: others wait for these locks. */
const share = 100;

/**
 * Asks for the deletion of every instance as a user would, protected or not: whoever asked for the project's was told. Each
 * gets an operation of its own under the project's.
 */
export async function askInstances(tx: Tx, boss: PgBoss, loaded: LoadedProject): Promise<void> {
  const where = { projectId: loaded.row.id, deleteRequestedAt: null };
  const found = await tx.instance.findMany({
    where,
    select: { id: true },
    orderBy: { id: "asc" },
    take: share,
  });
  const ids = found.map(({ id }) => id);
  await lockInstances(tx, ids);
  const instances = await tx.instance.findMany({ where: { ...where, id: { in: ids } } });
  await tx.instance.updateMany({
    where: { id: { in: instances.map(({ id }) => id) } },
    data: { deleteRequestedAt: loaded.now, generation: { increment: 1 } },
  });
  for (const { id } of instances) await writeStatus(tx, id);
  await recordOrders(tx, loaded.operation, instances);
  await wakeAll(
    boss,
    tx,
    "instance",
    instances.map(({ id }) => id),
  );
}

async function recordOrders(tx: Tx, parent: Operation | null, instances: readonly Instance[]): Promise<void> {
  const orders = instances.map((instance) => ({ operationId: crypto.randomUUID(), instance }));
  const actor = {
    actorId: parent?.actorId ?? null,
    actorName: parent?.actorName ?? controllerActor.actorName,
  };
  await tx.operation.createMany({
    data: orders.map(({ operationId, instance }) => ({
      id: operationId,
      kind: "instance.delete",
      projectId: instance.projectId,
      ...actor,
      requestId: parent?.requestId ?? "",
      parentId: parent?.id ?? null,
      resourceKind: "instance",
      resourceId: instance.id,
      resourceName: instance.name,
      targetGeneration: instance.generation + 1,
    })),
  });
  await appendEvents(
    tx,
    orders.map(({ operationId, instance }) => ({
      actorKind: parent?.actorId ? "user" : controllerActor.actorKind,
      ...actor,
      projectId: instance.projectId,
      resourceKind: "instance",
      resourceId: instance.id,
      resourceName: instance.name,
      action: "instance.delete",
      result: "accepted",
      requestId: parent?.requestId ?? null,
      operationId,
      params: {},
    })),
  );
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
