import { namedResources, type QuotaCount } from "@madang/core/quota/resource";
import { z } from "zod";

const stored = z
  .array(
    z.object({
      resource: z.string(),
      typeName: z.string().nullable().optional(),
      inUse: z.number(),
      limit: z.number(),
    }),
  )
  .catch([]);

/** What `quotaCountsSql` answers, in the resources' own order. */
export function storedCounts(value: unknown): QuotaCount[] {
  const counts = new Map(stored.parse(value).map((count) => [count.resource, count]));
  const names = Object.fromEntries([...counts].map(([name, { inUse }]) => [name, inUse]));
  return namedResources(names).flatMap((resource) => {
    const count = counts.get(resource);
    if (!count) return [];
    const { inUse, limit, typeName } = count;
    return [{ resource, inUse, limit, ...(typeName ? { typeName } : {}) }];
  });
}
