/**
 * What the database refused as it was, and until when it is not asked for again: a pass without it is one transaction, one
 * with it is many.
 */
import type { Refusal } from "../driver.ts";
import { OvsdbError } from "../ovsdb/error.ts";
import { type DesiredRow, type Unit, unitKey, unitOf } from "./desired-row.ts";

export type Quarantine = {
  has: (unit: Unit) => boolean;
  add: (unit: Unit, error: Error) => void;
  /** Lets out what is asked for differently than it was refused, or not at all, and what was in for long. */
  review: (desired: readonly DesiredRow[]) => void;
  cases: () => Refusal[];
};

type Case = { refusal: Refusal; shape: string; since: number };

/** What stood in the way may be gone by then, ms. */
const retryMs = 60_000;

/** What a database can have against a transaction itself (RFC 7047, 3.1 and 5.2); everything else is trouble of its own. */
const refusals: ReadonlySet<string> = new Set([
  "constraint violation",
  "referential integrity violation",
  "domain error",
  "range error",
  "syntax error",
  "unknown column",
]);

export function isRefusal(error: unknown): error is OvsdbError {
  return error instanceof OvsdbError && refusals.has(error.code);
}

export function openQuarantine(now: () => number = () => performance.now()): Quarantine {
  const held = new Map<string, Case>();
  let asked: readonly DesiredRow[] = [];
  const shapeOf = (key: string) => JSON.stringify(asked.filter((row) => unitKey(unitOf(row)) === key));
  return {
    has: (unit) => held.size > 0 && held.has(unitKey(unit)),
    add: (unit, error) => {
      const refusal = { ...unit, detail: error.message };
      held.set(unitKey(unit), { refusal, shape: shapeOf(unitKey(unit)), since: now() });
    },
    review: (desired) => {
      asked = desired;
      for (const [key, { shape, since }] of held)
        if (now() - since > retryMs || shapeOf(key) !== shape) held.delete(key);
    },
    cases: () => [...held.values()].map(({ refusal }) => refusal),
  };
}
