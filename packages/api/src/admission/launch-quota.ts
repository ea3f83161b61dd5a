import { CloudError } from "@madang/core/errors";
import { launchUsage, quotaExcesses } from "@madang/core/quota/resource";
import { quotaLines, type Tx } from "@madang/db";
import type { Actor } from "../context.ts";

/** Call it with the project's row locked. Throws QuotaExceeded with every resource that `count` such instances exceed. */
export async function requireQuota(
  tx: Tx,
  actor: Actor,
  projectId: string,
  sizes: { vcpus: number; ramMib: number },
  count: number,
): Promise<void> {
  const lines = await quotaLines(tx, projectId, actor.userId);
  const quota = quotaExcesses(lines, launchUsage(sizes, count));
  if (quota.length === 0) return;
  const resources = quota.map(({ resource }) => resource).join(", ");
  throw new CloudError("QuotaExceeded", `This would go over the project's quota: ${resources}.`, {
    reason: "quotaExceeded",
    params: { resources },
    quota,
  });
}
