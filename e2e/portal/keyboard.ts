import { expect, type Locator, type Page } from "@playwright/test";

const mostTabs = 120;

/** Tab after tab until the control has the focus: nothing is worked that the keyboard doesn't reach. */
export async function reach(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible();
  for (let tabs = 0; tabs < mostTabs; tabs++) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("not within reach of the keyboard");
}

export async function press(page: Page, control: Locator): Promise<void> {
  await reach(page, control);
  await page.keyboard.press("Enter");
}
