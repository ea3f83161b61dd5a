import { CloudError } from "@madang/core/errors";
import { resourceText } from "@madang/core/quota/request";
import { type QuotaCount, quotaExcesses, type Usage } from "@madang/core/quota/resource";
import { quotaLines, type Tx } from "@madang/db";
import type { Actor } from "../context.ts";

/**
 * Call it with the project's row locked, and the person's where it asks for what belongs to people. Throws QuotaExceeded
 * with every resource of which `wanted` is too much.
 */
export async function requireRoom(tx: Tx, actor: Actor, projectId: string, wanted: Usage): Promise<void> {
  takeRoom(await quotaLines(tx, projectId, actor.userId), wanted);
}

/** What is in use once `wanted` is taken. Throws as `requireRoom`. */
export function takeRoom(counts: readonly QuotaCount[], wanted: Usage): QuotaCount[] {
  const quota = quotaExcesses(counts, wanted);
  if (quota.length === 0)
    return counts.map((count) => ({ ...count, inUse: count.inUse + (wanted[count.resource] ?? 0) }));
  const names = new Map(
    quota.map(({ resource, typeName }) => [resource.split(":")[1] ?? "", typeName ?? ""]),
  );
  const resources = quota.map(({ resource }) => resourceText(resource, names)).join(", ");
  throw new CloudError("QuotaExceeded", `This would go over the project's quota: ${resources}.`, {
    reason: "quotaExceeded",
    params: { resources },
    quota,
  });
}
