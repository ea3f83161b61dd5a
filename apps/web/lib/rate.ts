/** How fast a number grows, from one look at it to the next, smoothed: one slow answer is no slow disk. */
export type Look = {
  /** What it is of; another one begins anew. */
  readonly of: string;
  readonly value: number;
  /** ms */
  readonly at: number;
  /** A second; null: it has not grown yet. */
  readonly rate: number | null;
};

/** So long ago counts half, ms. */
const halfLifeMs = 5_000;

/** After a look at the same value nothing is known that was not before. What shrank was begun anew. */
export function nextLook(before: Look, of: string, value: number, at: number): Look {
  if (of !== before.of || value < before.value) return { of, value, at, rate: null };
  if (value === before.value || at <= before.at) return before;
  const now = ((value - before.value) * 1_000) / (at - before.at);
  const kept = before.rate === null ? 0 : 0.5 ** ((at - before.at) / halfLifeMs);
  return { of, value, at, rate: kept * (before.rate ?? 0) + (1 - kept) * now };
}
