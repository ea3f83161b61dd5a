/** What an instance asks of placement. */
import { resourceClasses } from "@madang/core/hypervisor/capacity";
import {
  amountsWith,
  type Candidate,
  type ImageNeeds,
  type PlacementRequest,
} from "@madang/core/hypervisor/placement";
import { storedProperties } from "@madang/core/hypervisor/property";
import { guestSpec } from "@madang/core/wire/guest";
import type { Instance } from "@madang/db";

const bytesPerGib = 1024 ** 3;

type Shape = Pick<
  Instance,
  | "vcpus"
  | "ramMib"
  | "diskGib"
  | "imageSource"
  | "availabilityZone"
  | "requiredProperties"
  | "excludedHypervisors"
> & {
  ports: readonly unknown[];
  /** Its volumes' hypervisors, as far as they have one. */
  volumeHosts: readonly (string | null)[];
};

export function placementRequest(instance: Shape, candidates: readonly Candidate[]): PlacementRequest {
  const volumes = instance.volumeHosts;
  return {
    amounts: wantedAmounts(instance),
    availabilityZone: instance.availabilityZone,
    required: storedProperties(instance.requiredProperties),
    excluded: new Set(instance.excludedHypervisors),
    realDisksExist: candidates.some(({ realDisks }) => realDisks === true),
    joined: instance.ports.length > 0,
    volumes: volumes.length === 0 ? null : { at: volumes.find((at) => at !== null) ?? null },
  };
}

/** What an instance takes; a flavor with disk 0 takes what its image's disk is. */
export function wantedAmounts(instance: Pick<Shape, "vcpus" | "ramMib" | "diskGib" | "imageSource">) {
  return amountsWith(instance, imageNeeds(instance, null));
}

/** The rows that hold an instance's room on a hypervisor. */
export function allocationsOf(instance: Parameters<typeof wantedAmounts>[0], hypervisorId: string) {
  const amounts = wantedAmounts(instance);
  return resourceClasses.map((resourceClass) => ({
    resourceClass,
    hypervisorId,
    amount: amounts[resourceClass],
  }));
}

/** `image`: the row it was launched from, as long as there is one. */
export function imageNeeds(
  { imageSource }: Pick<Shape, "imageSource">,
  image: { minDiskGib: number; minRamMib: number } | null,
): ImageNeeds {
  const { virtualSizeBytes } = guestSpec.shape.image.parse(imageSource);
  return {
    virtualDiskGib: Math.ceil(virtualSizeBytes / bytesPerGib),
    minDiskGib: image?.minDiskGib ?? 0,
    minRamMib: image?.minRamMib ?? 0,
  };
}
