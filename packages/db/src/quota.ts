/** Usage, counted where it stands (invariant 7): call it with the project's row locked and nothing can race past. */
import { type QuotaLine, type QuotaResource, quotaResources } from "@madang/core/quota/resource";
import type { Tx } from "./client.ts";

type Counts = { instances: number; cores: number; ram: number; key_pairs: number };
type CountsAndLimits = Counts & { limits: { [resource: string]: number } };

/** Key pairs belong to people: `userId` says whose are counted. All of it in one statement, for the project is locked meanwhile. */
export async function quotaLines(tx: Tx, projectId: string, userId: string): Promise<QuotaLine[]> {
  const rows = await tx.$queryRaw<CountsAndLimits[]>`
    SELECT count(*)::int AS instances, coalesce(sum(vcpus), 0)::int AS cores, coalesce(sum(ram_mib), 0)::int AS ram,
      (SELECT count(*)::int FROM key_pair WHERE user_id = ${userId}::uuid) AS key_pairs,
      coalesce((SELECT jsonb_object_agg(resource, "limit") FROM quota_default), '{}')
        || coalesce((SELECT jsonb_object_agg(resource, "limit") FROM quota WHERE project_id = ${projectId}::uuid), '{}') AS limits
    FROM instance WHERE project_id = ${projectId}::uuid`;
  const [counts = nothing] = rows;
  const limits = limitsOf(counts.limits);
  return quotaResources.map((resource) => ({ resource, limit: limits[resource], inUse: counts[resource] }));
}

const nothing: CountsAndLimits = { instances: 0, cores: 0, ram: 0, key_pairs: 0, limits: {} };

/** An override of the project, else the default, else 0: what nobody allowed is not allowed. */
function limitsOf(limits: CountsAndLimits["limits"]): Record<QuotaResource, number> {
  const limitOf = (resource: QuotaResource) => limits[resource] ?? 0;
  return {
    instances: limitOf("instances"),
    cores: limitOf("cores"),
    ram: limitOf("ram"),
    key_pairs: limitOf("key_pairs"),
  };
}
