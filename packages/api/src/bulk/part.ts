/** A part of a bulk action: an ordinary operation that stands there before its turn comes, with `notBegun` as its generation. */
import { CloudError, type PublicError } from "@madang/core/errors";
import { notBegun } from "@madang/core/operation/bulk";
import type { Prisma, Tx } from "@madang/db";

/** In the transaction that changes its instance, so it begins once whoever tries. Throws Conflict when it may not begin any more. */
export async function beginPart(tx: Tx, id: string, kind: string, generation: number): Promise<string> {
  const data = { kind, targetGeneration: generation };
  const { count } = await tx.operation.updateMany({ where: waiting(id), data });
  if (count === 0) throw gone();
  return id;
}

/** Answers false when it has begun, or ended, in the meantime. */
export async function refusePart(
  prisma: Prisma,
  id: string,
  error: PublicError,
  now: Date,
): Promise<boolean> {
  const data = { state: "failed", error, finishedAt: now } as const;
  const { count } = await prisma.operation.updateMany({ where: waiting(id), data });
  return count > 0;
}

const waiting = (id: string) => ({ id, state: "pending" as const, targetGeneration: notBegun });

function gone(): CloudError {
  return new CloudError("Conflict", "This part has begun or ended already.", { reason: "operationEnded" });
}
