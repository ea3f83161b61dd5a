/** Which of the hypervisors that can is best: weighers as data, higher is better, each between 0 and 1. */
import { type Amounts, type ResourceClass, resourceClasses } from "@madang/core/hypervisor/capacity";
import type { Candidate } from "./filters.ts";

type Weigher = {
  name: string;
  factor: number;
  weigh: (candidate: Candidate, wanted: Amounts) => number;
};

/** What would be left of a resource, as a share of all of it. */
function leftOver(resource: ResourceClass): Weigher["weigh"] {
  return ({ capacity, used }, wanted) => {
    if (!capacity || capacity[resource] === 0) return 0;
    return Math.max(0, (capacity[resource] - used[resource] - wanted[resource]) / capacity[resource]);
  };
}

/** Memory first, as in Nova: it cannot be overcommitted without pain. */
const factors: Record<ResourceClass, number> = { MEMORY_MB: 2, VCPU: 1, DISK_GB: 1 };
const weighers: readonly Weigher[] = resourceClasses.map((name) => ({
  name,
  factor: factors[name],
  weigh: leftOver(name),
}));

/** Launches that are ranked at the same moment would all choose the same best one; so one of the best five. */
const lottery = 5;

/** Best first, but the first is drawn from the best five. `random` answers a number in [0, 1). */
export function rankCandidates(
  candidates: readonly Candidate[],
  wanted: Amounts,
  random: () => number = Math.random,
): Candidate[] {
  const score = (candidate: Candidate) =>
    weighers.reduce((sum, { factor, weigh }) => sum + factor * weigh(candidate, wanted), 0);
  const ranked = candidates
    .map((candidate) => ({ candidate, score: score(candidate) }))
    .sort((left, right) => right.score - left.score)
    .map(({ candidate }) => candidate);
  const drawn = Math.floor(random() * Math.min(lottery, ranked.length));
  return ranked.length === 0 ? [] : [...ranked.splice(drawn, 1), ...ranked];
}
