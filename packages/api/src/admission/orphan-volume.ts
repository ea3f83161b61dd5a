/** What an administrator decides about a volume that a hypervisor has and nobody asked for. */
import { CloudError } from "@madang/core/errors";
import { PrismaNamespace, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { hypervisorSubject, lockedHypervisor } from "./hypervisor.ts";
import { recordEvent } from "./record.ts";

export type OrphanVolumeRef = { hypervisorId: string; volumeId: string };

/** For good, with all that is in it. Asked again while the first order stands, it is the same. Throws NotFound, InvalidState. */
export async function removeOrphanVolume(
  deps: AdmissionDeps,
  actor: Actor,
  ref: OrphanVolumeRef,
): Promise<void> {
  await transaction(deps.admission.prisma, (tx) => orderAway(tx, actor, ref, deps.admission.now()));
  deps.hints.publish("event", `hypervisor:${ref.hypervisorId}`);
}

async function orderAway(tx: Tx, actor: Actor, ref: OrphanVolumeRef, now: Date): Promise<void> {
  const hypervisor = await lockedHypervisor(tx, ref.hypervisorId);
  const where = { hypervisorId_volumeId: ref };
  const found = await tx.orphanVolume.findUnique({ where });
  if (!found)
    throw new CloudError("NotFound", "The hypervisor tells of no such volume, or no longer.", {
      reason: "orphanVolumeNotFound",
    });
  await requireUnknown(tx, ref);
  if (found.removeRequestedAt !== null && found.fault === null) return;
  // What went wrong before says nothing of this order.
  const data = { removeRequestedAt: now, requestedById: actor.userId, fault: PrismaNamespace.DbNull };
  await tx.orphanVolume.update({ where, data });
  const params = { volumeId: ref.volumeId, bytes: Number(found.usedBytes) };
  await recordEvent(tx, {
    actor,
    subject: hypervisorSubject(hypervisor),
    action: "orphan.remove-volume",
    params,
  });
}

/** Throws InvalidState for one that is known again: it lives there, or may be placed there next. */
async function requireUnknown(tx: Tx, { hypervisorId, volumeId }: OrphanVolumeRef): Promise<void> {
  const volume = await tx.volume.findFirst({
    where: { id: volumeId, OR: [{ hypervisorId }, { hypervisorId: null }] },
    select: { name: true },
  });
  if (!volume) return;
  throw new CloudError("InvalidState", `It is the volume ${volume.name}.`, {
    reason: "orphanVolumeKnown",
    params: { name: volume.name },
  });
}
