/** One admission or one reconcile step: READ COMMITTED, locks first, then counts (design section 4). */
import { CloudError } from "@madang/core/errors";
import type { Prisma, Tx } from "./client.ts";

/** PostgreSQL's SQLSTATEs for a lock not got in time, a deadlock, a serialisation failure, too many connections. */
const retriable = /55P03|40P01|40001|53300|lock timeout|deadlock detected/;
/** foreign_key_violation: what was there when it was asked for was deleted meanwhile. Asked again, the answer says what. */
const goneMeanwhile = /\b23503\b|P2003/;
/** disk_full, and what a server says of it that has no SQLSTATE at hand. */
const outOfSpace = /53100|No space left on device/i;
const unreachable =
  /ECONNREFUSED|ECONNRESET|57P0[123]|P1001|P1017|Connection terminated|terminating connection/;

/** Runs `work` in one transaction; a lock not got within `lock_timeout` becomes Unavailable. `timeout` in ms. */
export async function transaction<T>(
  prisma: Prisma,
  work: (tx: Tx) => Promise<T>,
  timeout = 15_000,
): Promise<T> {
  try {
    // READ COMMITTED by the connection's own setting: asking for it again would be a round trip each time.
    return await prisma.$transaction(work, { timeout, maxWait: 10_000 });
  } catch (error) {
    throw asUnavailable(error);
  }
}

/** Turns what is only bad luck (locks, a restart of PostgreSQL) into Unavailable; everything else passes. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof CloudError) return error;
  const text = `${error instanceof Error ? `${error.name} ${error.message}` : error} ${JSON.stringify(error)}`;
  if (outOfSpace.test(text)) return storageFull(text, error);
  const passing = [retriable, goneMeanwhile, unreachable, /P2024|P2028|P2034/];
  if (!passing.some((pattern) => pattern.test(text))) return error;
  return new CloudError("Unavailable", "The service is busy. Try again in a moment.", {
    reason: "busy",
    retry: "later",
    detail: text.slice(0, 500),
    cause: error,
  });
}

function storageFull(detail: string, cause: unknown): CloudError {
  return new CloudError("Unavailable", "The database has no space left, so nothing was changed.", {
    reason: "storageFull",
    retry: "later",
    detail: detail.slice(0, 500),
    cause,
  });
}
