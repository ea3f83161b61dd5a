export type TimeLeft = { unit: "seconds" | "minutes" | "hours"; count: number };

const minute = 60;
const hour = 3_600;

/** How long the rest takes, as exact as anybody can know; null while nothing moves. */
export function timeLeft(leftBytes: number, bytesPerSecond: number | null): TimeLeft | null {
  if (bytesPerSecond === null || bytesPerSecond < 1) return null;
  const seconds = leftBytes / bytesPerSecond;
  if (seconds < minute) return { unit: "seconds", count: Math.max(1, Math.ceil(seconds / 5) * 5) };
  if (seconds < hour) return { unit: "minutes", count: Math.ceil(seconds / minute) };
  return { unit: "hours", count: Math.ceil(seconds / hour) };
}
