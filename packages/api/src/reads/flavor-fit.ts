/** Which flavors would find no room now, before somebody launches one and waits. A forecast: the launch decides. */
import {
  amountsWith,
  filterCandidates,
  type PlacementFilterName,
  placementFilterNames,
} from "@madang/core/hypervisor/placement";
import { launchHardware } from "@madang/core/image/hardware";
import { launchVolumeLimit } from "@madang/core/instance/launch-disk";
import { uuid } from "@madang/core/uuid";
import { largestVolumeGib } from "@madang/core/volume/size";
import type { Hardware } from "@madang/core/wire/hardware";
import type { Database, PlacementBoard } from "@madang/db";
import { z } from "zod";

export type FlavorMisfit = {
  flavorId: string;
  /** The last filter that removed a hypervisor: what stands in the way of the one that came furthest. */
  reason: PlacementFilterName | "none";
};

/** How old a look may be that is only a forecast, ms. */
const forecastAgeMs = 1_000;
const bytesPerGib = 1024n ** 3n;

export const launchVolumesAsked = z.object({
  /** It has no root disk of its own. */
  boot: z.boolean(),
  /** GiB of those that are to be made. */
  gib: z
    .int()
    .min(0)
    .max(launchVolumeLimit * largestVolumeGib * 2),
  /** Those that it has to be with: present ones, and those whose snapshots are copied. */
  ids: z.array(uuid).max(2 * launchVolumeLimit),
});

type Question = {
  projectId: string;
  imageId: string | null;
  availabilityZone: string | null;
  /** null: it has none. */
  volumes: z.infer<typeof launchVolumesAsked> | null;
};

export async function flavorMisfits(
  database: Database,
  board: PlacementBoard,
  { projectId, imageId, availabilityZone, volumes: asked }: Question,
): Promise<FlavorMisfit[]> {
  const { candidates, flavors } = await board.read(forecastAgeMs);
  const image = imageId === null ? null : await visibleImage(database, projectId, imageId);
  const hardware = image ? imageHardware(image) : {};
  const bytes = hardware.medium === "cdrom" ? 0n : (image?.virtualSizeBytes ?? 0n);
  const virtualDiskGib = Number((bytes + bytesPerGib - 1n) / bytesPerGib);
  const volumes = asked && { at: await placeOf(database, projectId, asked.ids), boot: asked.boot };
  const realDisksExist = candidates.some(({ realDisks }) => realDisks === true);
  return flavors.flatMap((flavor) => {
    const disks = { virtualDiskGib, rootless: asked?.boot ?? false, volumesGib: asked?.gib ?? 0 };
    const amounts = amountsWith(flavor, disks);
    const required = flavor.requiredProperties;
    const { passed, removed } = filterCandidates(candidates, {
      amounts,
      availabilityZone,
      required,
      excluded: new Set(),
      realDisksExist,
      // Which networks it gets is chosen beside the flavor.
      joined: false,
      hardware,
      volumes,
    });
    if (passed.length > 0) return [];
    const reason = placementFilterNames.toReversed().find((name) => removed[name]) ?? "none";
    return [{ flavorId: flavor.id, reason }];
  });
}

/** The hypervisor of the first of them that has one. */
async function placeOf({ prisma }: Database, projectId: string, ids: string[]): Promise<string | null> {
  if (ids.length === 0) return null;
  const where = { projectId, id: { in: ids }, hypervisorId: { not: null } };
  const placed = await prisma.volume.findFirst({
    where,
    orderBy: { id: "asc" },
    select: { hypervisorId: true },
  });
  return placed?.hypervisorId ?? null;
}

/** A property that can't be honoured is refused by the launch itself, in its own words. */
function imageHardware(image: Parameters<typeof launchHardware>[0]): Hardware {
  try {
    return launchHardware(image);
  } catch {
    return {};
  }
}

function visibleImage({ prisma }: Database, projectId: string, id: string) {
  return prisma.image.findFirst({
    where: {
      id,
      OR: [
        { visibility: { in: ["public", "community"] } },
        { projectId },
        { visibility: "shared", members: { some: { projectId, state: "accepted" } } },
      ],
    },
    select: { virtualSizeBytes: true, properties: true, uploadFormat: true, diskFormat: true },
  });
}
