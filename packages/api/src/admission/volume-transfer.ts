/** A volume goes to another project: whose it is makes a key that counts once, whoever has it takes the volume over. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { CloudError } from "@madang/core/errors";
import { volumeUsage } from "@madang/core/quota/type-resource";
import { lockProjects, type Tx, transaction, wake } from "@madang/db";
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
import { requireOpen } from "./open-project.ts";
import { requireRoom } from "./quota-room.ts";
import { recordEvent, recordEvents } from "./record.ts";
import { requireStill } from "./still.ts";

const secretBytes = 20;
const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

/** The key is told once. One that was made before counts no more. */
export async function offerTransfer(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
): Promise<{ key: string }> {
  return await inProject(deps, actor, ref.projectId, async (tx) => {
    const locked = await lockedVolume(tx, ref);
    requireVolumeAllowed(locked, "transfer");
    const [id, secret] = [crypto.randomUUID(), randomBytes(secretBytes).toString("hex")];
    await tx.volumeTransfer.deleteMany({ where: { volumeId: ref.id } });
    await tx.volumeTransfer.create({ data: { id, volumeId: ref.id, keyHash: hashOf(secret) } });
    await recordEvent(tx, {
      actor,
      subject: volumeSubject(locked.volume),
      action: "volume.offer-transfer",
    });
    return { key: `${id}.${secret}` };
  });
}

/** Asked twice, it is the same. */
export async function withdrawTransfer(deps: AdmissionDeps, actor: Actor, ref: VolumeRef): Promise<void> {
  await inProject(deps, actor, ref.projectId, async (tx) => {
    const { volume } = await lockedVolume(tx, ref);
    const { count } = await tx.volumeTransfer.deleteMany({ where: { volumeId: ref.id } });
    if (count === 0) return;
    await recordEvent(tx, { actor, subject: volumeSubject(volume), action: "volume.withdraw-transfer" });
  });
}

/** Its snapshots come with it. Throws NotFound for a key that does not count, InvalidState, QuotaExceeded. */
export async function acceptTransfer(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  key: string,
): Promise<{ id: string }> {
  const [id = "", secret = ""] = key.trim().split(".");
  const taken = await deps.admissions.run(projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      const from = await giverOf(tx, id, secret);
      const locks = await lockProjects(tx, [projectId, from.projectId], "wait");
      await requireStill(tx, actor);
      requireOpen(locks.get(projectId));
      return await take(deps, tx, { actor, projectId, from, secret, transferId: id });
    }),
  );
  deps.hints.publish("event");
  hintHost(deps, taken.hypervisorId);
  return { id: taken.id };
}

type Giver = { volumeId: string; projectId: string };

async function giverOf(tx: Tx, id: string, secret: string): Promise<Giver> {
  const known = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id);
  const transfer =
    known && (await tx.volumeTransfer.findUnique({ where: { id }, include: { volume: true } }));
  if (!transfer || !isKey(transfer.keyHash, secret)) throw transferNotFound();
  return { volumeId: transfer.volumeId, projectId: transfer.volume.projectId };
}

const isKey = (keyHash: string, secret: string) =>
  timingSafeEqual(Buffer.from(keyHash, "hex"), Buffer.from(hashOf(secret), "hex"));

function transferNotFound(): CloudError {
  return new CloudError("NotFound", "This transfer key does not count, or no longer does.", {
    reason: "transferNotFound",
    field: "key",
  });
}

type Taking = { actor: Actor; projectId: string; from: Giver; secret: string; transferId: string };

/** Looks again with everything locked: the key may have been used or withdrawn meanwhile. */
async function take(
  deps: AdmissionDeps,
  tx: Tx,
  { actor, projectId, from, secret, transferId }: Taking,
): Promise<{ id: string; hypervisorId: string | null }> {
  const locked = await lockedVolume(tx, { projectId: from.projectId, id: from.volumeId });
  await giverOf(tx, transferId, secret);
  if (from.projectId === projectId)
    throw new CloudError("Conflict", "The volume is this project's already.", {
      reason: "transferSameProject",
      field: "key",
    });
  requireVolumeAllowed(locked, "transfer");
  const { volume } = locked;
  const snapshots = await tx.volumeSnapshot.findMany({ where: { volumeId: volume.id } });
  const gigabytes = snapshots.reduce((sum, { sizeGib }) => sum + sizeGib, volume.sizeGib);
  await requireRoom(
    tx,
    actor,
    projectId,
    volumeUsage(volume.volumeTypeId, { volumes: 1, gigabytes, snapshots: snapshots.length }),
  );
  const data = { projectId, userId: actor.userId, generation: { increment: 1 } };
  await tx.volume.update({ where: { id: volume.id }, data });
  await tx.volumeSnapshot.updateMany({ where: { volumeId: volume.id }, data: { projectId } });
  await tx.volumeTransfer.deleteMany({ where: { volumeId: volume.id } });
  const subject = volumeSubject(volume);
  await recordEvents(tx, [
    { actor, subject, action: "volume.transferred" },
    { actor, subject: { ...subject, projectId }, action: "volume.accept-transfer" },
  ]);
  await wake(deps.boss, tx, "volume", volume.id);
  return volume;
}
