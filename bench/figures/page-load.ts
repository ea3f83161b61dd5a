/** The first load of the instances page in a browser that never saw Madang: script over the wire, paints, shift. */
import type { Browser } from "@playwright/test";
import type { Figure } from "../figure.ts";
import { paintsOf, watchPage } from "../load/events.ts";
import { openBrowser, openTab, showInstances } from "../load/page.ts";
import { openPeople, type Person } from "../load/people.ts";
import { fillInstances } from "../load/rows.ts";

const times = 5;
const instances = 1_000;

export const pageLoad: Figure = {
  name: "page.load",
  unit: "KB",
  aim: { of: "max", atMost: 250 },
  stand: "simulated",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "page-load", 1, 1);
    if (!person) throw new Error("nobody");
    await fillInstances(stand.database, person.projectId, instances);
    person.client.close();
    const browser = await openBrowser();
    try {
      const loads: Load[] = [];
      for (let index = 0; index < times; index++)
        loads.push(await loadOnce(browser, stand.cloud.url, person));
      const middle = (of: (load: Load) => number) => loads.map(of).toSorted((a, b) => a - b)[times >> 1] ?? 0;
      const whole = middle(({ wholeKb }) => wholeKb).toFixed(0);
      const [first, largest] = [middle((load) => load.first), middle((load) => load.largest)];
      const shift = Math.max(...loads.map((load) => load.shift)).toFixed(3);
      const note = `script of a cold load; with everything else ${whole} KB; first contentful paint ${first.toFixed(0)} ms, largest ${largest.toFixed(0)} ms, layout shift at most ${shift}`;
      return { samples: loads.map(({ scriptKb }) => scriptKb), note };
    } finally {
      await browser.close();
    }
  },
};

type Load = Awaited<ReturnType<typeof loadOnce>>;

/** KB are 1,000 bytes as they came over the wire, headers included. */
async function loadOnce(browser: Browser, url: string, { cookie, projectId }: Person) {
  const page = await openTab(browser, url, cookie);
  await watchPage(page);
  const session = await page.context().newCDPSession(page);
  const kinds = new Map<string, string>();
  const bytes = { script: 0, whole: 0 };
  session.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    bytes.whole += encodedDataLength;
    if (kinds.get(requestId) === "Script") bytes.script += encodedDataLength;
  });
  await session.send("Network.enable");
  await showInstances(page, url, projectId);
  await page.waitForLoadState("networkidle");
  const paints = await paintsOf(page);
  await page.context().close();
  return { ...paints, scriptKb: bytes.script / 1_000, wholeKb: bytes.whole / 1_000 };
}
