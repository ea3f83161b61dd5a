/** A quota request that still waits as it was looked at, for both sides: who asks and who answers. */
import { CloudError } from "@madang/core/errors";
import type { QuotaRequest, Tx } from "@madang/db";

/** `generation`: the one that was looked at. `projectId`: of which it must be. */
type Ref = { id: string; generation: number; projectId?: string };

/** What happened to it meanwhile; each side has its own words for that. */
export type Meanwhile = "withdrawn" | "decided" | "amended";

/** Locks it; the project's row must be locked before. Throws NotFound, and what `refusal` makes. */
export async function lockWaitingRequest(
  tx: Tx,
  { id, generation, projectId }: Ref,
  refusal: (meanwhile: Meanwhile, request: QuotaRequest) => CloudError,
): Promise<QuotaRequest> {
  await tx.$queryRaw`SELECT 1 FROM quota_request WHERE id = ${id}::uuid FOR UPDATE`;
  const request = await tx.quotaRequest.findFirst({ where: { id, projectId } });
  if (!request) throw requestNotFound();
  if (request.state === "withdrawn") throw refusal("withdrawn", request);
  if (request.state !== "pending") throw refusal("decided", request);
  if (request.generation !== generation) throw refusal("amended", request);
  return request;
}

export function requestNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such quota request.", { reason: "quotaRequestNotFound" });
}
