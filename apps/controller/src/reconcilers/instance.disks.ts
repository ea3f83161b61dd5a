/** What each step for an instance's volumes writes, inside the transaction that holds the instance's and the volumes' locks. */
import type { PublicError } from "@madang/core/errors";
import { type VolumePlaceBlock, volumePlaceBlocked } from "@madang/core/volume/place";
import {
  countCopies,
  lockHypervisor,
  PrismaNamespace,
  readCandidate,
  type Tx,
  writeVolumeStatus,
} from "@madang/db";
import { type DiskFacts, type DiskStep, isNeeded, planDisks } from "./instance.disks.plan.ts";
import { failInstance } from "./instance.failure.ts";
import { holdGuestAnew } from "./instance.guest.ts";
import type { GuestFacts } from "./instance.plan.ts";
import type { LoadedInstance } from "./instance.view.ts";
import { foundAt, placeFound } from "./volume.found.ts";
import { endVolumeOperations, recordVolumeEvent } from "./volume.operations.ts";

type Step = DiskStep<GuestFacts>;

export const nextDiskStep = ({ view, row }: LoadedInstance): Step | null =>
  planDisks({
    ...view.instance,
    failed: view.instance.fault !== null && !view.instance.launched,
    disks: view.disks,
    guests: view.guests,
    activeGuestId: row.activeGuestId,
  });

export async function applyDiskStep(tx: Tx, loaded: LoadedInstance, step: Step): Promise<void> {
  switch (step.kind) {
    case "connect":
      await setPhase(tx, step.disks, "attaching");
      return holdGuestAnew(tx, loaded, step.guest);
    case "disconnect":
      await setPhase(tx, step.disks, "detaching");
      return holdGuestAnew(tx, loaded, step.guest);
    case "attached":
      return attached(tx, loaded, step.disks);
    case "release":
      return release(tx, loaded, step.disks);
    case "place-volume":
      return placeVolumes(tx, loaded, step.disks, step.hypervisorId);
    case "withdraw":
      return withdraw(tx, loaded, step.disk, step.fault);
  }
}

async function setPhase(
  tx: Tx,
  disks: readonly DiskFacts[],
  phase: "attaching" | "attached" | "detaching",
): Promise<void> {
  const ids = disks.map(({ attachmentId }) => attachmentId);
  await tx.volumeAttachment.updateMany({ where: { id: { in: ids } }, data: { phase } });
  for (const { volumeId } of disks) await writeVolumeStatus(tx, volumeId);
}

async function attached(tx: Tx, loaded: LoadedInstance, disks: readonly DiskFacts[]): Promise<void> {
  await setPhase(tx, disks, "attached");
  for (const disk of disks) await end(tx, loaded, disk, ["volume.attach"], "volume.attached");
}

/** The volume is free again; what was to go with its attachment goes by its own reconciler. */
async function release(tx: Tx, loaded: LoadedInstance, disks: readonly DiskFacts[]): Promise<void> {
  const ids = disks.map(({ attachmentId }) => attachmentId);
  await tx.volumeAttachment.deleteMany({ where: { id: { in: ids } } });
  for (const disk of disks) {
    await writeVolumeStatus(tx, disk.volumeId);
    const cancelled = { state: "cancelled", error: null } as const;
    await endVolumeOperations(tx, disk.volumeId, ["volume.attach"], cancelled, loaded.now);
    await end(tx, loaded, disk, ["volume.detach"], "volume.detached");
  }
}

async function end(
  tx: Tx,
  { row, now }: LoadedInstance,
  { volumeId }: DiskFacts,
  kinds: readonly string[],
  action: string,
): Promise<void> {
  const done = { state: "succeeded", error: null } as const;
  const operation = await endVolumeOperations(tx, volumeId, kinds, done, now);
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: volumeId } });
  await recordVolumeEvent(tx, volume, { action, operation, params: { instance: row.name } });
}

const placeFault = (reason: VolumePlaceBlock, zone: string | null): PublicError => ({
  code: "NoValidHost",
  reason,
  message: `The instance's hypervisor can't take this volume: ${reason}.`,
  retry: "never",
  ...(reason === "volumeOtherZone" ? { params: { zone: zone ?? "" } } : {}),
});

/** One that can't be there ends a first build, and then the others need no place either. */
async function placeVolumes(
  tx: Tx,
  loaded: LoadedInstance,
  disks: readonly DiskFacts[],
  hypervisorId: string,
): Promise<void> {
  for (const disk of disks) {
    const fault = await placeVolume(tx, loaded, disk, hypervisorId);
    if (fault === null) continue;
    await refuse(tx, loaded, disk, fault);
    if (isNeeded(disk, loaded.view.instance.launched)) return;
  }
}

