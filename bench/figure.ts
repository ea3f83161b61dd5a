/** What a figure is, and how its samples become one row of the table. */
import { z } from "zod";
import type { Stand, StandName } from "./stand/stand.ts";

/** `×`: so many times as long as what it is compared with. */
const unit = z.enum(["ms", "s", "KB", "MB", "×"]);
export type Unit = z.infer<typeof unit>;
export type Measured = { samples: readonly number[]; note?: string };

export type Figure = {
  name: string;
  unit: Unit;
  /** What it should be on an otherwise idle machine of two cores, in the figure's unit. */
  aim: { of: "p50" | "p95" | "max"; atMost: number } | null;
  /** The cloud that it is measured on; figures of one stand share it. */
  stand: StandName;
  measure: (stand: Stand) => Promise<Measured>;
};

export const resultShape = z.object({
  name: z.string(),
  unit,
  n: z.int(),
  p50: z.number(),
  p95: z.number(),
  max: z.number(),
  note: z.string(),
  measuredAt: z.iso.datetime(),
});
export type Result = z.infer<typeof resultShape>;

export function resultOf({ name, unit }: Pick<Figure, "name" | "unit">, measured: Measured): Result {
  const { samples, note = "" } = measured;
  if (samples.length === 0) throw new Error(`${name} measured nothing`);
  const sorted = samples.toSorted((left, right) => left - right);
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => rounded(percentile(sorted, share)));
  return {
    name,
    unit,
    n: sorted.length,
    p50: p50 ?? 0,
    p95: p95 ?? 0,
    max: max ?? 0,
    note,
    measuredAt: new Date().toISOString(),
  };
}

/** The smallest sample that at least `share` of all do not exceed. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

const rounded = (value: number) => Number(value.toPrecision(4));
