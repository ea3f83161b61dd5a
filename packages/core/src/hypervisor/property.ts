/** Properties of host aggregates and what flavors require of them: small, and safe to be shown and compared. */
import { z } from "zod";

/** Of one flavor or aggregate. */
export const propertyLimit = 32;

const propertyName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_.:-]{0,62}$/, { error: "propertyName" });
const propertyValue = z
  .string()
  .trim()
  .min(1, { error: "propertyValue" })
  .max(255, { error: "propertyValue" })
  .refine((text) => !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text), {
    error: "propertyValue",
  });

export const properties = z
  .record(propertyName, propertyValue)
  .refine((all) => Object.keys(all).length <= propertyLimit, { error: "propertiesTooMany" });
export type Properties = z.infer<typeof properties>;

/** What a row holds; anything else counts as nothing required or offered. */
export function storedProperties(stored: unknown): Properties {
  return properties.safeParse(stored).data ?? {};
}

/** What the aggregates of a hypervisor say together: two of them may give one name two values, and both count. */
export type Offered = ReadonlyMap<string, ReadonlySet<string>>;

export function offeredBy(aggregates: readonly Properties[]): Offered {
  const offered = new Map<string, Set<string>>();
  for (const [name, value] of aggregates.flatMap((one) => Object.entries(one))) {
    offered.set(name, (offered.get(name) ?? new Set()).add(value));
  }
  return offered;
}

export function offersAll(offered: Offered, required: Properties): boolean {
  return Object.entries(required).every(([name, value]) => offered.get(name)?.has(value) ?? false);
}

export function propertiesText(all: Properties): string {
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(", ");
}
