import { setTimeout as pause } from "node:timers/promises";

/**
 * Asks `condition` again and again until it answers something true, and returns that; null when `seconds` have passed.
 */
export async function until(condition, { seconds, every = 100 }) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() >= end) return null;
    await pause(Math.min(every, Math.max(1, end - Date.now())));
  }
}
