/**
 * A deletion that does not wait for a hypervisor that gives no answer: whatever is left there shows up as an orphaned volume
 * when it comes back. It ignores delete protection, takes the snapshots along, and hastens a deletion that is under way.
 */
import { CloudError } from "@madang/core/errors";
import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { volumeNotFound } from "../reads/volume.ts";
import type { Started } from "./change-instance.ts";
import {
  hintHost,
  lockedVolume,
  requireVolumeAllowed,
  settleVolume,
  type VolumeRef,
} from "./change-volume.ts";
import { requireStill } from "./still.ts";

/** `name` is typed by hand, so that nobody deletes the wrong one. Asked twice, it is the same. Throws NotFound, InvalidInput, InvalidState. */
export async function forceDeleteVolume(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  name: string,
): Promise<Started> {
  const where = { id };
  const found = await deps.admission.prisma.volume.findUnique({ where, select: { projectId: true } });
  if (!found) throw volumeNotFound();
  const { projectId } = found;
  const { started, host } = await deps.admissions.run(projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, { id, projectId }, name)),
  );
  deps.hints.publish("event");
  hintHost(deps, host);
  return started;
}

async function admit(
  deps: AdmissionDeps,
  tx: Tx,
  actor: Actor,
  ref: VolumeRef,
  name: string,
): Promise<{ started: Started; host: string | null }> {
  const locked = await lockedVolume(tx, ref);
  await requireStill(tx, actor);
  const { volume } = locked;
  if (name !== volume.name)
    throw new CloudError("InvalidInput", "This is not the volume's name.", {
      reason: "volumeNameDiffers",
      field: "name",
    });
  const host = volume.hypervisorId;
  const earlier = volume.forceDeleteRequestedAt === null ? null : await deletionOf(tx, ref.id);
  if (earlier) return { started: { operationId: earlier }, host };
  requireVolumeAllowed(locked, "forceDelete");
  const now = deps.admission.now();
  const data = { deleteRequestedAt: volume.deleteRequestedAt ?? now, forceDeleteRequestedAt: now };
  const params = { snapshots: locked.snapshots };
  const action = "volume.force-delete";
  const change = { actor, volume, kind: "volume.delete", action, params, data };
  return { started: { operationId: await settleVolume(deps, tx, change) }, host };
}

async function deletionOf(tx: Tx, resourceId: string): Promise<string | null> {
  const open = await tx.operation.findFirst({
    where: { resourceId, kind: "volume.delete", state: { in: ["pending", "running"] } },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  return open?.id ?? null;
}
