/** Which flavors would find no room now, before somebody launches one and waits. A forecast: the launch decides. */
import {
  amountsWith,
  filterCandidates,
  type PlacementFilterName,
  placementFilterNames,
} from "@madang/core/hypervisor/placement";
import { launchHardware } from "@madang/core/image/hardware";
import type { Hardware } from "@madang/core/wire/hardware";
import type { Database, PlacementBoard } from "@madang/db";

export type FlavorMisfit = {
  flavorId: string;
  /** The last filter that removed a hypervisor: what stands in the way of the one that came furthest. */
  reason: PlacementFilterName | "none";
};

/** How old a look may be that is only a forecast, ms. */
const forecastAgeMs = 1_000;
const bytesPerGib = 1024n ** 3n;

type Question = { projectId: string; imageId: string | null; availabilityZone: string | null };

export async function flavorMisfits(
  database: Database,
  board: PlacementBoard,
  { projectId, imageId, availabilityZone }: Question,
): Promise<FlavorMisfit[]> {
  const { candidates, flavors } = await board.read(forecastAgeMs);
  const image = imageId === null ? null : await visibleImage(database, projectId, imageId);
  const hardware = image ? imageHardware(image) : {};
  const bytes = hardware.medium === "cdrom" ? 0n : (image?.virtualSizeBytes ?? 0n);
  const virtualDiskGib = Number((bytes + bytesPerGib - 1n) / bytesPerGib);
  const realDisksExist = candidates.some(({ realDisks }) => realDisks === true);
  return flavors.flatMap((flavor) => {
    const amounts = amountsWith(flavor, { virtualDiskGib });
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
      volumes: null,
    });
    if (passed.length > 0) return [];
    const reason = placementFilterNames.toReversed().find((name) => removed[name]) ?? "none";
    return [{ flavorId: flavor.id, reason }];
  });
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
