import { type QuotaCount, quotaResources } from "@madang/core/quota/resource";
import { z } from "zod";

const stored = z.array(z.object({ resource: z.string(), inUse: z.number(), limit: z.number() })).catch([]);

/** What `quotaCountsSql` answers, in the resources' own order. */
export function storedCounts(value: unknown): QuotaCount[] {
  const counts = stored.parse(value);
  return quotaResources.flatMap((resource) => {
    const count = counts.find((one) => one.resource === resource);
    return count ? [{ ...count, resource }] : [];
  });
}
