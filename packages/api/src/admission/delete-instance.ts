import type { Instance, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changeInstance, type InstanceRef, type Started } from "./change-instance.ts";

/** Allowed at any moment, also in the middle of a launch; asked twice, it is the same deletion. */
export function deleteInstance(deps: AdmissionDeps, actor: Actor, ref: InstanceRef): Promise<Started> {
  const desired = () => ({ deleteRequestedAt: deps.admission.now() });
  return changeInstance(deps, actor, ref, {
    action: "delete",
    kind: "instance.delete",
    desired,
    already: deletion,
  });
}

/** The deletion that was asked for before; null when none was. */
export async function deletion(tx: Tx, instance: Instance): Promise<Started | null> {
  if (!instance.deleteRequestedAt) return null;
  const operation = await tx.operation.findFirst({
    where: { resourceId: instance.id, kind: "instance.delete" },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  return operation && { operationId: operation.id };
}
