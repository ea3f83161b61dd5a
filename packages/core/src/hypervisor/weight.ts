/** How much each weigher counts when a hypervisor is chosen: names and bounds are here, factors an administrator's. */
import { z } from "zod";

export const weigherNames = ["memory", "vcpus", "disk", "guests", "failures"] as const;
export type WeigherName = (typeof weigherNames)[number];
export type Weights = Record<WeigherName, number>;

/** Memory first, as in Nova: it cannot be overcommitted without pain. */
export const defaultWeights: Weights = { memory: 2, vcpus: 1, disk: 1, guests: 0, failures: 1 };

/** Above 0 spreads, below 0 packs, 0 ignores. Preferring where builds fail helps nobody. */
const factor = z.number().min(-10).max(10);
export const weightChanges = z.strictObject({
  memory: factor,
  vcpus: factor,
  disk: factor,
  guests: factor,
  failures: factor.min(0),
});

/** What is stored over the defaults; a name that is not ours is left out. */
export function weightsFrom(rows: readonly { name: string; factor: number }[]): Weights {
  const of = (name: WeigherName) => rows.find((row) => row.name === name)?.factor ?? defaultWeights[name];
  return {
    memory: of("memory"),
    vcpus: of("vcpus"),
    disk: of("disk"),
    guests: of("guests"),
    failures: of("failures"),
  };
}
