import { CloudError } from "@madang/core/errors";
import { fits } from "@madang/core/hypervisor/capacity";
import { volumeUsage } from "@madang/core/quota/type-resource";
import { volumeAmounts } from "@madang/core/volume/place";
import type { NewVolume, VolumeChanges } from "@madang/core/volume/volume-input";
import { lockHypervisor, readCandidate, type Tx, type Volume, wake, writeVolumeStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { snapshotNotFound } from "../reads/volume-snapshot.ts";
import type { Started } from "./change-instance.ts";
import {
  hintHost,
  inProject,
  lockedVolume,
  requireVolumeAllowed,
  settleVolume,
  type VolumeRef,
  volumeSubject,
} from "./change-volume.ts";
import { requireRoom } from "./quota-room.ts";
import { changesOf, createOperation, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { fillOf, type VolumeFill } from "./volume-source.ts";
import { choosableType } from "./volume-type.ts";

/** Throws NotFound, InvalidInput, InvalidState, Conflict, QuotaExceeded. */
export async function createVolume(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  wish: NewVolume,
): Promise<{ id: string }> {
  return await inProject(deps, actor, projectId, async (tx) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["volume", actor.userId, projectId, wish]));
    const claim = { id: wish.id, kind: "volume", projectId, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return { id: wish.id };
    await requireZone(tx, wish.availabilityZone);
    const { leastGib, usualGib, volumeTypeId: usualType, ...fill } = await fillOf(tx, projectId, wish);
    const sizeGib = sizeOf(wish.sizeGib, { leastGib, usualGib });
    const volumeTypeId = await typeOf(tx, projectId, wish.volumeTypeId, usualType);
    await requireRoom(tx, actor, projectId, volumeUsage(volumeTypeId, { volumes: 1, gigabytes: sizeGib }));
    const { id, name, description, metadata, availabilityZone } = wish;
    const data = { id, name, description, metadata, availabilityZone, sizeGib, volumeTypeId, ...fill };
    const volume = await tx.volume.create({ data: { ...data, projectId, userId: actor.userId } });
    await writeVolumeStatus(tx, id);
    const subject = volumeSubject(volume);
    // Of the others nothing is written before their first use.
    const copied = volume.source === "volume" || volume.source === "snapshot";
    const operationId = copied ? await createOperation(tx, actor, "volume.create", subject, 1) : null;
    const params = { gib: sizeGib, source: volume.source };
    await recordEvent(tx, { actor, subject, action: "volume.create", operationId, params });
    await wake(deps.boss, tx, "volume", id);
    return { id };
  });
}

/** Throws InvalidInput. */
export function sizeOf(
  asked: number | null,
  { leastGib, usualGib }: Pick<VolumeFill, "leastGib" | "usualGib">,
): number {
  const size = asked ?? usualGib;
  if (size === null)
    throw new CloudError("InvalidInput", "Say how large the volume shall be.", {
      reason: "volumeSizeNeeded",
      field: "sizeGib",
    });
  if (size >= leastGib) return size;
  throw new CloudError("InvalidInput", `The volume must be at least ${leastGib} GiB, as its source.`, {
    reason: "volumeSmaller",
    params: { needed: leastGib },
    field: "sizeGib",
  });
}

async function requireZone(tx: Tx, availabilityZone: string | null): Promise<void> {
  if (availabilityZone === null) return;
  const known = await tx.hypervisor.count({ where: { availabilityZone, revokedAt: null } });
  if (known > 0) return;
  throw new CloudError("InvalidInput", "There is no such availability zone.", {
    reason: "zoneNotFound",
    field: "availabilityZone",
  });
}

/** Throws NotFound. */
export async function typeOf(
  tx: Tx,
  projectId: string,
  asked: string | null,
  usual: string | null,
): Promise<string> {
  if (asked === null && usual !== null) return usual;
  return (await choosableType(tx, projectId, asked)).id;
}

const told = ["name", "description", "metadata", "bootable", "deleteProtection"] as const;

/** What is already so is not written again. */
export async function updateVolume(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  wish: VolumeChanges,
): Promise<void> {
  await inProject(deps, actor, ref.projectId, async (tx) => {
    const locked = await lockedVolume(tx, ref);
    requireVolumeAllowed(locked, "update");
    const changes = changesOf(locked.volume, wish, told);
    if (Object.keys(changes).length === 0) return;
    const data = { ...wish, updatedAt: deps.admission.now() };
    const volume = await tx.volume.update({ where: { id: ref.id }, data });
    await recordEvent(tx, { actor, subject: volumeSubject(volume), action: "volume.update", changes });
  });
}

