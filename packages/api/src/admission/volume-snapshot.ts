import { CloudError } from "@madang/core/errors";
import { sumUsage } from "@madang/core/quota/resource";
import { volumeUsage } from "@madang/core/quota/type-resource";
import { groupSnapshotBlocked, snapshotActionBlocked } from "@madang/core/volume/action";
import type { SnapshotStatus } from "@madang/core/volume/status";
import { type NewSnapshot, type SnapshotChanges, snapshotLimit } from "@madang/core/volume/volume-input";
import {
  countCopies,
  lockVolumes,
  lockVolumesOf,
  type Tx,
  type Volume,
  type VolumeSnapshot,
} from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { snapshotNotFound } from "../reads/volume-snapshot.ts";
import { lockedInstance, type Started } from "./change-instance.ts";
import {
  actionViewOf,
  hintHost,
  inProject,
  type LockedVolume,
  lockedVolume,
  requireVolumeAllowed,
  settleVolume,
  type VolumeRef,
} from "./change-volume.ts";
import { requireRoom } from "./quota-room.ts";
import { changesOf, recordEvent, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";

/** Of all volumes of an instance they are of one instant. Answers their ids. Throws NotFound, InvalidState, QuotaExceeded. */
export async function createSnapshots(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  wish: NewSnapshot,
): Promise<{ ids: string[] }> {
  const { ids, hosts } = await inProject(deps, actor, projectId, async (tx) => {
    const named = wish.of.kind === "volume" ? [wish.of.id] : wish.of.ids;
    const bodyHash = deps.seal.mark(JSON.stringify(["snapshot", actor.userId, projectId, wish]));
    const claims = named.map((id) => ({ id, kind: "volume_snapshot", projectId, bodyHash }));
    if ((await claimIds(tx, claims)) === "repeat") return { ids: named, hosts: [] };
    const volumes = await lockedOrigins(tx, actor, projectId, wish);
    const each = volumes.map(({ volumeTypeId, sizeGib }) =>
      volumeUsage(volumeTypeId, { snapshots: 1, gigabytes: sizeGib }),
    );
    await requireRoom(tx, actor, projectId, sumUsage(...each));
    const groupId = wish.of.kind === "instance" ? crypto.randomUUID() : null;
    for (const [index, volume] of volumes.entries())
      await insert(deps, tx, { actor, wish, volume, groupId, id: named[index] ?? crypto.randomUUID() });
    const used = named.slice(0, volumes.length);
    return { ids: used, hosts: [...new Set(volumes.map(({ hypervisorId }) => hypervisorId))] };
  });
  for (const host of hosts) hintHost(deps, host);
  return { ids };
}

/** In the order of the instance's disks. */
async function lockedOrigins(
  tx: Tx,
  actor: Actor,
  projectId: string,
  { of }: NewSnapshot,
): Promise<Volume[]> {
  if (of.kind === "volume") return [await origin(tx, { projectId, id: of.volumeId })];
  await lockedInstance(tx, actor, { projectId, id: of.instanceId });
  await lockVolumesOf(tx, of.instanceId);
  const attachments = await tx.volumeAttachment.findMany({
    where: { instanceId: of.instanceId },
    orderBy: [{ position: "asc" }, { id: "asc" }],
  });
  if (attachments.length > of.ids.length)
    throw new CloudError("InvalidState", "The instance has other volumes than were to be snapshotted.", {
      reason: "snapshotVolumesChanged",
    });
  const all: LockedVolume[] = [];
  for (const { volumeId } of attachments) all.push(await lockedVolume(tx, { projectId, id: volumeId }));
  requireGroup(all);
  return all.map(({ volume }) => volume);
}

/** Throws InvalidState. */
function requireGroup(all: readonly LockedVolume[]): void {
  const reason = groupSnapshotBlocked(all.map(actionViewOf));
  if (!reason) return;
  throw new CloudError("InvalidState", `The instance's volumes can't be snapshotted now: ${reason}.`, {
    reason,
    params: { limit: snapshotLimit },
    retry: reason === "snapshotVolumesUnsettled" ? "later" : "never",
  });
}

async function origin(tx: Tx, ref: VolumeRef): Promise<Volume> {
  const locked = await lockedVolume(tx, ref, "volumeId");
  requireVolumeAllowed(locked, "snapshot");
  return locked.volume;
}

type Fresh = { actor: Actor; wish: NewSnapshot; volume: Volume; groupId: string | null; id: string };

async function insert(
  deps: AdmissionDeps,
  tx: Tx,
  { actor, wish, volume, groupId, id }: Fresh,
): Promise<void> {
  const { name, description, metadata } = wish;
  const { projectId, sizeGib } = volume;
  const row = { id, projectId, volumeId: volume.id, name, description, metadata, sizeGib, groupId };
  const snapshot = await tx.volumeSnapshot.create({ data: row });
  await settleVolume(deps, tx, {
    actor,
    volume,
    kind: "volume.snapshot",
    action: "volume_snapshot.create",
    subject: snapshotSubject(snapshot),
    params: { volume: volume.name },
  });
}

/** Throws NotFound. */
async function lockedSnapshot(tx: Tx, { projectId, id }: VolumeRef) {
  const found = await tx.volumeSnapshot.findFirst({ where: { id, projectId }, select: { volumeId: true } });
  if (!found) throw snapshotNotFound();
  await lockVolumes(tx, [found.volumeId]);
  const snapshot = await tx.volumeSnapshot.findFirst({
    where: { id, projectId },
    include: { volume: true },
  });
  if (!snapshot) throw snapshotNotFound();
  return snapshot;
}

export async function updateSnapshot(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  wish: SnapshotChanges,
): Promise<void> {
  await inProject(deps, actor, ref.projectId, async (tx) => {
    const before = await lockedSnapshot(tx, ref);
    const changes = changesOf(before, wish, ["name", "description", "metadata"]);
    if (Object.keys(changes).length === 0) return;
    const after = await tx.volumeSnapshot.update({ where: { id: ref.id }, data: wish });
    const subject = snapshotSubject(after);
    await recordEvent(tx, { actor, subject, action: "volume_snapshot.update", changes });
  });
}

/** Volumes that were made of it stay. Asked again after it failed, it is tried again. */
export async function deleteSnapshot(deps: AdmissionDeps, actor: Actor, ref: VolumeRef): Promise<Started> {
  const { started, hypervisorId } = await inProject(deps, actor, ref.projectId, async (tx) => {
    const { volume, ...snapshot } = await lockedSnapshot(tx, ref);
    await requireFree(tx, snapshot, volume);
    const deleteRequestedAt = snapshot.deleteRequestedAt ?? deps.admission.now();
    await tx.volumeSnapshot.update({ where: { id: ref.id }, data: { deleteRequestedAt } });
    const operationId = await settleVolume(deps, tx, {
      actor,
      volume,
      kind: "volume.delete-snapshot",
      action: "volume_snapshot.delete",
      subject: snapshotSubject(snapshot),
      params: { volume: volume.name },
    });
    return { started: { operationId }, hypervisorId: volume.hypervisorId };
  });
  hintHost(deps, hypervisorId);
  return started;
}

async function requireFree(tx: Tx, snapshot: VolumeSnapshot, volume: Volume): Promise<void> {
  const copies = await countCopies(tx, { sourceSnapshotId: snapshot.id });
  const status = snapshot.status as SnapshotStatus;
  const goneBackTo = volume.status === "reverting" && volume.revertSnapshotId === snapshot.id;
  const reason = snapshotActionBlocked("delete", { status, copies, goneBackTo });
  if (!reason) return;
  throw new CloudError("InvalidState", `The snapshot can't be deleted now: ${reason}.`, { reason });
}

function snapshotSubject({
  id,
  name,
  projectId,
}: Pick<VolumeSnapshot, "id" | "name" | "projectId">): Subject {
  return { kind: "volume_snapshot", id, name, projectId };
}
