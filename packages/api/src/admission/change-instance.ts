/** The one way to change what is wanted of an instance: lock it, judge the action, write, record, wake. */
import { CloudError } from "@madang/core/errors";
import type { Permission } from "@madang/core/identity/permission";
import { type AdminAction, actionBlocked, type InstanceAction } from "@madang/core/instance/action";
import { deriveStatus } from "@madang/core/instance/status";
import {
  type Guest,
  type Instance,
  instanceView,
  lockInstance,
  type Tx,
  transaction,
  wake,
  writeStatus,
} from "@madang/db";
import { beginPart } from "../bulk/part.ts";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { instanceNotFound } from "../reads/instance.ts";
import { changesOf, createOperation, recordEvent, type Subject } from "./record.ts";
import { requireStill } from "./still.ts";

/** `part`: the operation that stands for it already, of a bulk action; without it there will be a new one. */
export type InstanceRef = { projectId: string; id: string; part?: string };
export type Started = { operationId: string };

export type Change = {
  action: InstanceAction | AdminAction;
  /** Of the event and of the operation, e.g. `instance.stop`; where it depends on the instance, by that. */
  kind: string | ((instance: Instance) => string);
  params?: { [key: string]: string };
  desired: (
    instance: Instance,
    guest: Guest | null,
  ) => Partial<
    Pick<
      Instance,
      | "power"
      | "rebootSeq"
      | "rebootKind"
      | "deleteRequestedAt"
      | "reclaimAt"
      | "selfStoppedAt"
      | "resetSeq"
      | "scheduleDeadline"
    >
  >;
  /** Answers an earlier request's operation when this one asks for nothing new. */
  already?: (tx: Tx, instance: Instance) => Promise<Started | null>;
};

/** Throws NotFound, InvalidState (with the reason of `actionBlocked`), Unavailable. */
export async function changeInstance(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  change: Change,
): Promise<Started> {
  const started = await deps.admissions.run(ref.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, ref, change)),
  );
  deps.hints.publish("event");
  return started;
}

async function admit(
  deps: AdmissionDeps,
  tx: Tx,
  actor: Actor,
  ref: InstanceRef,
  change: Change,
): Promise<Started> {
  const instance = await lockedInstance(tx, actor, ref);
  const earlier = await change.already?.(tx, instance);
  if (earlier && ref.part !== undefined) throw alreadyAsked();
  if (earlier) return earlier;
  const guest = await requireAllowed(tx, instance, change.action);
  const generation = instance.generation + 1;
  const desired = change.desired(instance, guest);
  await tx.instance.update({ where: { id: instance.id }, data: { ...desired, generation } });
  await writeStatus(tx, instance.id);
  const subject = subjectOf(instance);
  const kind = typeof change.kind === "string" ? change.kind : change.kind(instance);
  const operationId =
    ref.part === undefined
      ? await createOperation(tx, actor, kind, subject, generation)
      : await beginPart(tx, ref.part, kind, generation);
  const changes = changesOf(instance, desired, ["power"]);
  await recordEvent(tx, { actor, subject, action: kind, operationId, params: change.params, changes });
  await wake(deps.boss, tx, "instance", instance.id);
  return { operationId };
}

function alreadyAsked(): CloudError {
  return new CloudError("InvalidState", "The instance is being deleted already.", { reason: "beingDeleted" });
}

/** `permission`: where it takes more than the procedure says. Throws NotFound, and what `requireStill` throws. */
export async function lockedInstance(
  tx: Tx,
  actor: Actor,
  { projectId, id }: InstanceRef,
  permission?: Permission,
): Promise<Instance> {
  await lockInstance(tx, id);
  await requireStill(tx, actor, permission);
  const instance = await tx.instance.findFirst({ where: { id, projectId } });
  if (!instance) throw instanceNotFound();
  return instance;
}

/** Answers its guest. */
export async function requireAllowed(
  tx: Tx,
  instance: Instance,
  action: InstanceAction | AdminAction,
): Promise<Guest | null> {
  const id = instance.activeGuestId;
  const guest = id ? await tx.guest.findUnique({ where: { id } }) : null;
  const derived = deriveStatus(instanceView(instance, guest));
  const { deleteProtection, launchedAt } = instance;
  const reason = actionBlocked(action, { ...derived, deleteProtection, launchedAt });
  if (!reason) return guest;
  throw new CloudError("InvalidState", `The instance can't do that now: ${reason}.`, {
    reason,
    params: { action, status: derived.status },
  });
}

/** Of a change that says nothing of its power: an instance that powered itself off stays off. */
export function keptOff({ selfStoppedAt, generation }: Instance): { selfStoppedAt?: number } {
  return selfStoppedAt === generation ? { selfStoppedAt: generation + 1 } : {};
}

export async function renewGeneration(tx: Tx, instance: Instance): Promise<{ generation: number }> {
  const generation = instance.generation + 1;
  const data = { generation, ...keptOff(instance) };
  await tx.instance.update({ where: { id: instance.id }, data });
  return { generation };
}

export function subjectOf(instance: Instance): Subject {
  return { kind: "instance", id: instance.id, name: instance.name, projectId: instance.projectId };
}
