export type TimeLeft = { unit: "seconds" | "minutes" | "hours"; count: number };

const minute = 60;
const hour = 3_600;

/** Slower than this nobody waits for it, s. */
const longest = 999 * hour;

/** How long the rest takes, as exact as anybody can know; null while nothing moves. `left` in whatever `rate` counts a second. */
export function timeLeft(left: number, rate: number | null): TimeLeft | null {
  if (rate === null || rate <= 0) return null;
  const seconds = left / rate;
  if (seconds > longest) return null;
  if (seconds < minute) return { unit: "seconds", count: Math.max(1, Math.ceil(seconds / 5) * 5) };
  if (seconds < hour) return { unit: "minutes", count: Math.ceil(seconds / minute) };
  return { unit: "hours", count: Math.ceil(seconds / hour) };
}
