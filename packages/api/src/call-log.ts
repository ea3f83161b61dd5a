/** One line and one count for every call of a procedure: who, what, how it ended, how long it took. Never the input. */
import type { TRPCError } from "@trpc/server";
import { z } from "zod";
import type { Log } from "./deps.ts";
import { cloudErrorOf } from "./error-table.ts";
import type { Meter, Outcome } from "./meter.ts";

type CallEnd = { ok: true } | { ok: false; error: TRPCError };

type Call = {
  requestId: string;
  procedure: string;
  type: "query" | "mutation" | "subscription";
  userId: string | null;
  projectId: string | null;
  /** What it set going. */
  operations: readonly string[];
};

export function outcomeOf(end: CallEnd): Outcome {
  return end.ok ? "ok" : cloudErrorOf(end.error).code;
}

const started = z.union([
  z.object({ operationId: z.uuid() }).transform(({ operationId }) => [operationId]),
  z.object({ operationIds: z.array(z.uuid()) }).transform(({ operationIds }) => operationIds),
]);

/** The operations that a verb's answer names. */
export function startedOperations(answer: unknown): string[] {
  return started.safeParse(answer).data ?? [];
}

/**
 * What changes something or is refused is worth a line at the usual level; a look is not, nor a stranger, who gets nowhere:
 * whoever knocks often enough would push everything else out of the log.
 */
export function tellCall(
  { log, meter }: { log: Log; meter: Meter },
  { type, operations, ...call }: Call,
  outcome: Outcome,
  durationMs: number,
): void {
  meter.called(call.procedure, outcome, durationMs / 1_000);
  const telling = call.userId !== null && (type === "mutation" || outcome !== "ok");
  const level = telling || outcome === "Internal" ? "info" : "debug";
  const [operationId] = operations;
  log[level](
    {
      ...call,
      outcome,
      durationMs: Math.round(durationMs * 10) / 10,
      ...(operations.length > 1 ? { operationIds: operations } : { operationId }),
    },
    "call",
  );
}
