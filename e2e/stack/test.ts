/** The base of every journey: a page that fails the test when the portal breaks its own security policy or throws. */
import { test as base, type Page } from "@playwright/test";
import { sharedCloud } from "./shared.ts";
import { type Locale, type Words, wordsOf } from "./words.ts";

type Fixtures = { language: Locale; words: Words };

export const test = base.extend<Fixtures>({
  language: ["en", { option: true }],
  words: async ({ language }, use) => {
    await use(wordsOf(language));
  },
  baseURL: async ({ browserName: _browser }, use) => {
    await use(sharedCloud().url);
  },
  page: async ({ page, context, language, baseURL }, use) => {
    await context.addCookies([{ name: "madang-locale", value: language, url: baseURL ?? "" }]);
    const faults: string[] = [];
    await watchFaults(page, faults);
    await use(page);
    if (faults.length > 0) throw new Error(`the page broke its rules:\n${faults.join("\n")}`);
  },
});
export { expect } from "@playwright/test";

const mark = "madang-policy-violation";

export async function watchFaults(page: Page, faults: string[]): Promise<void> {
  await page.addInitScript((text) => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`${text}: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  }, mark);
  page.on("console", (message) => {
    if (message.text().startsWith(mark)) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
}
