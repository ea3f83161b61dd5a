/** A page of the portal in Chromium, and when a person could see that it changed. */
import { type Browser, chromium, type Page } from "@playwright/test";

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

/** A tab of a browser that has nothing but the session. */
export async function openTab(browser: Browser, url: string, cookie: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const cookies = cookie.split("; ").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return { name, value: value.join("="), url };
  });
  await context.addCookies(cookies);
  return context.newPage();
}

export async function showInstances(page: Page, url: string, projectId: string): Promise<void> {
  await page.goto(`${url}/p/${projectId}/instances`);
  await page.locator("[data-status]:visible").first().waitFor();
}

export async function openInstances(
  browser: Browser,
  url: string,
  cookie: string,
  projectId: string,
): Promise<Page> {
  const page = await openTab(browser, url, cookie);
  await showInstances(page, url, projectId);
  return page;
}

/**
 * Runs `change`, and answers when the badge of the page's one instance showed `status`: the frame after the one in which
 * it was drawn had begun. On the clock of Date.now(), with fractions.
 */
export async function seenAt(page: Page, status: string, change: () => Promise<void>): Promise<number> {
  await page.evaluate(armWatch(status));
  await change();
  return Number(await page.evaluate("window.benchSeen"));
}

/** Runs in the page, so it is text: the bench itself knows no DOM. */
const armWatch = (status: string) => `{
  const check = (done) => {
    if (document.querySelector('[data-status="${status}"]') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.timeOrigin + performance.now())));
  };
  let observer;
  window.benchSeen = new Promise((done) => {
    observer = new MutationObserver(() => check(done));
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    check(done);
  });
  undefined;
}`;
