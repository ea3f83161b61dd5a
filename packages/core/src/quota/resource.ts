/** Quota arithmetic, the same in the admission transaction and in every form. Names and units are OpenStack's. */
import type { QuotaExcess } from "../errors.ts";
import { isTypeResource, kindOf, type TypeResource } from "./type-resource.ts";

type Rule = {
  name: string;
  unit: "count" | "MiB" | "GiB";
  /** Whose are counted against the project's limit: the project's own, or those of the person who asks. */
  whose: "project" | "person";
  /** What a new cloud allows a project; -1 is unlimited. The numbers are Nova's, Neutron's and Cinder's own defaults. */
  initial: number;
};

/** The one list of what a quota limits; docs/quota.md tells what a new line here asks for. */
const list = [
  { name: "instances", unit: "count", whose: "project", initial: 10 },
  { name: "cores", unit: "count", whose: "project", initial: 20 },
  { name: "ram", unit: "MiB", whose: "project", initial: 51_200 },
  { name: "key_pairs", unit: "count", whose: "person", initial: 100 },
  { name: "networks", unit: "count", whose: "project", initial: 100 },
  { name: "subnets", unit: "count", whose: "project", initial: 100 },
  { name: "ports", unit: "count", whose: "project", initial: 500 },
  { name: "routers", unit: "count", whose: "project", initial: 10 },
  { name: "floating_ips", unit: "count", whose: "project", initial: 50 },
  { name: "security_groups", unit: "count", whose: "project", initial: 10 },
  { name: "security_group_rules", unit: "count", whose: "project", initial: 100 },
  { name: "images", unit: "count", whose: "project", initial: 50 },
  { name: "image_size", unit: "MiB", whose: "project", initial: 102_400 },
  { name: "volumes", unit: "count", whose: "project", initial: 10 },
  { name: "gigabytes", unit: "GiB", whose: "project", initial: 1_000 },
  { name: "snapshots", unit: "count", whose: "project", initial: 10 },
] as const satisfies readonly Rule[];

/** What every cloud counts. */
export type FixedResource = (typeof list)[number]["name"];
/** And what is counted of each volume type by itself. */
export type QuotaResource = FixedResource | TypeResource;
export const quotaResources: readonly FixedResource[] = list.map(({ name }) => name);
/** Whose use over time can be told: a person's key pairs are the same in all his projects. */
export const projectResources = quotaResources.filter((name) => ruleOf(name).whose === "project");

export const initialQuota: readonly { resource: FixedResource; limit: number }[] = list.map(
  ({ name, initial }) => ({ resource: name, limit: initial }),
);

export function ruleOf(resource: QuotaResource): Rule {
  const named = isTypeResource(resource) ? kindOf(resource) : resource;
  return list.find(({ name }) => name === named) ?? list[0];
}

export function isFixedResource(name: string): name is FixedResource {
  return quotaResources.some((resource) => resource === name);
}

export function isQuotaResource(name: string): name is QuotaResource {
  return isFixedResource(name) || isTypeResource(name);
}

/** What counts of a resource that nobody said anything of: nothing is allowed, but a volume type takes what the project has. */
export function unsaidLimit(resource: QuotaResource): number {
  return isTypeResource(resource) ? -1 : 0;
}

export type Usage = { [resource in FixedResource]?: number } & { [resource: TypeResource]: number };
/** Limits by resource, as asked, granted or set; -1 is unlimited. */
export type Limits = Usage;
/** PostgreSQL's integer: the largest limit that can be told from unlimited. */
export const largestLimit = 2_147_483_647;

export type QuotaCount = {
  resource: QuotaResource;
  limit: number;
  inUse: number;
  /** Of the volume type, where the resource is one of a type's. */
  typeName?: string;
};

/** Everything that one of them says something of: the fixed ones in their order, then those of types. */
export function namedResources(...all: readonly Limits[]): QuotaResource[] {
  const names = new Set(all.flatMap((one) => Object.keys(one)));
  return [
    ...quotaResources.filter((name) => names.has(name)),
    ...[...names].filter(isTypeResource).toSorted(),
  ];
}

export function sumUsage(...all: readonly Usage[]): Usage {
  return Object.fromEntries(
    namedResources(...all).map((name) => [name, all.reduce((sum, one) => sum + (one[name] ?? 0), 0)]),
  );
}
export type QuotaLine = QuotaCount & {
  /** What counts where the project has no limit of its own. */
  default: number;
  /** Where the limit comes from. */
  source: "default" | "project";
  /** Until when this limit counts, and which one does afterwards; null: for good. */
  until: { at: Date; limit: number } | null;
};

/** The resources that a request would exceed, each with the numbers that say why. */
export function quotaExcesses(lines: readonly QuotaCount[], requested: Usage): QuotaExcess[] {
  return lines.flatMap(({ resource, limit, inUse, typeName }) => {
    const wanted = requested[resource] ?? 0;
    const fits = wanted === 0 || limit < 0 || inUse + wanted <= limit;
    const named = typeName === undefined ? {} : { typeName };
    return fits ? [] : [{ resource, limit, inUse, requested: wanted, ...named }];
  });
}

/** True when `asked` allows more than `limit`: -1 more than any number, nothing more than -1. */
export function isMore(asked: number, limit: number): boolean {
  if (limit < 0) return false;
  return asked < 0 || asked > limit;
}

/** What `count` instances of a flavor ask for. */
export function launchUsage(flavor: { vcpus: number; ramMib: number }, count: number): Usage {
  return { instances: count, cores: flavor.vcpus * count, ram: flavor.ramMib * count };
}
