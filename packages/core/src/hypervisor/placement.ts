/**
 * Which hypervisors can take an instance at all: a list of filters, each with the word its removals are counted by. The
 * controller places by it, and the portal says by it beforehand what would find no room.
 */

import { type Hardware, lackingHardware, type OfferedHardware } from "../wire/hardware.ts";
import { type Amounts, amountsOf, fits, resourceClasses } from "./capacity.ts";
import { type Offered, offersAll, type Properties } from "./property.ts";
import type { HypervisorState } from "./state.ts";

export type Candidate = {
  id: string;
  state: HypervisorState;
  enabled: boolean;
  availabilityZone: string;
  /** Of all its aggregates together. */
  offered: Offered;
  /** null until its agent first reported */
  realDisks: boolean | null;
  /** It carries tenant networks, or has not said that it does not. */
  networks: boolean;
  /** It keeps volumes. */
  storage: boolean;
  /** It runs guests without an image. */
  bootsFromVolume: boolean;
  /** What images may ask of it; left out or null: no more than is usual. */
  hardware?: OfferedHardware | null;
  capacity: Amounts | null;
  used: Amounts;
  guests: number;
  /** Guests whose last attempt failed there. */
  failedGuests: number;
};

export type PlacementRequest = {
  amounts: Amounts;
  /** null: any */
  availabilityZone: string | null;
  required: Properties;
  excluded: ReadonlySet<string>;
  /** Some hypervisor of this cloud runs real guests: then nobody gets a simulated one without being told. */
  realDisksExist: boolean;
  /** It has interfaces. */
  joined: boolean;
  /** What its image asks of the machine; left out: nothing. */
  hardware?: Hardware;
  /** It has volumes, `at` is where they are already, and `boot`: it has no root disk besides; null: it has none. */
  volumes: { at: string | null; boot?: boolean } | null;
};

/** In this order: where it may be at all comes before what keeps it from being there now. */
export const placementFilterNames = [
  "zone",
  "properties",
  "down",
  "disabled",
  "excluded",
  "simulated",
  "hardware",
  "networks",
  "volumes",
  "capacity",
] as const;
export type PlacementFilterName = (typeof placementFilterNames)[number];

const passes: Record<PlacementFilterName, (candidate: Candidate, request: PlacementRequest) => boolean> = {
  down: ({ state }) => state === "up" || state === "disabled",
  disabled: ({ enabled }) => enabled,
  zone: ({ availabilityZone }, request) =>
    request.availabilityZone === null || availabilityZone === request.availabilityZone,
  properties: ({ offered }, { required }) => offersAll(offered, required),
  excluded: ({ id }, { excluded }) => !excluded.has(id),
  simulated: ({ realDisks }, { realDisksExist }) => realDisks === true || !realDisksExist,
  hardware: ({ hardware: offered = null }, { hardware = {} }) =>
    lackingHardware(offered, hardware).length === 0,
  networks: ({ networks }, { joined }) => networks || !joined,
  volumes: (candidate, { volumes }) => volumes === null || hasVolumes(candidate, volumes),
  capacity: ({ capacity, used }, { amounts }) => capacity !== null && fits(capacity, used, amounts),
};

function hasVolumes(
  { id, storage, bootsFromVolume }: Candidate,
  { at, boot = false }: NonNullable<PlacementRequest["volumes"]>,
): boolean {
  return storage && (at === null || at === id) && (bootsFromVolume || !boot);
}

export type FilterResult = { passed: Candidate[]; removed: Partial<Record<PlacementFilterName, number>> };

/** A hypervisor is counted by the first filter that removes it. */
export function filterCandidates(candidates: readonly Candidate[], request: PlacementRequest): FilterResult {
  const removed: FilterResult["removed"] = {};
  const passed = candidates.filter((candidate) => {
    const name = placementFilterNames.find((one) => !passes[one](candidate, request));
    if (name) removed[name] = (removed[name] ?? 0) + 1;
    return !name;
  });
  return { passed, removed };
}

export function canPlace(candidates: readonly Candidate[], request: PlacementRequest): boolean {
  return candidates.some((candidate) =>
    placementFilterNames.every((name) => passes[name](candidate, request)),
  );
}

/** What is free on the hypervisor that comes nearest, of those that only lack capacity; null when there is none. */
export function roomiest(candidates: readonly Candidate[], request: PlacementRequest): Amounts | null {
  const others = placementFilterNames.filter((name) => name !== "capacity");
  const rooms = candidates.flatMap((candidate) => {
    const { capacity, used } = candidate;
    const suits = capacity !== null && others.every((name) => passes[name](candidate, request));
    return suits ? [freeOf(capacity, used)] : [];
  });
  const share = (room: Amounts) =>
    Math.min(...resourceClasses.map((name) => room[name] / Math.max(1, request.amounts[name])));
  return rooms.toSorted((left, right) => share(right) - share(left))[0] ?? null;
}

function freeOf(capacity: Amounts, used: Amounts): Amounts {
  const free = (name: keyof Amounts) => Math.max(0, capacity[name] - used[name]);
  return { VCPU: free("VCPU"), MEMORY_MB: free("MEMORY_MB"), DISK_GB: free("DISK_GB") };
}

export type FlavorSize = {
  id: string;
  name: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  requiredProperties: Properties;
};
/** What an image asks of a flavor: its own size, and minimums; MiB and GiB. */
export type ImageNeeds = {
  virtualDiskGib: number;
  minDiskGib: number;
  minRamMib: number;
  /** It boots from a volume: the flavor's disk is not made. */
  rootless?: boolean;
  /** Of volumes that are to be made where it goes. */
  volumesGib?: number;
};

/** What an instance of the flavor takes; a flavor with disk 0 takes what its image's disk is. */
export function amountsWith(
  size: Pick<FlavorSize, "vcpus" | "ramMib" | "diskGib">,
  {
    virtualDiskGib,
    rootless = false,
    volumesGib = 0,
  }: Pick<ImageNeeds, "virtualDiskGib" | "rootless" | "volumesGib">,
): Amounts {
  const amounts = amountsOf(size);
  const root = rootless ? 0 : Math.max(amounts.DISK_GB, virtualDiskGib);
  return { ...amounts, DISK_GB: root + volumesGib };
}

/** The largest flavor, no larger than what was asked in any way, that the image fits in and that has room now. */
export function nearestFlavor(
  candidates: readonly Candidate[],
  request: PlacementRequest,
  flavors: readonly FlavorSize[],
  image: ImageNeeds,
): FlavorSize | null {
  const none: Amounts = { VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 };
  const least = Math.max(image.minDiskGib, image.virtualDiskGib);
  const fitting = flavors
    .filter((flavor) => flavor.ramMib >= image.minRamMib)
    .filter((flavor) => image.rootless || flavor.diskGib === 0 || flavor.diskGib >= least)
    .filter((flavor) => {
      const amounts = amountsWith(flavor, image);
      if (!fits(request.amounts, none, amounts)) return false;
      return canPlace(candidates, { ...request, amounts, required: flavor.requiredProperties });
    })
    .toSorted(
      (left, right) => right.ramMib - left.ramMib || right.vcpus - left.vcpus || right.diskGib - left.diskGib,
    );
  return fitting[0] ?? null;
}
