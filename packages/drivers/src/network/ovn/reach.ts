import { CloudError } from "@madang/core/errors";
import type { OvsdbClient } from "../ovsdb/client.ts";

/** A database that is away so long is away; who asked comes again. */
const patienceMs = 3_000;

/** Waits a while for the database. @throws CloudError Unavailable, or the signal's reason */
export async function reach(client: OvsdbClient, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (client.synced) return;
  const patience = AbortSignal.timeout(patienceMs);
  const limit = signal ? AbortSignal.any([signal, patience]) : patience;
  await client.whenSynced(limit).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreachable(error);
  });
}

export function unreachable(cause: unknown): CloudError {
  return new CloudError("Unavailable", "The network's control plane does not answer.", {
    reason: "networkUnreachable",
    retry: "later",
    detail: `OVN northbound: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  });
}
