/** Quota arithmetic, the same in the admission transaction and in the launch form. Names and units are OpenStack's. */
import type { QuotaExcess } from "../errors.ts";

/** Counted today; `ram` in MiB. */
export const quotaResources = ["instances", "cores", "ram", "key_pairs"] as const;
export type QuotaResource = (typeof quotaResources)[number];

/** What a new cloud allows a project (Nova's own defaults, with ram in MiB and -1 as unlimited). */
export const initialQuota: Record<QuotaResource, number> = {
  instances: 10,
  cores: 20,
  ram: 51_200,
  key_pairs: 100,
};

export type Usage = Partial<Record<QuotaResource, number>>;
export type QuotaLine = { resource: QuotaResource; limit: number; inUse: number };

/** The resources that a request would exceed, each with the numbers that say why. */
export function quotaExcesses(lines: readonly QuotaLine[], requested: Usage): QuotaExcess[] {
  return lines.flatMap((line) => {
    const wanted = requested[line.resource] ?? 0;
    const fits = wanted === 0 || line.limit < 0 || line.inUse + wanted <= line.limit;
    return fits ? [] : [{ ...line, requested: wanted }];
  });
}

/** What `count` instances of a flavor ask for. */
export function launchUsage(flavor: { vcpus: number; ramMib: number }, count: number): Usage {
  return { instances: count, cores: flavor.vcpus * count, ram: flavor.ramMib * count };
}
