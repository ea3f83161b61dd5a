/** Why no hypervisor could take an instance, in plain words: how many each filter removed, and what would fit. */

import type { PublicError } from "@madang/core/errors";
import { type Amounts, amountsOf, fits } from "@madang/core/hypervisor/capacity";
import {
  type Candidate,
  type FilterResult,
  filterCandidates,
  type PlacementFilter,
  type PlacementRequest,
} from "./filters.ts";

export type FlavorSize = { name: string; vcpus: number; ramMib: number; diskGib: number };

const sentences: Record<PlacementFilter["name"], (count: number) => string> = {
  down: (count) => `${count} not reachable`,
  disabled: (count) => `${count} disabled`,
  zone: (count) => `${count} in another availability zone`,
  excluded: (count) => `${count} failed to build it before`,
  simulated: (count) => `${count} only simulated`,
  capacity: (count) => `${count} without enough free capacity`,
};

/** `before` is what the last hypervisor that tried said, for an instance whose build failed there. */
export function diagnose(
  candidates: readonly Candidate[],
  request: PlacementRequest,
  result: FilterResult,
  flavors: readonly FlavorSize[],
  before: string | null,
): PublicError {
  const nearest = result.removed.capacity ? nearestFlavor(candidates, request, flavors) : null;
  return {
    code: "NoValidHost",
    reason: "NoValidHost",
    message: [summary(candidates.length, result), before, nearest && `Flavor ${nearest.name} would fit now.`]
      .filter(Boolean)
      .join(" "),
    params: {
      hypervisors: candidates.length,
      ...result.removed,
      ...(nearest ? { flavor: nearest.name } : {}),
    },
    retry: "later",
  };
}

function summary(total: number, { removed }: FilterResult): string {
  if (total === 0) return "No hypervisor has joined yet.";
  const parts = Object.entries(removed).map(([name, count]) => sentenceFor(name, count));
  return `None of ${total} hypervisors can take this instance: ${parts.join(", ")}.`;
}

function sentenceFor(name: string, count: number): string {
  const known = Object.entries(sentences).find(([key]) => key === name);
  return known ? known[1](count) : `${count} ${name}`;
}

/** The largest flavor, no larger than what was asked in any way, that fits on a hypervisor all other filters pass. */
function nearestFlavor(
  candidates: readonly Candidate[],
  request: PlacementRequest,
  flavors: readonly FlavorSize[],
): FlavorSize | null {
  const room = (amounts: Amounts) => filterCandidates(candidates, { ...request, amounts }).passed.length > 0;
  const fitting = flavors
    .filter((flavor) => fits(request.amounts, { VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 }, amountsOf(flavor)))
    .filter((flavor) => room(amountsOf(flavor)))
    .sort(
      (left, right) => right.ramMib - left.ramMib || right.vcpus - left.vcpus || right.diskGib - left.diskGib,
    );
  return fitting[0] ?? null;
}
