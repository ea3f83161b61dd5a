/** Creating twice is creating once (invariant 8): the client names the new resource, this table remembers it for ever. */
import { CloudError } from "@madang/core/errors";
import type { Tx } from "@madang/db";

export type Claim = { id: string; kind: string; projectId: string | null; bodyHash: string };

/** "new": all ids are the caller's from now on. "repeat": all were claimed before by the very same request. */
export type Claimed = "new" | "repeat";

/** Anything else than these two is one Conflict that tells nothing of whose the ids are. */
export async function claimIds(tx: Tx, claims: readonly Claim[]): Promise<Claimed> {
  const [claimed = idInUse()] = await claimAll(tx, [claims]);
  if (claimed instanceof CloudError) throw claimed;
  return claimed;
}

/**
 * As `claimIds`, for several requests in one statement; no id may be in two of them. One that is refused here claims
 * nothing; ids of one that is refused after all must be released in the same transaction.
 */
export async function claimAll(
  tx: Tx,
  requests: readonly (readonly Claim[])[],
): Promise<(Claimed | CloudError)[]> {
  // In one order for everybody, so that two transactions naming the same ids can't wait for each other.
  const claims = requests.flat().toSorted((left, right) => left.id.localeCompare(right.id));
  const fresh = await insertClaims(tx, claims);
  const taken = claims.filter(({ id }) => !fresh.has(id)).map(({ id }) => id);
  const known = taken.length === 0 ? [] : await tx.resourceId.findMany({ where: { id: { in: taken } } });
  const byId = new Map(known.map((row) => [row.id, row]));
  const claimed = requests.map((request) => {
    if (request.every(({ id }) => fresh.has(id))) return "new";
    return request.every((claim) => isSame(claim, byId.get(claim.id))) ? "repeat" : idInUse();
  });
  const refused = requests.filter((_, index) => claimed[index] instanceof CloudError).flat();
  await releaseIds(
    tx,
    refused.flatMap(({ id }) => (fresh.has(id) ? [id] : [])),
  );
  return claimed;
}

/** Two new things of one request can't be one. Throws InvalidInput. */
export function requireOwnIds(ids: readonly string[], field: string): void {
  if (new Set(ids).size === ids.length) return;
  throw new CloudError("InvalidInput", "Everything new needs its own id.", { reason: "idsRepeat", field });
}

/** Ids that the server made are never used again either. */
export async function rememberIds(
  tx: Tx,
  projectId: string,
  made: readonly (readonly [kind: string, id: string])[],
): Promise<void> {
  await tx.resourceId.createMany({ data: made.map(([kind, id]) => ({ id, kind, projectId, bodyHash: "" })) });
}

/** Of a request that is refused: nobody else has seen them. */
export async function releaseIds(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.resourceId.deleteMany({ where: { id: { in: [...ids] } } });
}

async function insertClaims(tx: Tx, claims: readonly Claim[]): Promise<Set<string>> {
  const column = <Name extends keyof Claim>(name: Name) => claims.map((claim) => claim[name]);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO resource_id (id, kind, project_id, body_hash)
    SELECT * FROM unnest(${column("id")}::uuid[], ${column("kind")}::text[], ${column("projectId")}::uuid[],
      ${column("bodyHash")}::text[])
    ON CONFLICT DO NOTHING RETURNING id`;
  return new Set(rows.map(({ id }) => id));
}

function isSame(claim: Claim, row: Claim | undefined): boolean {
  return (
    row !== undefined &&
    row.kind === claim.kind &&
    row.projectId === claim.projectId &&
    row.bodyHash === claim.bodyHash
  );
}

export function idInUse(): CloudError {
  return new CloudError("Conflict", "This id is already in use. Send the request again with a new one.", {
    reason: "idInUse",
    field: "id",
  });
}