/** It never shrinks. Throws InvalidInput, Conflict `volumeNoRoom`. */
export async function extendVolume(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  sizeGib: number,
): Promise<Started> {
  const { started, hypervisorId } = await inProject(deps, actor, ref.projectId, async (tx) => {
    const locked = await lockedVolume(tx, ref);
    requireVolumeAllowed(locked, "extend");
    const { volume } = locked;
    requireLarger(volume, sizeGib);
    const more = sizeGib - volume.sizeGib;
    await requireRoom(tx, actor, ref.projectId, volumeUsage(volume.volumeTypeId, { gigabytes: more }));
    if (volume.hypervisorId !== null) await requireRoomAt(deps, tx, volume.hypervisorId, more);
    const changes = changesOf(volume, { sizeGib }, ["sizeGib"]);
    const params = { gib: sizeGib };
    const change = { actor, volume, kind: "volume.extend", params, changes, data: { sizeGib } };
    return { started: { operationId: await settleVolume(deps, tx, change) }, ...volume };
  });
  hintHost(deps, hypervisorId);
  return started;
}

function requireLarger(volume: Volume, sizeGib: number): void {
  if (sizeGib > volume.sizeGib) return;
  throw new CloudError("InvalidInput", `A volume only grows: more than ${volume.sizeGib} GiB.`, {
    reason: "volumeSizeNotMore",
    params: { has: volume.sizeGib },
    field: "sizeGib",
  });
}

/** Locks the hypervisor, so that nobody else takes the room meanwhile. */
async function requireRoomAt(deps: AdmissionDeps, tx: Tx, hypervisorId: string, gib: number): Promise<void> {
  await lockHypervisor(tx, hypervisorId);
  const candidate = await readCandidate(tx, hypervisorId, deps.admission.now());
  if (candidate?.capacity && fits(candidate.capacity, candidate.used, volumeAmounts(gib))) return;
  throw new CloudError("Conflict", "The hypervisor of this volume has no room for it.", {
    reason: "volumeNoRoom",
    field: "sizeGib",
  });
}

/** `snapshots`: what is known to go with it. Asked again after it failed, it is tried again. */
export async function deleteVolume(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  snapshots: boolean,
  judge?: (tx: Tx) => Promise<void>,
): Promise<Started> {
  const { started, hypervisorId } = await inProject(deps, actor, ref.projectId, async (tx) => {
    const locked = await lockedVolume(tx, ref);
    await judge?.(tx);
    requireVolumeAllowed(locked, "delete");
    const { volume } = locked;
    if (locked.snapshots > 0 && !snapshots)
      throw new CloudError("Conflict", "This volume has snapshots, which would go with it.", {
        reason: "volumeHasSnapshots",
        params: { count: locked.snapshots },
      });
    const data = { deleteRequestedAt: volume.deleteRequestedAt ?? deps.admission.now() };
    const params = { snapshots: locked.snapshots };
    const change = { actor, volume, kind: "volume.delete", params, data };
    return { started: { operationId: await settleVolume(deps, tx, change) }, ...volume };
  });
  hintHost(deps, hypervisorId);
  return started;
}

/** What was written since is gone. */
export async function revertVolume(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  snapshotId: string,
): Promise<Started> {
  const { started, hypervisorId } = await inProject(deps, actor, ref.projectId, async (tx) => {
    const locked = await lockedVolume(tx, ref);
    requireVolumeAllowed(locked, "revert");
    const { volume } = locked;
    const snapshot = await tx.volumeSnapshot.findFirst({ where: { id: snapshotId, volumeId: volume.id } });
    if (!snapshot) throw snapshotNotFound("snapshotId");
    if (snapshot.status !== "available")
      throw new CloudError("InvalidState", "The volume can't go back to this snapshot now.", {
        reason: "snapshotNotReady",
        field: "snapshotId",
      });
    // Never a number that was seen already, whatever became of this row since.
    const revertSeq = Math.max(volume.revertSeq, volume.observedRevertSeq) + 1;
    const data = { revertSnapshotId: snapshotId, revertSeq };
    const params = { snapshot: snapshot.name };
    const change = { actor, volume, kind: "volume.revert", params, data };
    return { started: { operationId: await settleVolume(deps, tx, change) }, ...volume };
  });
  hintHost(deps, hypervisorId);
  return started;
}
