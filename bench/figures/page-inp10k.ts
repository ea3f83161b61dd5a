/** With 10,000 instances loaded into the list: from each thing that a person does to the next frame. */
import type { Page } from "@playwright/test";
import type { Figure } from "../figure.ts";
import { interactionMs, longestFrameMs, watchPage } from "../load/events.ts";
import { openBrowser, openTab, showInstances } from "../load/page.ts";
import { openPeople } from "../load/people.ts";
import { fillInstances } from "../load/rows.ts";

const count = 10_000;
const rounds = 5;
const patienceMs = 300_000;

export const pageInp10k: Figure = {
  name: "page.inp10k",
  unit: "ms",
  aim: { of: "max", atMost: 200 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "inp", 1, 1);
    if (!person) throw new Error("nobody");
    const { cookie, projectId } = person;
    person.client.close();
    await fillInstances(stand.database, projectId, count);
    const browser = await openBrowser();
    try {
      const page = await openTab(browser, stand.cloud.url, cookie);
      await watchPage(page);
      await showInstances(page, stand.cloud.url, projectId);
      await loadAll(page);
      const slowest = new Map<string, number>();
      const samples: number[] = [];
      const take = (name: string, took: number) => {
        samples.push(took);
        slowest.set(name, Math.max(took, slowest.get(name) ?? 0));
      };
      for (let round = 0; round < rounds; round++)
        for (const [name, act] of atRest(page)) take(name, await interactionMs(page, act));
      const frame = await longestFrameMs(page, () => scrollThrough(page));
      for (const [name, act] of asking(page)) take(name, await interactionMs(page, act));
      const told = [...slowest].map(([name, took]) => `${name} ${took}`).join(", ");
      return {
        samples,
        note: `slowest of each, ms: ${told}; longest frame while scrolling ${frame.toFixed(0)} ms`,
      };
    } finally {
      await browser.close();
    }
  },
};

/** As one who scrolls to the very end does. */
async function loadAll(page: Page): Promise<void> {
  page.setDefaultTimeout(patienceMs);
  // Another frame, and how many rows there are now: the page's policy lets nothing else wait in it.
  const further = `new Promise((done) => {
    scrollTo(0, document.body.scrollHeight);
    requestAnimationFrame(() => done(document.querySelector("table")?.getAttribute("aria-rowcount")));
  })`;
  const end = performance.now() + patienceMs;
  while ((await page.evaluate(further)) !== String(count + 1))
    if (performance.now() > end) throw new Error("the list was not loaded to its end");
  await page.evaluate("scrollTo(0, document.body.scrollHeight / 2)");
  await page.locator("tbody tr[data-index]").first().waitFor();
}

type Act = readonly [name: string, act: () => Promise<void>];

const rowBox = (page: Page, index: number) => page.locator("tbody tr[data-index] input").nth(index);

/** Leaves everything as it was. */
function atRest(page: Page): Act[] {
  return [
    ["select a row", () => rowBox(page, 15).click()],
    ["extend the selection", () => page.keyboard.press("Shift+ArrowDown")],
    ["clear it", () => page.keyboard.press("Escape")],
    ["select all", () => page.locator("thead input").click()],
    ["clear all", () => page.keyboard.press("Escape")],
    [
      "open the panel",
      () =>
        page
          .locator("tbody tr[data-index]")
          .nth(16)
          .locator("td")
          .last()
          .click({ position: { x: 2, y: 2 } }),
    ],
    ["close the panel", () => page.keyboard.press("Escape")],
    [
      "move by keyboard",
      async () => {
        await rowBox(page, 15).focus();
        await page.keyboard.press("ArrowDown");
      },
    ],
  ];
}

async function scrollThrough(page: Page): Promise<void> {
  await page.mouse.move(700, 500);
  for (let step = 0; step < 40; step++) await page.mouse.wheel(0, 600);
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** What asks the server: the next frame is owed at once, the rows come after. */
function asking(page: Page): Act[] {
  const sort: Act = ["sort", () => page.locator('th[data-column="name"] button').click()];
  const filter = page.locator("search input").first();
  const keys = [..."worker-99"].map((key): Act => ["type in the filter", () => page.keyboard.press(key)]);
  return [sort, ["go to the filter", () => filter.click()], ...keys];
}
