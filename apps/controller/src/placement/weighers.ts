/** Which of the hypervisors that can is best: weighers as data, higher is better, each between 0 and 1. */
import type { Amounts, ResourceClass } from "@madang/core/hypervisor/capacity";
import type { Candidate } from "@madang/core/hypervisor/placement";
import { type WeigherName, type Weights, weigherNames } from "@madang/core/hypervisor/weight";

type Weigh = (candidate: Candidate, wanted: Amounts) => number;

/** What would be left of a resource, as a share of all of it. */
function leftOver(resource: ResourceClass): Weigh {
  return ({ capacity, used }, wanted) => {
    if (!capacity || capacity[resource] === 0) return 0;
    return Math.max(0, (capacity[resource] - used[resource] - wanted[resource]) / capacity[resource]);
  };
}

const weighers: Record<WeigherName, Weigh> = {
  memory: leftOver("MEMORY_MB"),
  vcpus: leftOver("VCPU"),
  disk: leftOver("DISK_GB"),
  guests: ({ guests }) => 1 / (1 + guests),
  failures: ({ failedGuests }) => 1 / (1 + failedGuests),
};

/** Launches that are ranked at the same moment would all choose the same best one; so one of the best five. */
const lottery = 5;

/** Best first, but the first is drawn from the best five. `random` answers a number in [0, 1). */
export function rankCandidates(
  candidates: readonly Candidate[],
  wanted: Amounts,
  weights: Weights,
  random: () => number = Math.random,
): Candidate[] {
  const score = (candidate: Candidate) =>
    weigherNames.reduce((sum, name) => sum + weights[name] * weighers[name](candidate, wanted), 0);
  const ranked = candidates
    .map((candidate) => ({ candidate, score: score(candidate) }))
    .sort((left, right) => right.score - left.score)
    .map(({ candidate }) => candidate);
  const drawn = Math.floor(random() * Math.min(lottery, ranked.length));
  return ranked.length === 0 ? [] : [...ranked.splice(drawn, 1), ...ranked];
}
