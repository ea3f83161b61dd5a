/**
 * Why no hypervisor could take an instance. The portal renders it from `params`; `message` says the same in English for
 * logs and for who reads the API.
 */
import type { PublicError } from "@madang/core/errors";
import type { Amounts } from "@madang/core/hypervisor/capacity";
import {
  type Candidate,
  type FilterResult,
  type FlavorSize,
  type ImageNeeds,
  nearestFlavor,
  type PlacementFilterName,
  type PlacementRequest,
  placementFilterNames,
  roomiest,
} from "@madang/core/hypervisor/placement";
import { propertiesText } from "@madang/core/hypervisor/property";

const sentences: Record<PlacementFilterName, (count: number) => string> = {
  down: (count) => `${count} not reachable`,
  disabled: (count) => `${count} disabled`,
  zone: (count) => `${count} in another availability zone`,
  properties: (count) => `${count} outside the host aggregates that the flavor requires`,
  excluded: (count) => `${count} failed to build it before`,
  simulated: (count) => `${count} only simulated`,
  hardware: (count) => `${count} without the hardware that its image asks for`,
  networks: (count) => `${count} without tenant networks`,
  volumes: (count) => `${count} without its volumes`,
  capacity: (count) => `${count} without enough free capacity`,
};

export type Looked = {
  candidates: readonly Candidate[];
  request: PlacementRequest;
  result: FilterResult;
  flavors: readonly FlavorSize[];
  image: ImageNeeds;
  /** What the last hypervisor that tried said, for an instance whose build failed there. */
  before: string | null;
  /** Until when is waited; null: without end, for an instance that ran before. */
  deadline: Date | null;
};

/**
 * params: `hypervisors` looked at · one count for each filter that removed some · `wantedVcpus`, `wantedRamMib`,
 * `wantedDiskGib`, `wantedZone`, `wantedProperties`, `wantedHardware` · `freeVcpus`, `freeRamMib`, `freeDiskGib` of the hypervisor that
 * came nearest · `flavor`, `flavorId` that would fit · `deadline` (ISO 8601).
 */
export function diagnose(looked: Looked): PublicError {
  const { candidates, request, result, flavors, image, before, deadline } = looked;
  const nearest = nearestFlavor(candidates, request, flavors, image);
  const sentences = [
    summary(candidates.length, result),
    before,
    nearest && `Flavor ${nearest.name} would fit now.`,
    deadline === null && "It ran before, so this is waited for without end.",
  ];
  return {
    code: "NoValidHost",
    reason: "NoValidHost",
    message: sentences.filter(Boolean).join(" "),
    params: known({
      hypervisors: candidates.length,
      ...result.removed,
      ...askedParams(request),
      ...freeParams(result.removed.capacity ? roomiest(candidates, request) : null),
      flavor: nearest?.name,
      flavorId: nearest?.id,
      deadline: deadline?.toISOString(),
    }),
    retry: "later",
  };
}

type Params = Record<string, string | number>;

function known(params: Record<string, string | number | null | undefined>): Params {
  const all = Object.entries(params);
  return Object.fromEntries(all.flatMap(([name, value]) => (value == null ? [] : [[name, value]])));
}

function askedParams({ amounts, availabilityZone, required, hardware = {} }: PlacementRequest) {
  return {
    wantedVcpus: amounts.VCPU,
    wantedRamMib: amounts.MEMORY_MB,
    wantedDiskGib: amounts.DISK_GB,
    wantedZone: availabilityZone,
    wantedProperties: propertiesText(required) || null,
    wantedHardware:
      Object.entries(hardware)
        .map(([part, value]) => `${part}=${value}`)
        .join(", ") || null,
  };
}

function freeParams(free: Amounts | null) {
  return free && { freeVcpus: free.VCPU, freeRamMib: free.MEMORY_MB, freeDiskGib: free.DISK_GB };
}

function summary(total: number, { removed }: FilterResult): string {
  if (total === 0) return "No hypervisor has joined yet.";
  const parts = placementFilterNames.flatMap((name) => {
    const count = removed[name];
    return count ? [sentences[name](count)] : [];
  });
  return `None of ${total} hypervisors can take this instance: ${parts.join(", ")}.`;
}
