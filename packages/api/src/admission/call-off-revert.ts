/**
 * A revert that its hypervisor has not done yet is not told to it any more. One that is done, or was begun there, is never
 * undone: what the hypervisor answers to this generation says which it was, and the operation ends as that.
 */
import { type Tx, wake, writeVolumeStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import {
  hintHost,
  inProject,
  lockedVolume,
  requireVolumeAllowed,
  type VolumeRef,
  volumeSubject,
} from "./change-volume.ts";
import { recordEvent } from "./record.ts";

/** `judge`: asked with the volume locked. Asked twice, it is the same. Throws NotFound, InvalidState. */
export async function callOffRevert(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  judge?: (tx: Tx) => Promise<void>,
): Promise<void> {
  const host = await inProject(deps, actor, ref.projectId, async (tx) => {
    const locked = await lockedVolume(tx, ref);
    await judge?.(tx);
    requireVolumeAllowed(locked, "callOff");
    const { volume } = locked;
    if (volume.revertSnapshotId === null) return null;
    const updatedAt = deps.admission.now();
    const data = { revertSnapshotId: null, generation: volume.generation + 1, updatedAt };
    await tx.volume.update({ where: { id: volume.id }, data });
    await writeVolumeStatus(tx, volume.id);
    const open = await tx.operation.findFirst({
      where: { resourceId: volume.id, kind: "volume.revert", state: { in: ["pending", "running"] } },
      orderBy: { createdAt: "desc" },
      select: { id: true },
    });
    const operationId = open?.id ?? null;
    await recordEvent(tx, { actor, subject: volumeSubject(volume), action: "volume.call-off", operationId });
    await wake(deps.boss, tx, "volume", volume.id);
    return volume.hypervisorId;
  });
  hintHost(deps, host);
}