/** Where its first instance is, if it fits there: from now on it lives there. One that was found elsewhere lives where it is. */
async function placeVolume(
  tx: Tx,
  loaded: LoadedInstance,
  disk: DiskFacts,
  hypervisorId: string,
): Promise<PublicError | null> {
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: disk.volumeId } });
  const found = await foundAt(tx, volume);
  if (found !== null) {
    await placeFound(tx, disk.volumeId, found);
    await writeVolumeStatus(tx, disk.volumeId);
    return null;
  }
  await lockHypervisor(tx, hypervisorId);
  const reason = volumePlaceBlocked(await readCandidate(tx, hypervisorId, loaded.now), volume);
  if (reason !== null) return placeFault(reason, volume.availabilityZone);
  await tx.volume.update({ where: { id: disk.volumeId }, data: { hypervisorId } });
  await writeVolumeStatus(tx, disk.volumeId);
  return null;
}

async function refuse(tx: Tx, loaded: LoadedInstance, disk: DiskFacts, fault: PublicError): Promise<void> {
  const isWhole = !isNeeded(disk, loaded.view.instance.launched);
  return isWhole ? withdraw(tx, loaded, disk, fault) : failInstance(tx, loaded, fault);
}

/** No guest was told of it. */
async function withdraw(
  tx: Tx,
  { row, now }: LoadedInstance,
  disk: DiskFacts,
  error: PublicError,
): Promise<void> {
  await tx.volumeAttachment.delete({ where: { id: disk.attachmentId } });
  await unplaceUnmade(tx, disk.volumeId);
  await writeVolumeStatus(tx, disk.volumeId);
  const kinds = ["volume.attach"];
  const operation = await endVolumeOperations(tx, disk.volumeId, kinds, { state: "failed", error }, now);
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: disk.volumeId } });
  const params = { instance: row.name, reason: error.reason, message: error.message };
  await recordVolumeEvent(tx, volume, {
    action: "volume.attach-failed",
    result: "failed",
    operation,
    params,
  });
}

/** One that its hypervisor could not make, and never had, is nowhere again: another may have room for it. Copies can be nowhere else. */
async function unplaceUnmade(tx: Tx, id: string): Promise<void> {
  const { generation, ...volume } = await tx.volume.findUniqueOrThrow({
    where: { id },
    include: { _count: { select: { snapshots: true } } },
  });
  const answered = volume.observed === "failed" && volume.ackedGeneration === generation;
  const isCopy = volume.source === "volume" || volume.source === "snapshot";
  if (volume.made || !answered || isCopy || volume._count.snapshots > 0) return;
  await tx.volume.update({
    where: { id },
    data: {
      hypervisorId: null,
      observed: "unknown",
      ackedGeneration: 0,
      hostFault: PrismaNamespace.DbNull,
      generation: generation + 1,
    },
  });
}

/**
 * In the transaction that deletes the instance's row: no guest is left that could have them. What was to go with it goes, the
 * rest is free. The locks of all of them are held.
 */
export async function releaseVolumes(tx: Tx, loaded: LoadedInstance): Promise<void> {
  const { row } = loaded;
  if (row.volumes.length === 0) return;
  await tx.volumeAttachment.deleteMany({ where: { instanceId: row.id } });
  for (const attachment of row.volumes) await releaseWithInstance(tx, loaded, attachment);
}

async function releaseWithInstance(
  tx: Tx,
  { row, now }: LoadedInstance,
  { volumeId, volume, deleteWithInstance }: LoadedInstance["row"]["volumes"][number],
): Promise<void> {
  const kept = deleteWithInstance ? await keptFor(tx, volumeId) : null;
  if (deleteWithInstance && kept === null)
    await tx.volume.updateMany({
      where: { id: volumeId, deleteRequestedAt: null },
      data: { deleteRequestedAt: now, generation: { increment: 1 } },
    });
  await writeVolumeStatus(tx, volumeId);
  const done = { state: "succeeded", error: null } as const;
  const cancelled = { state: "cancelled", error: null } as const;
  await endVolumeOperations(tx, volumeId, ["volume.attach"], cancelled, now);
  const operation = await endVolumeOperations(tx, volumeId, ["volume.detach"], done, now);
  const params = { instance: row.name, ...(kept === null ? {} : { reason: kept }) };
  await recordVolumeEvent(tx, volume, { action: endAction(deleteWithInstance, kept), operation, params });
}

function endAction(deleteWithInstance: boolean, kept: string | null): string {
  if (!deleteWithInstance) return "volume.detached";
  return kept === null ? "volume.delete" : "volume.kept";
}

/** Why it stays although it was to go with its instance: what a deletion by itself would be refused for. null: it goes. */
async function keptFor(tx: Tx, volumeId: string): Promise<"protected" | "snapshots" | "copied" | null> {
  const { deleteProtection } = await tx.volume.findUniqueOrThrow({
    where: { id: volumeId },
    select: { deleteProtection: true },
  });
  if (deleteProtection) return "protected";
  // What is going already goes with it.
  const snapshots = await tx.volumeSnapshot.count({ where: { volumeId, deleteRequestedAt: null } });
  if (snapshots > 0) return "snapshots";
  const copies = await countCopies(tx, { sourceVolumeId: volumeId });
  return copies > 0 ? "copied" : null;
}
