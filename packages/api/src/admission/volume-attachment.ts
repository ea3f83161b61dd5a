/** Volumes as disks of instances: the row is the wish, its key is why no volume is ever written from two. */
import { CloudError } from "@madang/core/errors";
import { volumePlaceBlocked } from "@madang/core/volume/place";
import { volumeSerial } from "@madang/core/volume/serial";
import { attachmentLimit } from "@madang/core/volume/volume-input";
import {
  type Guest,
  type Instance,
  readCandidate,
  type Tx,
  type Volume,
  wake,
  writeStatus,
  writeVolumeStatus,
} from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { volumeNotFound } from "../reads/volume.ts";
import {
  lockedInstance,
  renewGeneration,
  requireAllowed,
  type Started,
  subjectOf,
} from "./change-instance.ts";
import {
  inProject,
  type LockedVolume,
  lockedVolume,
  requireVolumeAllowed,
  type VolumeRef,
  volumeSubject,
} from "./change-volume.ts";
import { createOperation, recordEvents } from "./record.ts";

export type AttachWish = { instanceId: string; readOnly: boolean; deleteWithInstance: boolean };

/** Asked twice of the same instance it is the same. Throws NotFound, InvalidState, Conflict. */
export async function attachVolume(
  deps: AdmissionDeps,
  actor: Actor,
  ref: VolumeRef,
  { instanceId, ...wish }: AttachWish,
): Promise<Started> {
  return await inProject(deps, actor, ref.projectId, async (tx) => {
    const instance = await lockedInstance(tx, actor, { projectId: ref.projectId, id: instanceId });
    const locked = await lockedVolume(tx, ref);
    const { volume, attachment } = locked;
    if (attachment?.instanceId === instanceId && attachment.detachRequestedAt === null)
      return await latest(tx, volume.id, "volume.attach");
    requireVolumeAllowed(locked, "attach");
    const guest = await requireAllowed(tx, instance, "attachVolume");
    await requireSamePlace(deps, tx, volume, instance, guest);
    const position = await nextPosition(tx, instanceId, volume.id);
    const id = crypto.randomUUID();
    await tx.volumeAttachment.create({ data: { id, volumeId: volume.id, instanceId, position, ...wish } });
    return await settle(deps, tx, { actor, volume, instance, what: "attach" });
  });
}

/** Throws Conflict. */
async function requireSamePlace(
  deps: AdmissionDeps,
  tx: Tx,
  volume: Volume,
  instance: Instance,
  guest: Guest | null,
): Promise<void> {
  const others = await tx.volume.findFirst({
    where: { attachments: { some: { instanceId: instance.id } }, hypervisorId: { not: null } },
    select: { hypervisorId: true },
  });
  const at = guest?.hypervisorId ?? others?.hypervisorId ?? null;
  if (at === null) return;
  if (volume.hypervisorId !== null && volume.hypervisorId !== at) throw elsewhere();
  if (volume.hypervisorId !== null) return;
  const reason = volumePlaceBlocked(await readCandidate(tx, at, deps.admission.now()), volume);
  if (reason === null) return;
  throw new CloudError("Conflict", `The instance's hypervisor can't take the volume: ${reason}.`, {
    reason,
    ...(reason === "volumeOtherZone" ? { params: { zone: volume.availabilityZone ?? "" } } : {}),
  });
}

function elsewhere(): CloudError {
  return new CloudError("Conflict", "This volume is on another hypervisor than the instance.", {
    reason: "volumeElsewhere",
  });
}

/** Throws Conflict. */
async function nextPosition(tx: Tx, instanceId: string, volumeId: string): Promise<number> {
  const select = { position: true, volumeId: true };
  const rows = await tx.volumeAttachment.findMany({ where: { instanceId }, select });
  if (rows.some((row) => volumeSerial(row.volumeId) === volumeSerial(volumeId))) throw serialTaken();
  if (rows.length < attachmentLimit) return Math.max(-1, ...rows.map(({ position }) => position)) + 1;
  throw new CloudError("Conflict", `An instance has at most ${attachmentLimit} volumes.`, {
    reason: "volumesTooMany",
    params: { limit: attachmentLimit },
  });
}

function serialTaken(): CloudError {
  return new CloudError("Conflict", "The instance has a volume with the same serial number.", {
    reason: "volumeSerialTaken",
  });
}

/** It is free once the guest has given it back. Asked twice, it is the same detach. */
export async function detachVolume(deps: AdmissionDeps, actor: Actor, ref: VolumeRef): Promise<Started> {
  return await inProject(deps, actor, ref.projectId, async (tx) => {
    const found = await tx.volumeAttachment.findFirst({
      where: { volumeId: ref.id, volume: { projectId: ref.projectId } },
      select: { instanceId: true },
    });
    if (!found) return await requireAttached(tx, ref);
    const instance = await lockedInstance(tx, actor, { projectId: ref.projectId, id: found.instanceId });
    const locked = await lockedVolume(tx, ref);
    const { volume, attachment } = locked;
    if (attachment?.detachRequestedAt) return await latest(tx, volume.id, "volume.detach");
    requireVolumeAllowed(locked, "detach");
    await requireAllowed(tx, instance, "detachVolume");
    const detachRequestedAt = deps.admission.now();
    await tx.volumeAttachment.updateMany({ where: { volumeId: ref.id }, data: { detachRequestedAt } });
    return await settle(deps, tx, { actor, volume, instance, what: "detach" });
  });
}

/** Throws NotFound, InvalidState. */
async function requireAttached(tx: Tx, ref: VolumeRef): Promise<never> {
  const locked: LockedVolume = await lockedVolume(tx, ref);
  requireVolumeAllowed({ ...locked, attachment: null }, "detach");
  throw volumeNotFound();
}

async function latest(tx: Tx, resourceId: string, kind: string): Promise<Started> {
  const found = await tx.operation.findFirst({
    where: { resourceId, kind },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  return { operationId: found?.id ?? "" };
}

type Settling = { actor: Actor; volume: Volume; instance: Instance; what: "attach" | "detach" };

/** The operation is the volume's, the new generation the instance's; both learn of it. */
async function settle(
  deps: AdmissionDeps,
  tx: Tx,
  { actor, volume, instance, what }: Settling,
): Promise<Started> {
  const { generation } = await renewGeneration(tx, instance);
  await writeStatus(tx, instance.id);
  await writeVolumeStatus(tx, volume.id);
  const subject = volumeSubject(volume);
  const kind = `volume.${what}`;
  const operationId = await createOperation(tx, actor, kind, subject, generation);
  const entry = { actor, operationId };
  await recordEvents(tx, [
    { ...entry, subject, action: kind, params: { instance: instance.name } },
    {
      ...entry,
      subject: subjectOf(instance),
      action: `instance.${what}-volume`,
      params: { volume: volume.name },
    },
  ]);
  await wake(deps.boss, tx, "instance", instance.id);
  return { operationId };
}
