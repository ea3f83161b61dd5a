import { CloudError } from "@madang/core/errors";
import { typeUsage } from "@madang/core/quota/type-resource";
import type { Tx, Volume, VolumeType } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import type { Started } from "./change-instance.ts";
import {
  hintHost,
  inProject,
  lockedVolume,
  requireVolumeAllowed,
  settleVolume,
  type VolumeRef,
} from "./change-volume.ts";
import { requireRoom } from "./quota-room.ts";
import { choosableType } from "./volume-type.ts";

/**
 * The new type's limits (QoS) count at once, in a running guest too. Its snapshots come with it, and count in the new type's
 * quota. Throws NotFound, InvalidInput (it is of this type), InvalidState, QuotaExceeded, Conflict where the new type keeps
 * its volumes on other storage and this one is written already.
 */
export async function retypeVolume(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  volumeTypeId: string,
): Promise<Started> {
  const { started, hypervisorId } = await inProject(deps, actor, ref.projectId, async (tx) => {
    const locked = await lockedVolume(tx, ref);
    requireVolumeAllowed(locked, "retype");
    const { volume } = locked;
    const [before, type] = await typesOf(tx, volume, volumeTypeId);
    requireSameStorage(volume, before, type);
    const snapshots = await tx.volumeSnapshot.findMany({ where: { volumeId: ref.id } });
    const gigabytes = snapshots.reduce((sum, { sizeGib }) => sum + sizeGib, volume.sizeGib);
    const amounts = { volumes: 1, gigabytes, snapshots: snapshots.length };
    await requireRoom(tx, actor, ref.projectId, typeUsage(type.id, amounts));
    const operationId = await settleVolume(deps, tx, {
      ...{ actor, volume, kind: "volume.retype", data: { volumeTypeId } },
      params: { type: type.name },
      changes: { type: [before.name, type.name] },
    });
    return { started: { operationId }, hypervisorId: volume.hypervisorId };
  });
  hintHost(deps, hypervisorId);
  return started;
}

async function typesOf(tx: Tx, volume: Volume, id: string): Promise<[before: VolumeType, type: VolumeType]> {
  if (volume.volumeTypeId === id)
    throw new CloudError("InvalidInput", "The volume is of this type already.", {
      reason: "volumeTypeSame",
      field: "volumeTypeId",
    });
  const before = await tx.volumeType.findUniqueOrThrow({ where: { id: volume.volumeTypeId } });
  return [before, await choosableType(tx, volume.projectId, id)];
}

/** What is on no hypervisor was never written, and may be kept anywhere. */
function requireSameStorage({ hypervisorId }: Volume, before: VolumeType, type: VolumeType): void {
  if (hypervisorId === null || before.backend === type.backend) return;
  throw new CloudError("Conflict", "This type keeps its volumes on other storage, where this one can't go.", {
    reason: "volumeTypeOtherStorage",
    params: { has: before.backend, wanted: type.backend },
    field: "volumeTypeId",
  });
}
