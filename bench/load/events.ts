/** What Chromium itself measures of a page: paints, shifts, and how long each interaction took to its next frame. */
import type { Page } from "@playwright/test";
import { z } from "zod";

const paints = z.object({ first: z.number(), largest: z.number(), shift: z.number() });
const events = z.array(z.object({ interactionId: z.number(), duration: z.number() }));

/** Runs in the page before its own scripts, so it is text: the bench itself knows no DOM. */
const watch = `
  window.benchPaint = { largest: 0, shift: 0 };
  window.benchEvents = [];
  const each = (type, take, more) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  each("largest-contentful-paint", (entry) => { benchPaint.largest = entry.startTime; });
  each("layout-shift", (entry) => { if (!entry.hadRecentInput) benchPaint.shift += entry.value; });
  each("event", ({ interactionId, duration }) => { benchEvents.push({ interactionId, duration }); }, { durationThreshold: 16 });
`;

export async function watchPage(page: Page): Promise<void> {
  await page.addInitScript(watch);
}

/** ms since the navigation began; `shift` is the cumulative layout shift. */
export async function paintsOf(page: Page): Promise<z.infer<typeof paints>> {
  const first = `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0`;
  return paints.parse(await page.evaluate(`({ ...window.benchPaint, first: ${first} })`));
}

/** Chromium rounds to 8 ms, and tells of nothing that took less than 16: that is what is answered then. */
export const leastMs = 16;

/**
 * Does what a person does, and answers how long the slowest of its interactions took to the next paint, ms. Waits until the
 * page is idle, so that nothing is counted to the next one.
 */
export async function interactionMs(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate("void (window.benchEvents.length = 0)");
  await act();
  await page.evaluate(idle);
  const seen = events.parse(await page.evaluate("window.benchEvents"));
  const own = seen.filter(({ interactionId }) => interactionId > 0).map(({ duration }) => duration);
  return Math.max(leastMs, ...own);
}

/** Two frames painted and the main thread with nothing left to do: entries are queued a frame after their paint. */
const idle = `new Promise((done) => {
  const frame = (left) => left === 0 ? requestIdleCallback(() => done(), { timeout: 5000 }) : requestAnimationFrame(() => frame(left - 1));
  frame(3);
})`;

/** The longest time between two frames while \`act\` goes on, ms. */
export async function longestFrameMs(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(`{
    window.benchFrame = 0;
    window.benchWatching = true;
    let last = performance.now();
    const next = (now) => {
      benchFrame = Math.max(benchFrame, now - last);
      last = now;
      if (benchWatching) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  }`);
  await act();
  return Number(await page.evaluate("window.benchWatching = false, window.benchFrame"));
}
