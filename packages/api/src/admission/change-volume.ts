/** The one way to change what is wanted of a volume: lock it, judge the action, write, record, wake. */
import { CloudError } from "@madang/core/errors";
import { type VolumeAction, type VolumeActionView, volumeActionBlocked } from "@madang/core/volume/action";
import { deriveVolumeStatus } from "@madang/core/volume/status";
import { snapshotLimit } from "@madang/core/volume/volume-input";
import {
  countCopies,
  lockVolume,
  type Tx,
  transaction,
  type Volume,
  type VolumeAttachment,
  volumeView,
  wake,
  writeVolumeStatus,
} from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { volumeNotFound } from "../reads/volume.ts";
import { lockOpenProject } from "./open-project.ts";
import { type Changes, createOperation, recordEvent, type Subject } from "./record.ts";

export type VolumeRef = { projectId: string; id: string };

/** In one transaction, with the project open and locked. */
export async function inProject<T>(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const done = await deps.admissions.run(projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      await lockOpenProject(tx, actor, projectId);
      return await work(tx);
    }),
  );
  deps.hints.publish("event");
  return done;
}

export type LockedVolume = Pick<
  VolumeActionView,
  "snapshots" | "snapshotsTaking" | "snapshotsHeld" | "copies"
> & {
  volume: Volume;
  attachment: VolumeAttachment | null;
};

/** Throws NotFound. `field`: where in a form it was chosen. */
export async function lockedVolume(
  tx: Tx,
  { projectId, id }: VolumeRef,
  field?: string,
): Promise<LockedVolume> {
  await lockVolume(tx, id);
  const volume = await tx.volume.findFirst({ where: { id, projectId } });
  if (!volume) throw volumeNotFound(field);
  const attachment = await tx.volumeAttachment.findUnique({ where: { volumeId: id } });
  const held = await tx.volumeSnapshot.findMany({
    where: { volumeId: id },
    select: { status: true, deleteRequestedAt: true },
  });
  const kept = held.filter(({ deleteRequestedAt }) => deleteRequestedAt === null);
  const snapshotsTaking = kept.filter(({ status }) => status === "creating").length;
  const copies = await countCopies(tx, { sourceVolumeId: id });
  const snapshots = { snapshots: kept.length, snapshotsTaking, snapshotsHeld: held.length };
  return { volume, attachment, ...snapshots, copies };
}

export function actionViewOf(locked: LockedVolume): VolumeActionView {
  const { volume, attachment, snapshots, snapshotsTaking, snapshotsHeld, copies } = locked;
  const phase = attachment?.phase ?? null;
  return {
    status: deriveVolumeStatus(volumeView(volume, phase)),
    attachment: attachment?.detachRequestedAt ? "detaching" : phase,
    deleteProtection: volume.deleteProtection,
    boots: attachment?.boot ?? false,
    snapshots,
    snapshotsTaking,
    snapshotsHeld,
    copies,
    placed: volume.hypervisorId !== null,
  };
}

/** Throws InvalidState with the reason of `volumeActionBlocked`. */
export function requireVolumeAllowed(locked: LockedVolume, action: VolumeAction, field?: string): void {
  const view = actionViewOf(locked);
  const reason = volumeActionBlocked(action, view);
  if (!reason) return;
  throw new CloudError("InvalidState", `The volume can't do that now: ${reason}.`, {
    reason,
    params: { action, status: view.status, limit: snapshotLimit },
    ...(field === undefined ? {} : { field }),
  });
}

export type VolumeChange = {
  actor: Actor;
  volume: Volume;
  /** Of the operation. */
  kind: string;
  /** Of the event, where it is not the operation's. */
  action?: string;
  subject?: Subject;
  params?: { [key: string]: string | number };
  changes?: Changes;
  data?: Partial<
    Pick<
      Volume,
      | "sizeGib"
      | "volumeTypeId"
      | "revertSnapshotId"
      | "revertSeq"
      | "deleteRequestedAt"
      | "forceDeleteRequestedAt"
    >
  >;
};

/** A new generation, which its hypervisor is told of. Answers the operation's id. */
export async function settleVolume(
  deps: AdmissionDeps,
  tx: Tx,
  { actor, volume, kind, action = kind, subject, params, changes, data = {} }: VolumeChange,
): Promise<string> {
  const generation = volume.generation + 1;
  await tx.volume.update({
    where: { id: volume.id },
    data: { ...data, generation, updatedAt: deps.admission.now() },
  });
  await writeVolumeStatus(tx, volume.id);
  const operationId = await createOperation(tx, actor, kind, volumeSubject(volume), generation);
  await recordEvent(tx, {
    actor,
    subject: subject ?? volumeSubject(volume),
    action,
    operationId,
    ...(params ? { params } : {}),
    ...(changes ? { changes } : {}),
  });
  await wake(deps.boss, tx, "volume", volume.id);
  return operationId;
}

/** Its hypervisor should look. */
export function hintHost(deps: AdmissionDeps, hypervisorId: string | null): void {
  if (hypervisorId !== null) deps.hints.publish(`hypervisor:${hypervisorId}`);
}

export function volumeSubject({ id, name, projectId }: Pick<Volume, "id" | "name" | "projectId">): Subject {
  return { kind: "volume", id, name, projectId };
}
