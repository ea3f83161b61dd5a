/** Creating twice is creating once (invariant 8): the client names the new resource, this table remembers it for ever. */
import { CloudError } from "@madang/core/errors";
import type { Tx } from "@madang/db";

export type Claim = { id: string; kind: string; projectId: string | null; bodyHash: string };

/**
 * "new": all ids are the caller's from now on. "repeat": all were claimed before by the very same request. Anything
 * else is one Conflict that tells nothing of whose they are.
 */
export async function claimIds(tx: Tx, claims: readonly Claim[]): Promise<"new" | "repeat"> {
  // In one order for everybody, so that two requests naming the same ids can't wait for each other.
  const data = claims.toSorted((left, right) => left.id.localeCompare(right.id));
  const { count } = await tx.resourceId.createMany({ data, skipDuplicates: true });
  if (count === claims.length) return "new";
  const known = await tx.resourceId.findMany({ where: { id: { in: claims.map(({ id }) => id) } } });
  const same = claims.every((claim) =>
    known.some(
      (row) =>
        row.id === claim.id &&
        row.kind === claim.kind &&
        row.projectId === claim.projectId &&
        row.bodyHash === claim.bodyHash,
    ),
  );
  if (same && count === 0) return "repeat";
  throw new CloudError("Conflict", "This id is already in use. Send the request again with a new one.", {
    reason: "idInUse",
    field: "id",
  });
}
