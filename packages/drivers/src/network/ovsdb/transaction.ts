/** What a server answers to a transaction (RFC 7047, 4.1.3). */
import { OvsdbError } from "./error.ts";
import type { OperationResult } from "./operation.ts";
import { record } from "./schema.ts";
import { uuid } from "./value.ts";

/** @throws OvsdbError of the first operation that failed, or of the commit: then nothing of it happened */
export function resultsOf(answer: unknown): OperationResult[] {
  if (!Array.isArray(answer)) throw new OvsdbError("protocol", "a transaction without results");
  const results: OperationResult[] = [];
  for (const [index, result] of answer.entries()) {
    // Operations after the one that failed were not tried.
    if (result === null) continue;
    results.push(resultOf(record(result), index));
  }
  return results;
}

function resultOf(result: Readonly<Record<string, unknown>>, index: number): OperationResult {
  const { error, details, uuid: id, count, rows } = result;
  if (typeof error === "string")
    throw new OvsdbError(error, typeof details === "string" ? details : "", index);
  if (Array.isArray(id) && typeof id[1] === "string") return { uuid: uuid(id[1]) };
  if (typeof count === "number") return { count };
  if (Array.isArray(rows)) return { rows: rows.map(record) };
  return {};
}
