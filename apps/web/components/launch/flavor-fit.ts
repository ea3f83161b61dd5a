/** Whether a flavor can be chosen now, and what stands against it. */
import { launchUsage, type QuotaLine, quotaExcesses } from "@madang/core/quota/resource";
import type { FlavorMisfitRow, FlavorRow, ImageRow } from "../../lib/rows.ts";

const gib = 1024 ** 3;

/** There is no room for it now: it can be chosen all the same, and waits. */
export type NoRoom = Pick<FlavorMisfitRow, "reason">;
export type Misfit = { kind: "disk" } | { kind: "ram" } | { kind: "quota"; resource: string };

/** The smallest root disk, in GiB, that the image fits on. A flavor with disk 0 takes the image's own size, as in Nova. */
export function leastDiskGib(image: Pick<ImageRow, "minDiskGib" | "virtualSizeBytes">): number {
  return Math.max(image.minDiskGib, Math.ceil(image.virtualSizeBytes / gib));
}

/** `ownDisk`: the image goes on a disk as large as the flavor's, not on a volume. */
export function misfitOf(
  flavor: FlavorRow,
  image: ImageRow | undefined,
  lines: readonly QuotaLine[],
  count: number,
  ownDisk: boolean,
): Misfit | null {
  if (ownDisk && image && flavor.diskGib > 0 && flavor.diskGib < leastDiskGib(image)) return { kind: "disk" };
  if (image && flavor.ramMib < image.minRamMib) return { kind: "ram" };
  const excess = quotaExcesses(lines, launchUsage(flavor, count))[0];
  return excess ? { kind: "quota", resource: excess.resource } : null;
}
