import { CloudError } from "@madang/core/errors";
import { isQuotaResource, type Limits, namedResources, unsaidLimit } from "@madang/core/quota/resource";
import { isTypeResource } from "@madang/core/quota/type-resource";
import { quotaLines, type Tx } from "@madang/db";
import { requireTypes } from "./limited-type.ts";
import { type Changes, changesOf } from "./record.ts";

/** null: no limit of the project's own any more, the default counts. */
export type NewLimits = { readonly [resource: string]: number | null | undefined };

/**
 * Gives a project limits of its own: for good, or until a moment, after which what would have counted without it counts
 * again. Call it with the project's row locked. Answers what changed of the limits that count, for the event. Throws
 * InvalidInput when the moment has passed, or comes before the end of a limit that ends already, or a volume type is not there.
 */
export async function setLimits(
  tx: Tx,
  projectId: string,
  limits: NewLimits,
  until: Date | null,
): Promise<Changes> {
  await requireTypes(tx, limits);
  await requireAhead(tx, until);
  await requireLast(tx, projectId, Object.keys(limits), until);
  const before = await limitsNow(tx, projectId);
  for (const [resource, limit] of Object.entries(limits)) {
    if (!isQuotaResource(resource) || limit === undefined) continue;
    if (limit === null) await tx.quota.deleteMany({ where: { projectId, resource } });
    else await setLimit(tx, projectId, resource, limit, until);
  }
  const after = await limitsNow(tx, projectId);
  return changesOf<string>(
    withUnsaid(before, after),
    withUnsaid(after, before),
    namedResources(before, after),
  );
}

async function setLimit(
  tx: Tx,
  projectId: string,
  resource: string,
  limit: number,
  until: Date | null,
): Promise<void> {
  // A limit that ends hides one for good, or none; a second one that ends hides the same.
  await tx.$executeRaw`
    INSERT INTO quota (project_id, resource, "limit", expires_at, fallback_limit)
    VALUES (${projectId}::uuid, ${resource}, ${limit}::int, ${until}::timestamptz, NULL)
    ON CONFLICT (project_id, resource) DO UPDATE SET "limit" = excluded."limit", expires_at = excluded.expires_at,
      fallback_limit = CASE
        WHEN excluded.expires_at IS NULL THEN NULL
        WHEN quota.expires_at IS NULL THEN quota."limit"
        ELSE quota.fallback_limit END`;
}

async function requireAhead(tx: Tx, until: Date | null): Promise<void> {
  if (until === null) return;
  const [row] = await tx.$queryRaw<
    { ahead: boolean }[]
  >`SELECT ${until}::timestamptz > statement_timestamp() AS ahead`;
  if (row?.ahead) return;
  throw new CloudError("InvalidInput", "This moment has passed.", {
    reason: "expiryPassed",
    field: "expiresAt",
  });
}

/** Only one limit that ends is kept for each resource: one that ends sooner would take the rest of the other with it. */
async function requireLast(
  tx: Tx,
  projectId: string,
  resources: readonly string[],
  until: Date | null,
): Promise<void> {
  if (until === null) return;
  const [later] = await tx.$queryRaw<{ at: Date }[]>`
    SELECT expires_at AS at FROM quota WHERE project_id = ${projectId}::uuid AND resource = ANY(${[...resources]})
      AND expires_at > ${until}::timestamptz AND expires_at > statement_timestamp() ORDER BY at DESC LIMIT 1`;
  if (!later) return;
  throw new CloudError(
    "InvalidInput",
    "A limit that ends later counts already. Choose its end or a later one.",
    {
      reason: "expiryBeforeOther",
      params: { at: later.at.toISOString() },
      field: "expiresAt",
    },
  );
}

/** Throws Conflict when other limits count by now than those that were looked at. Call it with the project's row locked. */
export async function requireLooked(tx: Tx, projectId: string, was: Limits): Promise<void> {
  requireSame(was, await limitsNow(tx, projectId));
}

/** What only the other says something of is what counts of it anyway. */
export function withUnsaid(limits: Limits, others: Limits): Limits {
  return { ...unsaid(others), ...limits };
}

const unsaid = (limits: Limits): Limits =>
  Object.fromEntries(
    Object.keys(limits).flatMap((name) => (isTypeResource(name) ? [[name, unsaidLimit(name)]] : [])),
  );

/** Throws Conflict. */
export function requireSame(was: Limits, now: Limits): void {
  const all: { [resource: string]: number | undefined } = withUnsaid(now, was);
  if (Object.entries(was).every(([resource, limit]) => all[resource] === limit)) return;
  throw changedMeanwhile();
}

export function changedMeanwhile(): CloudError {
  return new CloudError("Conflict", "Somebody else changed these limits meanwhile.", {
    reason: "changedMeanwhile",
  });
}

const nobody = "00000000-0000-0000-0000-000000000000";

async function limitsNow(tx: Tx, projectId: string): Promise<Limits> {
  const lines = await quotaLines(tx, projectId, nobody);
  return Object.fromEntries(lines.map(({ resource, limit }) => [resource, limit]));
}
