/**
 * Carries on with every bulk action that has not ended: each part as its actor, by the verb of the single action, in a
 * transaction of its own. Everything it knows is rows: killed anywhere, it goes on from them, and several may do it at once.
 */
import { asCloudError, CloudError } from "@madang/core/errors";
import { type BulkAction, bulkActionOf, bulkActions, bulkRules, notBegun } from "@madang/core/operation/bulk";
import { asUnavailable } from "@madang/db";
import PQueue from "p-queue";
import type { InstanceRef } from "../admission/change-instance.ts";
import { deleteInstance } from "../admission/delete-instance.ts";
import { rebootInstance, startInstance, stopInstance } from "../admission/power.ts";
import type { Actor } from "../context.ts";
import type { AdmissionDeps, Log } from "../deps.ts";
import { actorOf, type Whole } from "./actor.ts";
import { refusePart } from "./part.ts";
import { trackWhole } from "./track.ts";

export type BulkDeps = AdmissionDeps & { log: Log };

type Verb = (deps: AdmissionDeps, actor: Actor, ref: InstanceRef) => Promise<unknown>;

const verbs: Record<BulkAction, Verb> = {
  start: startInstance,
  stop: stopInstance,
  reboot: (deps, actor, ref) => rebootInstance(deps, actor, ref, "soft"),
  hardReboot: (deps, actor, ref) => rebootInstance(deps, actor, ref, "hard"),
  delete: (deps, actor, ref) => deleteInstance(deps, actor, ref, false),
  softDelete: async (deps, actor, ref) => {
    // What was confirmed as restorable is not deleted for good by a process that keeps nothing.
    if (deps.reclaimMs <= 0) throw notRestorable();
    return deleteInstance(deps, actor, ref, true);
  },
};

function notRestorable(): CloudError {
  return new CloudError("InvalidState", "Deleted instances can't be restored any more in this cloud.", {
    reason: "bulkChanged",
  });
}

/** So many parts, then the whole says how far it is. */
const share = 25;
/** Others need connections, too. */
const atOnce = 2;

const open = { in: ["pending" as const, "running" as const] };

/** One share of each. Answers whether there is more to begin. */
export async function workBulk(deps: BulkDeps): Promise<boolean> {
  const kinds = bulkActions.map((action) => bulkRules[action].kind);
  const found = await deps.admission.prisma.operation.findMany({
    where: { state: open, kind: { in: kinds } },
    orderBy: { createdAt: "asc" },
  });
  const wholes = found.flatMap((row) =>
    row.projectId && row.actorId ? [{ ...row, projectId: row.projectId, actorId: row.actorId }] : [],
  );
  // One that fails keeps no other from going on, and is tried again.
  const carryOn = (whole: Whole) =>
    workOne(deps, whole).catch((error: unknown) => {
      deps.log.warn({ err: error, operationId: whole.id }, "a bulk action was not carried on");
      return false;
    });
  const turns = new PQueue({ concurrency: atOnce });
  const more = await turns.addAll(wholes.map((whole) => () => carryOn(whole)));
  return more.includes(true);
}

async function workOne(deps: AdmissionDeps, whole: Whole): Promise<boolean> {
  const action = bulkActionOf(whole.kind);
  if (!action) return false;
  const parts = await deps.admission.prisma.operation.findMany({
    where: { parentId: whole.id, state: "pending", targetGeneration: notBegun },
    select: { id: true, resourceId: true },
    orderBy: { id: "asc" },
    take: share,
  });
  const actor = parts.length > 0 ? await actorOf(deps.admission, whole, action) : null;
  // One after the other: the project's other requests find a turn beside it.
  for (const { id, resourceId } of actor ? parts : []) {
    const ref = { projectId: whole.projectId, id: resourceId, part: id };
    if (actor && !(await beginOne(deps, actor, verbs[action], ref))) return false;
  }
  await trackWhole(deps, whole);
  return parts.length === share;
}

/** Answers false when it has to be tried again later. */
async function beginOne(
  deps: AdmissionDeps,
  actor: Actor,
  verb: Verb,
  ref: InstanceRef & { part: string },
): Promise<boolean> {
  try {
    await verb(deps, actor, ref);
    return true;
  } catch (thrown) {
    const error = asCloudError(asUnavailable(thrown));
    if (error.code === "Unavailable") return false;
    await refusePart(deps.admission.prisma, ref.part, error.toPublic(), deps.admission.now());
    return true;
  }
}
