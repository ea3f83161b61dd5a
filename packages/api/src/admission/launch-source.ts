/** The flavor and the image of a launch: may they be used, and do they fit each other. */
import { CloudError } from "@madang/core/errors";
import type { Flavor, Tx } from "@madang/db";

const gib = 1024 ** 3;

export type LaunchImage = {
  id: string;
  name: string;
  minDiskGib: number;
  minRamMib: number;
  /** What the agent's wire calls `image`; fixed on the instance at launch. */
  source: { sha256: string; sizeBytes: number; virtualSizeBytes: number; format: "qcow2" | "raw" };
};

export async function launchFlavor(tx: Tx, id: string): Promise<Flavor> {
  const flavor = await tx.flavor.findUnique({ where: { id } });
  if (flavor?.enabled && flavor.isPublic) return flavor;
  throw new CloudError("NotFound", "There is no such flavor, or it is no longer offered.", {
    reason: "flavorNotFound",
    field: "flavorId",
  });
}

export async function launchImage(tx: Tx, projectId: string, id: string): Promise<LaunchImage> {
  const image = await tx.image.findFirst({
    where: {
      id,
      deleteRequestedAt: null,
      OR: [{ projectId }, { visibility: { in: ["public", "community"] } }],
    },
  });
  if (!image)
    throw new CloudError("NotFound", "There is no such image.", {
      reason: "imageNotFound",
      field: "imageId",
    });
  const { sha256, sizeBytes, virtualSizeBytes, diskFormat: format } = image;
  if (image.status !== "active" || sha256 === null || sizeBytes === null || virtualSizeBytes === null) {
    throw new CloudError("InvalidState", "This image is not ready to be used.", {
      reason: "imageNotActive",
      field: "imageId",
    });
  }
  const source = { sha256, sizeBytes: Number(sizeBytes), virtualSizeBytes: Number(virtualSizeBytes), format };
  return { id, name: image.name, minDiskGib: image.minDiskGib, minRamMib: image.minRamMib, source };
}

/** A flavor's disk of 0 GiB is as large as the image. Throws InvalidInput. */
export function checkFit(flavor: Pick<Flavor, "ramMib" | "diskGib">, image: LaunchImage): void {
  if (flavor.ramMib < image.minRamMib) {
    throw new CloudError("InvalidInput", `This image needs at least ${image.minRamMib} MiB of memory.`, {
      reason: "flavorRamTooSmall",
      params: { needed: image.minRamMib, has: flavor.ramMib },
      field: "flavorId",
    });
  }
  const needed = Math.max(image.minDiskGib, Math.ceil(image.source.virtualSizeBytes / gib));
  const tooSmall = flavor.diskGib === 0 ? false : flavor.diskGib < needed;
  if (!tooSmall) return;
  throw new CloudError("InvalidInput", `This image needs a disk of at least ${needed} GiB.`, {
    reason: "flavorDiskTooSmall",
    params: { needed, has: flavor.diskGib },
    field: "flavorId",
  });
}
