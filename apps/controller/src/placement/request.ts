/** What an instance asks of placement. */
import { resourceClasses } from "@madang/core/hypervisor/capacity";
import {
  amountsWith,
  type Candidate,
  type ImageNeeds,
  type PlacementRequest,
} from "@madang/core/hypervisor/placement";
import { storedProperties } from "@madang/core/hypervisor/property";
import { guestImage } from "@madang/core/wire/guest";
import { storedHardware } from "@madang/core/wire/hardware";
import type { Instance } from "@madang/db";

const bytesPerGib = 1024 ** 3;

type Shape = Pick<
  Instance,
  | "vcpus"
  | "ramMib"
  | "diskGib"
  | "imageSource"
  | "hardware"
  | "availabilityZone"
  | "requiredProperties"
  | "excludedHypervisors"
> & {
  ports: readonly unknown[];
} & VolumeWishes;

/** What an instance's volumes ask of placement. */
export type VolumeWishes = {
  /** Their hypervisors, as far as they have one. */
  volumeHosts: readonly (string | null)[];
  /** Of those that have none, and will be where the instance goes. */
  volumesGib: number;
  /** Which one of those was asked for in; null: any. */
  volumeZone: string | null;
};

export function placementRequest(instance: Shape, candidates: readonly Candidate[]): PlacementRequest {
  const volumes = instance.volumeHosts;
  return {
    amounts: amountsWith(instance, { ...imageNeeds(instance, null), volumesGib: instance.volumesGib }),
    availabilityZone: instance.availabilityZone ?? instance.volumeZone,
    required: storedProperties(instance.requiredProperties),
    excluded: new Set(instance.excludedHypervisors),
    realDisksExist: candidates.some(({ realDisks }) => realDisks === true),
    joined: instance.ports.length > 0,
    hardware: storedHardware(instance.hardware),
    volumes:
      volumes.length === 0
        ? null
        : { at: volumes.find((at) => at !== null) ?? null, boot: instance.imageSource === null },
  };
}

/** What an instance takes itself: its volumes count by themselves, and one that boots from a volume has no other disk. */
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
  const source = guestImage.nullable().parse(imageSource);
  return {
    virtualDiskGib: Math.ceil((source?.virtualSizeBytes ?? 0) / bytesPerGib),
    rootless: source === null,
    minDiskGib: image?.minDiskGib ?? 0,
    minRamMib: image?.minRamMib ?? 0,
  };
}
