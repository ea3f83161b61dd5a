/** What each step for an instance's volumes writes, inside the transaction that holds the instance's and the volumes' locks. */
import type { PublicError } from "@madang/core/errors";
import { fits } from "@madang/core/hypervisor/capacity";
import { lockHypervisor, readCandidate, type Tx, writeVolumeStatus } from "@madang/db";
import { type DiskFacts, type DiskStep, planDisks } from "./instance.disks.plan.ts";
import { holdGuestAnew } from "./instance.guest.ts";
import type { GuestFacts } from "./instance.plan.ts";
import type { LoadedInstance } from "./instance.view.ts";
import { endVolumeOperations, recordVolumeEvent } from "./volume.operations.ts";

type Step = DiskStep<GuestFacts>;

export const nextDiskStep = ({ view, row }: LoadedInstance): Step | null =>
  planDisks({
    deleteRequested: view.instance.deleteRequested,
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
      return placeVolume(tx, loaded, step.disk, step.hypervisorId);
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

const noRoom: PublicError = {
  code: "NoValidHost",
  reason: "volumeNoRoom",
  message: "The instance's hypervisor has no room for this volume.",
  retry: "never",
};

/** Where its first instance is, if it fits there: from now on it lives there. */
async function placeVolume(
  tx: Tx,
  loaded: LoadedInstance,
  disk: DiskFacts,
  hypervisorId: string,
): Promise<void> {
  const { sizeGib } = await tx.volume.findUniqueOrThrow({ where: { id: disk.volumeId } });
  await lockHypervisor(tx, hypervisorId);
  const candidate = await readCandidate(tx, hypervisorId, loaded.now);
  const wanted = { VCPU: 0, MEMORY_MB: 0, DISK_GB: sizeGib };
  if (!candidate?.storage || !candidate.capacity || !fits(candidate.capacity, candidate.used, wanted))
    return withdraw(tx, loaded, disk, noRoom);
  await tx.volume.update({ where: { id: disk.volumeId }, data: { hypervisorId } });
  await writeVolumeStatus(tx, disk.volumeId);
}

/** No guest was told of it. */
async function withdraw(
  tx: Tx,
  { row, now }: LoadedInstance,
  disk: DiskFacts,
  error: PublicError,
): Promise<void> {
  await tx.volumeAttachment.delete({ where: { id: disk.attachmentId } });
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

/**
 * In the transaction that deletes the instance's row: no guest is left that could have them. What was to go with it goes, the
 * rest is free.
 */
export async function releaseVolumes(tx: Tx, { row, now }: LoadedInstance): Promise<void> {
  if (row.volumes.length === 0) return;
  await tx.volumeAttachment.deleteMany({ where: { instanceId: row.id } });
  const going = row.volumes.filter(({ deleteWithInstance }) => deleteWithInstance);
  await tx.volume.updateMany({
    where: { id: { in: going.map(({ volumeId }) => volumeId) }, deleteRequestedAt: null },
    data: { deleteRequestedAt: now, generation: { increment: 1 } },
  });
  for (const { volumeId, volume, deleteWithInstance } of row.volumes) {
    await writeVolumeStatus(tx, volumeId);
    const done = { state: "succeeded", error: null } as const;
    const cancelled = { state: "cancelled", error: null } as const;
    await endVolumeOperations(tx, volumeId, ["volume.attach"], cancelled, now);
    const operation = await endVolumeOperations(tx, volumeId, ["volume.detach"], done, now);
    const action = deleteWithInstance ? "volume.delete" : "volume.detached";
    await recordVolumeEvent(tx, volume, { action, operation, params: { instance: row.name } });
  }
}
