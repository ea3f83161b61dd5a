/** Which hypervisors can take an instance at all: a list of filters, each with the word its removals are counted by. */
import { type Amounts, fits } from "@madang/core/hypervisor/capacity";
import type { HypervisorState } from "@madang/core/hypervisor/state";

export type Candidate = {
  id: string;
  state: HypervisorState;
  enabled: boolean;
  availabilityZone: string;
  /** null until its agent first reported */
  realDisks: boolean | null;
  capacity: Amounts | null;
  used: Amounts;
};

export type PlacementRequest = {
  amounts: Amounts;
  /** null: any */
  availabilityZone: string | null;
  excluded: ReadonlySet<string>;
  /** Some hypervisor of this cloud runs real guests: then nobody gets a simulated one without being told. */
  realDisksExist: boolean;
};

export type PlacementFilter = {
  name: "down" | "disabled" | "zone" | "excluded" | "simulated" | "capacity";
  passes: (candidate: Candidate, request: PlacementRequest) => boolean;
};

/** In this order: a hypervisor is counted by the first filter that removes it. */
const placementFilters: readonly PlacementFilter[] = [
  { name: "down", passes: ({ state }) => state === "up" || state === "disabled" },
  { name: "disabled", passes: ({ enabled }) => enabled },
  {
    name: "zone",
    passes: (candidate, request) =>
      request.availabilityZone === null || candidate.availabilityZone === request.availabilityZone,
  },
  { name: "excluded", passes: (candidate, request) => !request.excluded.has(candidate.id) },
  { name: "simulated", passes: ({ realDisks }, request) => realDisks === true || !request.realDisksExist },
  {
    name: "capacity",
    passes: ({ capacity, used }, { amounts }) => capacity !== null && fits(capacity, used, amounts),
  },
];

export type FilterResult = { passed: Candidate[]; removed: Partial<Record<PlacementFilter["name"], number>> };

export function filterCandidates(
  candidates: readonly Candidate[],
  request: PlacementRequest,
  filters: readonly PlacementFilter[] = placementFilters,
): FilterResult {
  const removed: FilterResult["removed"] = {};
  const passed = candidates.filter((candidate) => {
    const filter = filters.find(({ passes }) => !passes(candidate, request));
    if (filter) removed[filter.name] = (removed[filter.name] ?? 0) + 1;
    return !filter;
  });
  return { passed, removed };
}
