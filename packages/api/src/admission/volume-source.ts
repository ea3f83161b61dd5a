/** What a new volume is filled with, and what follows from it for its size, type and place. */
import { CloudError } from "@madang/core/errors";
import { volumeHardware } from "@madang/core/image/hardware";
import { bytesPerGib } from "@madang/core/volume/status";
import type { NewVolume } from "@madang/core/volume/volume-input";
import { storedHardware } from "@madang/core/wire/hardware";
import { PrismaNamespace, type Tx, type Volume } from "@madang/db";
import { snapshotNotFound } from "../reads/volume-snapshot.ts";
import { lockedVolume, requireVolumeAllowed } from "./change-volume.ts";

export type VolumeFill = Pick<
  PrismaNamespace.VolumeUncheckedCreateInput,
  "source" | "imageId" | "imageSource" | "sourceVolumeId" | "sourceSnapshotId" | "bootable" | "hardware"
> & {
  /** GiB; it can't be smaller. */
  leastGib: number;
  /** As large as it becomes where nothing is said; null: something must be. */
  usualGib: number | null;
  volumeTypeId: string | null;
};

const blank: VolumeFill = { source: "blank", leastGib: 1, usualGib: null, volumeTypeId: null };

/** Throws NotFound, InvalidState. */
export async function fillOf(
  tx: Tx,
  projectId: string,
  { source }: Pick<NewVolume, "source">,
): Promise<VolumeFill> {
  switch (source.kind) {
    case "blank":
      return blank;
    case "image":
      return await ofImage(tx, projectId, source.imageId);
    case "volume":
      return await ofVolume(tx, projectId, source.volumeId);
    case "snapshot":
      return await ofSnapshot(tx, projectId, source.snapshotId);
  }
}

async function ofImage(tx: Tx, projectId: string, id: string): Promise<VolumeFill> {
  const field = "source.imageId";
  // Its row, and with it the file, stays until the volume that needs it is there.
  await tx.$queryRaw`SELECT 1 FROM image WHERE id = ${id}::uuid FOR KEY SHARE`;
  const image = await tx.image.findFirst({
    where: {
      id,
      deleteRequestedAt: null,
      OR: [
        { visibility: { in: ["public", "community"] } },
        { projectId },
        { visibility: "shared", members: { some: { projectId, state: "accepted" } } },
      ],
    },
  });
  if (!image) throw new CloudError("NotFound", "There is no such image.", { reason: "imageNotFound", field });
  const { sha256, sizeBytes, virtualSizeBytes, diskFormat: format } = image;
  if (image.status !== "active" || sha256 === null || sizeBytes === null || virtualSizeBytes === null)
    throw new CloudError("InvalidState", "This image is not ready to be used.", {
      reason: "imageNotActive",
      field,
    });
  const imageSource = {
    sha256,
    sizeBytes: Number(sizeBytes),
    virtualSizeBytes: Number(virtualSizeBytes),
    format,
  };
  const gib = Math.ceil(imageSource.virtualSizeBytes / bytesPerGib);
  const leastGib = Math.max(1, gib, image.minDiskGib);
  return {
    source: "image",
    imageId: id,
    imageSource,
    bootable: true,
    hardware: volumeHardware(image),
    leastGib,
    usualGib: leastGib,
    volumeTypeId: null,
  };
}

/** Of what is on no hypervisor nothing is written yet: its copy is made of the same. */
async function ofVolume(tx: Tx, projectId: string, id: string): Promise<VolumeFill> {
  const field = "source.volumeId";
  const locked = await lockedVolume(tx, { projectId, id }, field);
  requireVolumeAllowed(locked, "copy", field);
  const { volume } = locked;
  if (volume.hypervisorId !== null) return { ...likeOf(volume), source: "volume", sourceVolumeId: id };
  const { source, imageId, imageSource } = volume;
  return { ...likeOf(volume), source, imageId, imageSource: imageSource ?? PrismaNamespace.DbNull };
}

function likeOf({ sizeGib, bootable, volumeTypeId, hardware }: Volume) {
  return { bootable, hardware: storedHardware(hardware), leastGib: sizeGib, usualGib: sizeGib, volumeTypeId };
}

async function ofSnapshot(tx: Tx, projectId: string, id: string): Promise<VolumeFill> {
  const field = "source.snapshotId";
  const found = await tx.volumeSnapshot.findFirst({ where: { id, projectId }, select: { volumeId: true } });
  if (!found) throw snapshotNotFound(field);
  const { volume } = await lockedVolume(tx, { projectId, id: found.volumeId }, field);
  const snapshot = await tx.volumeSnapshot.findUnique({ where: { id } });
  if (!snapshot) throw snapshotNotFound(field);
  if (snapshot.status !== "available")
    throw new CloudError("InvalidState", "This snapshot can't be copied now.", {
      reason: "snapshotNotReady",
      field,
    });
  const { sizeGib } = snapshot;
  const like = { ...likeOf(volume), leastGib: sizeGib, usualGib: sizeGib };
  return { ...like, source: "snapshot", sourceVolumeId: volume.id, sourceSnapshotId: id };
}
