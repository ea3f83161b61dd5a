/**
 * What is under way is given up by whoever may undo it: an image on its way goes, a copy of a volume goes, a revert that was not
 * begun is called off. The operation itself ends as cancelled when that is done, or as done where it was too late.
 */
import { CloudError } from "@madang/core/errors";
import { type CancellableKind, cancelPermissions, isCancellable } from "@madang/core/operation/cancellable";
import type { Tx } from "@madang/db";
import { cancelBulk } from "../bulk/cancel.ts";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { callOffRevert } from "./call-off-revert.ts";
import { deleteImage } from "./image.ts";
import { deleteVolume } from "./volume.ts";

export type OperationRef = { projectId: string; operationId: string };
type Ref = { projectId: string; id: string };

/** `stillOpen` is called with the resource locked. */
type Way = (
  deps: AdmissionDeps,
  actor: Actor,
  ref: Ref,
  stillOpen: (tx: Tx) => Promise<void>,
) => Promise<unknown>;

const ways: { readonly [K in CancellableKind]: Way } = {
  "image.upload": deleteImage,
  "image.fetch": deleteImage,
  "image.make": deleteImage,
  "volume.create": (deps, actor, ref, stillOpen) => deleteVolume(deps, actor, ref, false, stillOpen),
  "volume.revert": callOffRevert,
  "instance.bulk.start": cancelBulk,
  "instance.bulk.stop": cancelBulk,
  "instance.bulk.reboot": cancelBulk,
  "instance.bulk.hard-reboot": cancelBulk,
  "instance.bulk.delete": cancelBulk,
  "instance.bulk.soft-delete": cancelBulk,
};

/** Asked twice, it is the same. Throws NotFound, Forbidden, InvalidState where it has ended or can't be cancelled. */
export async function cancelOperation(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, operationId: id }: OperationRef,
): Promise<void> {
  const operation = await deps.admission.prisma.operation.findFirst({ where: { id, projectId } });
  if (!operation) throw operationNotFound();
  const { kind } = operation;
  if (!isCancellable(kind)) throw notCancellable();
  const judged = { permission: cancelPermissions[kind], projectId };
  const ref = { projectId, id: operation.resourceId };
  await ways[kind](deps, { ...actor, judged }, ref, async (tx) => {
    const { state } = await tx.operation.findUniqueOrThrow({ where: { id }, select: { state: true } });
    if (state !== "pending" && state !== "running") throw ended();
  });
}

function operationNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such operation.", { reason: "operationNotFound" });
}

function notCancellable(): CloudError {
  return new CloudError("InvalidState", "This operation can't be cancelled.", {
    reason: "operationNotCancellable",
  });
}

function ended(): CloudError {
  return new CloudError("InvalidState", "This operation has ended already.", { reason: "operationEnded" });
}
