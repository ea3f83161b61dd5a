/** Whether a hypervisor can take a volume that is on none yet: admission and the controller judge by the same words. */
import { type Amounts, fits } from "../hypervisor/capacity.ts";
import type { Candidate } from "../hypervisor/placement.ts";

export type VolumePlaceBlock = "volumesNotKept" | "volumeOtherZone" | "volumeNoRoom";

/** It takes nothing but disk, whatever guests have of memory and processors. */
export const volumeAmounts = (gib: number): Amounts => ({ VCPU: 0, MEMORY_MB: 0, DISK_GB: gib });

/** null when it can be there. */
export function volumePlaceBlocked(
  candidate: Pick<Candidate, "storage" | "availabilityZone" | "capacity" | "used"> | null,
  volume: { sizeGib: number; availabilityZone: string | null },
): VolumePlaceBlock | null {
  if (!candidate?.storage) return "volumesNotKept";
  const zone = volume.availabilityZone;
  if (zone !== null && zone !== candidate.availabilityZone) return "volumeOtherZone";
  const { capacity, used } = candidate;
  return capacity !== null && fits(capacity, used, volumeAmounts(volume.sizeGib)) ? null : "volumeNoRoom";
}
