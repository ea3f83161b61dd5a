/**
 * How long what instances used is kept, and how exactly. A level's table is a ring of partitions ("slots") of `spanMs` each;
 * the migration makes as many as `slots` says. Every range is at most 720 points.
 */
const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export type Level = {
  table: "metric_10s" | "metric_2m" | "metric_15m" | "metric_1h";
  /** Of one point. */
  stepMs: number;
  /** Nobody is shown what is older. */
  keepMs: number;
  spanMs: number;
  slots: number;
};

export const metricRanges = ["1h", "24h", "7d", "30d"] as const;
export type MetricRange = (typeof metricRanges)[number];

/** The level that a range is shown from; each but the first is summed up from the one before it. */
export const levels: Record<MetricRange, Level> = {
  // More slots than it is kept: what was not summed up yet waits here while no controller runs.
  "1h": { table: "metric_10s", stepMs: 10 * secondMs, keepMs: hourMs, spanMs: hourMs, slots: 8 },
  "24h": { table: "metric_2m", stepMs: 2 * minuteMs, keepMs: dayMs, spanMs: 6 * hourMs, slots: 6 },
  "7d": { table: "metric_15m", stepMs: 15 * minuteMs, keepMs: 7 * dayMs, spanMs: dayMs, slots: 9 },
  "30d": { table: "metric_1h", stepMs: hourMs, keepMs: 30 * dayMs, spanMs: 3 * dayMs, slots: 12 },
};

/** With no controller to sum it up and to empty slots, looks are taken only so long. */
export const longestUnsummedMs = 6 * hourMs;

/** In which slot of a level's ring a moment is. */
export function slotOf({ spanMs, slots }: Pick<Level, "spanMs" | "slots">, at: Date): number {
  return Math.floor(at.getTime() / spanMs) % slots;
}

/** The same in SQL, of an expression of ours. */
export function slotSql({ spanMs, slots }: Pick<Level, "spanMs" | "slots">, at: string): string {
  return `(floor(extract(epoch FROM ${at}) / ${spanMs / 1_000})::bigint % ${slots})::smallint`;
}
