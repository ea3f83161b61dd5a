import type { useFormatter } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { ShownOperation } from "./use-operations.ts";

type Format = ReturnType<typeof useFormatter>;

export function named(t: Translate, group: string, key: string): string {
  return t.has(`${group}.${key}`) ? t(`${group}.${key}`) : key;
}

export function kindWords(t: Translate, kind: string): string {
  return named(t, "operationKinds", kind);
}

/** How it ended, as a sentence for whoever only hears it. */
export function endWords(t: Translate, { kind, resourceName, state }: ShownOperation): string {
  return t(`operations.ended.${state}`, { kind: kindWords(t, kind), name: resourceName });
}

const unitsOf = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** The two largest units of a time, in the reader's language; never less than a second. */
export function durationText(format: Format, ms: number): string {
  let left = Math.max(1, Math.round(ms / 1_000));
  const from = unitsOf.findIndex(([, seconds]) => left >= seconds);
  return unitsOf
    .slice(from, from + 2)
    .flatMap(([unit, seconds]) => {
      const count = Math.floor(left / seconds);
      left -= count * seconds;
      return count > 0 ? [format.number(count, { style: "unit", unit, unitDisplay: "short" })] : [];
    })
    .join(" ");
}
