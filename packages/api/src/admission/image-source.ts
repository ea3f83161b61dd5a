/** What an image is to be made of: where that is, how large it may become, and what it takes over from an earlier image. */
import { CloudError } from "@madang/core/errors";
import { mostVirtualBytes } from "@madang/core/image/format";
import type { ImageOf } from "@madang/core/image/image-of";
import { snapshotActionBlocked } from "@madang/core/volume/action";
import { bytesPerGib, type SnapshotStatus } from "@madang/core/volume/status";
import { type Hardware, storedHardware } from "@madang/core/wire/hardware";
import type { Instance, PrismaNamespace, Tx } from "@madang/db";
import { z } from "zod";
import type { Actor } from "../context.ts";
import { snapshotNotFound } from "../reads/volume-snapshot.ts";
import { lockedInstance, requireAllowed, subjectOf } from "./change-instance.ts";
import { lockedVolume, requireVolumeAllowed, volumeSubject } from "./change-volume.ts";
import type { Subject } from "./record.ts";

type Columns = "origin" | "sourceVolumeId" | "sourceSnapshotId" | "sourceInstanceId" | "sourceHypervisorId";

export type ImageSource = {
  columns: Pick<PrismaNamespace.ImageUncheckedCreateInput, Columns> & { sourceHypervisorId: string };
  subject: Subject;
  /** Of the disk: the image takes at most so much, and its tables. */
  bytes: number;
  /** What the disk began as. */
  imageId: string | null;
  /** What it was launched with, or is. */
  hardware: Hardware;
};

/** Locks it. Throws NotFound, InvalidState. */
export async function imageSourceOf(
  tx: Tx,
  actor: Actor,
  projectId: string,
  of: ImageOf["of"],
): Promise<ImageSource> {
  const source = await sources[of.kind](tx, { projectId, id: of.id }, actor);
  if (source.bytes <= mostVirtualBytes) return source;
  throw new CloudError("InvalidState", "This disk is larger than an image may be.", {
    reason: "imageSourceTooLarge",
    params: { tib: mostVirtualBytes / (bytesPerGib * 1_024) },
  });
}

type Ref = { projectId: string; id: string };

const sources: Record<ImageOf["of"]["kind"], (tx: Tx, ref: Ref, actor: Actor) => Promise<ImageSource>> = {
  volume: async (tx, ref) => {
    const source = await ofVolume(tx, ref);
    return { ...source, columns: { ...source.columns, origin: "volume" } };
  },
  snapshot: ofSnapshot,
  instance: ofInstance,
};

async function ofVolume(tx: Tx, ref: Ref): Promise<ImageSource> {
  const locked = await lockedVolume(tx, ref);
  requireVolumeAllowed(locked, "image");
  const { volume } = locked;
  return {
    columns: { sourceVolumeId: volume.id, sourceHypervisorId: placeOf(volume.hypervisorId) },
    subject: volumeSubject(volume),
    bytes: volume.sizeGib * bytesPerGib,
    imageId: volume.imageId,
    hardware: storedHardware(volume.hardware),
  };
}

async function ofSnapshot(tx: Tx, { projectId, id }: Ref): Promise<ImageSource> {
  const found = await tx.volumeSnapshot.findFirst({ where: { id, projectId }, select: { volumeId: true } });
  if (!found) throw snapshotNotFound();
  const { volume } = await lockedVolume(tx, { projectId, id: found.volumeId });
  const snapshot = await tx.volumeSnapshot.findUnique({ where: { id } });
  if (!snapshot) throw snapshotNotFound();
  const status = snapshot.status as SnapshotStatus;
  const reason = snapshotActionBlocked("image", { status, copies: 0, goneBackTo: false });
  if (reason)
    throw new CloudError("InvalidState", `No image can be made of the snapshot now: ${reason}.`, { reason });
  return {
    columns: {
      origin: "snapshot",
      sourceVolumeId: volume.id,
      sourceSnapshotId: id,
      sourceHypervisorId: placeOf(volume.hypervisorId),
    },
    subject: { kind: "volume_snapshot", id, name: snapshot.name, projectId },
    bytes: snapshot.sizeGib * bytesPerGib,
    imageId: volume.imageId,
    hardware: storedHardware(volume.hardware),
  };
}

/** One that boots from a volume has no other disk that is its own. */
async function ofInstance(tx: Tx, ref: Ref, actor: Actor): Promise<ImageSource> {
  const instance = await lockedInstance(tx, actor, ref);
  const guest = await requireAllowed(tx, instance, "image");
  const columns = { origin: "instance" as const, sourceInstanceId: instance.id };
  const subject = subjectOf(instance);
  const boot = await tx.volumeAttachment.findFirst({ where: { instanceId: instance.id, boot: true } });
  if (boot) {
    const source = await ofVolume(tx, { projectId: ref.projectId, id: boot.volumeId });
    return { ...source, subject, columns: { ...source.columns, ...columns } };
  }
  const sourceHypervisorId = placeOf(guest?.hypervisorId ?? null);
  return {
    columns: { ...columns, sourceHypervisorId },
    subject,
    bytes: rootBytes(instance),
    imageId: instance.imageId,
    hardware: storedHardware(instance.hardware),
  };
}

const launched = z.object({ virtualSizeBytes: z.number() });

/** The flavor's disk, never smaller than the image. */
function rootBytes({ diskGib, imageSource }: Instance): number {
  return Math.max(diskGib * bytesPerGib, launched.safeParse(imageSource).data?.virtualSizeBytes ?? 0);
}

/** Throws InvalidState: nothing is written anywhere. */
function placeOf(hypervisorId: string | null): string {
  if (hypervisorId !== null) return hypervisorId;
  throw new CloudError("InvalidState", "It is on no hypervisor, so there is nothing to make an image of.", {
    reason: "imageSourceNowhere",
  });
}
