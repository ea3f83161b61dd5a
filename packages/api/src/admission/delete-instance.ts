import { notBegun } from "@madang/core/operation/bulk";
import type { Instance, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changeInstance, type InstanceRef, keptOff, type Started } from "./change-instance.ts";

/**
 * Allowed at any moment, also in the middle of a launch; asked twice, it is the same deletion. `soft`: it is stopped, keeps
 * all it has and can be restored until the time for that is over; what never ran has nothing that one could want back.
 */
export function deleteInstance(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  soft = false,
): Promise<Started> {
  const { reclaimMs } = deps;
  const now = deps.admission.now();
  const isSoft = ({ launchedAt }: Instance) => soft && reclaimMs > 0 && launchedAt !== null;
  return changeInstance(deps, actor, ref, {
    action: "delete",
    kind: (instance) => (isSoft(instance) ? "instance.soft-delete" : "instance.delete"),
    desired: (instance) =>
      isSoft(instance)
        ? { reclaimAt: new Date(now.getTime() + reclaimMs), ...keptOff(instance) }
        : { deleteRequestedAt: now },
    already: (tx, instance) => (isSoft(instance) ? earlierDeletion(tx, instance) : deletion(tx, instance)),
  });
}

/** Back as it was, running if it was to run. Throws InvalidState when it is not soft-deleted, or its time is over. */
export function restoreInstance(deps: AdmissionDeps, actor: Actor, ref: InstanceRef): Promise<Started> {
  return changeInstance(deps, actor, ref, {
    action: "restore",
    kind: "instance.restore",
    desired: (instance) => ({ reclaimAt: null, ...keptOff(instance) }),
  });
}

async function earlierDeletion(tx: Tx, instance: Instance): Promise<Started | null> {
  if (instance.deleteRequestedAt) return deletion(tx, instance);
  return instance.reclaimAt ? operationOf(tx, instance, "instance.soft-delete") : null;
}

/** The deletion that was asked for before; null when none was. */
export async function deletion(tx: Tx, instance: Instance): Promise<Started | null> {
  return instance.deleteRequestedAt ? operationOf(tx, instance, "instance.delete") : null;
}

async function operationOf(tx: Tx, { id }: Instance, kind: string): Promise<Started | null> {
  const operation = await tx.operation.findFirst({
    where: { resourceId: id, kind, targetGeneration: { lt: notBegun } },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  return operation && { operationId: operation.id };
}
