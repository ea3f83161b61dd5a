/** What a project asks for when its limits are too low; the form and the procedures parse it with these schemas. */
import { z } from "zod";
import {
  isMore,
  isQuotaResource,
  type Limits,
  largestLimit,
  type QuotaCount,
  type Usage,
} from "./resource.ts";
import { isTypeResource, kindOf, longestResource, typeIdOf } from "./type-resource.ts";

export const quotaRequestStates = ["pending", "approved", "rejected", "withdrawn"] as const;
export type QuotaRequestState = (typeof quotaRequestStates)[number];

export const reasonLimit = 2_000;

/** Words of some lines. Control and bidirectional override characters would let them lie about themselves. */
const words = z
  .string()
  .trim()
  .max(reasonLimit, { error: "wordsTooLong" })
  .refine((text) => !/[\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]|(?![\n\r\t])\p{Cc}/u.test(text), {
    error: "wordsCharacters",
  });
export const requestReason = words.min(1, { error: "reasonRequired" });
/** An administrator's words to a decision; they may be none. */
export const requestAnswer = words;

/** A limit in the resource's own unit; -1 is unlimited. */
export const limit = z
  .number({ error: "numberRequired" })
  .int({ error: "numberWhole" })
  .min(-1, { error: "numberRange" })
  .max(largestLimit, { error: "numberRange" });

/** At once; a limit of a type takes a row. */
const mostLimits = 1_000;

/** Limits by resource, at least one. A name that is no resource of ours is refused. */
export const limits = z
  .record(z.string().max(longestResource), limit)
  .refine((all) => Object.keys(all).length <= mostLimits, { error: "limitsTooMany" })
  .refine((all) => Object.keys(all).length > 0, { error: "limitsRequired" })
  .refine((all) => Object.keys(all).every(isQuotaResource), { error: "resourceUnknown" })
  .transform(limitsOf);

function limitsOf(all: { [name: string]: number }): Limits {
  const known = Object.entries(all).filter((entry): entry is [keyof Limits, number] =>
    isQuotaResource(entry[0]),
  );
  return Object.fromEntries(known);
}

/** Limits out of a row, where what is no resource any more counts for nothing. */
export const storedLimits = z.record(z.string(), z.number().int()).transform(limitsOf).catch({});

/** The resources for which `asked` is no more than what is allowed already. */
export function notMore(lines: readonly QuotaCount[], asked: Limits): QuotaCount[] {
  return lines.filter(({ resource, limit: now }) => {
    const wish = asked[resource];
    return wish !== undefined && !isMore(wish, now);
  });
}

/** The limits that `wanted` needs, by the resources that stand against it. */
export function shortfall(lines: readonly QuotaCount[], wanted: Usage): Limits {
  const short = lines.filter(({ resource, limit: now, inUse }) => {
    const asked = wanted[resource] ?? 0;
    return asked > 0 && now >= 0 && inUse + asked > now;
  });
  return Object.fromEntries(short.map(({ resource, inUse }) => [resource, inUse + (wanted[resource] ?? 0)]));
}

/** "cores 40, gigabytes (fast) 100": for the trail and for logs. `typeNames`: of volume types, by id. */
export function limitsText(all: Limits, typeNames: ReadonlyMap<string, string> = new Map()): string {
  return Object.entries(all)
    .map(([resource, value]) => `${resourceText(resource, typeNames)} ${value}`)
    .join(", ");
}

export function resourceText(resource: string, typeNames: ReadonlyMap<string, string>): string {
  if (!isTypeResource(resource)) return resource;
  const id = typeIdOf(resource);
  return `${kindOf(resource)} (${typeNames.get(id) ?? id})`;
}
