import { setTimeout as sleep } from "node:timers/promises";

/** Asks again until the answer is not null or false; the limit only ends what hangs. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | false>,
  limitMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
    await sleep(50);
  }
}
