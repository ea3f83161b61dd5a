/** Usage, counted where it stands (invariant 7): call it with the project's row locked and nothing can race past. */
import { type QuotaLine, type QuotaResource, quotaResources } from "@madang/core/quota/resource";
import type { Tx } from "./client.ts";

type Counts = { instances: number; cores: number; ram: number; key_pairs: number };

/** Key pairs belong to people: `userId` says whose are counted. */
export async function quotaLines(tx: Tx, projectId: string, userId: string): Promise<QuotaLine[]> {
  const [limits, counts] = await Promise.all([quotaLimits(tx, projectId), countUsage(tx, projectId, userId)]);
  return quotaResources.map((resource) => ({ resource, limit: limits[resource], inUse: counts[resource] }));
}

async function countUsage(tx: Tx, projectId: string, userId: string): Promise<Counts> {
  const [row] = await tx.$queryRaw<Counts[]>`
    SELECT count(*)::int AS instances, coalesce(sum(vcpus), 0)::int AS cores, coalesce(sum(ram_mib), 0)::int AS ram,
      (SELECT count(*)::int FROM key_pair WHERE user_id = ${userId}::uuid) AS key_pairs
    FROM instance WHERE project_id = ${projectId}::uuid`;
  return row ?? { instances: 0, cores: 0, ram: 0, key_pairs: 0 };
}

/** An override of the project, else the default, else 0: what nobody allowed is not allowed. */
async function quotaLimits(tx: Tx, projectId: string): Promise<Record<QuotaResource, number>> {
  const defaults = await tx.quotaDefault.findMany();
  const overrides = await tx.quota.findMany({ where: { projectId } });
  const limits = new Map([...defaults, ...overrides].map((row) => [row.resource, row.limit]));
  const limitOf = (resource: QuotaResource) => limits.get(resource) ?? 0;
  return {
    instances: limitOf("instances"),
    cores: limitOf("cores"),
    ram: limitOf("ram"),
    key_pairs: limitOf("key_pairs"),
  };
}
