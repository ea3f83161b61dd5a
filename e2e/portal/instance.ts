import { expect, type Page } from "@playwright/test";
import type { Words } from "../stack/words.ts";

export type NewInstance = { name: string; flavor: string; password?: string };

/** Fills the launch form as a person would and answers the new instance's id; ends on its page. */
export async function launchAt(
  page: Page,
  words: Words,
  project: string,
  wanted: NewInstance,
): Promise<string> {
  await page.goto(`/p/${project}/instances/launch`);
  await page.getByRole("textbox", { name: words("fields.name"), exact: true }).fill(wanted.name);
  await page
    .getByRole("radio", { name: /Tiny Linux/ })
    .first()
    .click();
  await page.getByRole("radio", { name: wanted.flavor }).click();
  if (wanted.password)
    await page.getByRole("textbox", { name: words("launch.password") }).fill(wanted.password);
  await page.locator("form button[type=submit]").last().click();
  if (wanted.password) await page.getByRole("link", { name: goPattern(words) }).click();
  await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
  return /instances\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? "";
}

/** The singular of a plural message, as a pattern. */
function goPattern(words: Words): RegExp {
  const [, text] = /(?:=1|one|other) \{([^{}#]*)\}/.exec(words("launch.launched.go")) ?? [];
  return new RegExp(text ?? words("launch.launched.go"));
}

export async function expectStatus(page: Page, status: string, timeout = 180_000): Promise<void> {
  const badge = page.locator("[data-status]").first();
  await expect(badge).toHaveAttribute("data-status", status, { timeout });
  await expect(badge).toHaveAttribute("data-task", "", { timeout });
}

export async function chooseAction(page: Page, words: Words, name: string, action: string): Promise<void> {
  await page.getByRole("button", { name: words("actions.menu", { name }) }).click();
  await page.getByRole("menuitem", { name: words(`actions.${action}`), exact: true }).click();
}

export async function confirmPower(page: Page, words: Words, action: string): Promise<void> {
  await page
    .getByRole("dialog")
    .getByRole("button", { name: words(`actions.${action}`), exact: true })
    .click();
}

/** For good and at once: what could still be restored would be in the way of whoever counts. */
export async function confirmDelete(page: Page, words: Words, name: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  const atOnce = dialog.getByRole("switch", { name: words("confirm.delete.atOnce") });
  // What never ran is deleted at once anyway.
  await expect(atOnce.or(dialog.getByRole("textbox"))).toBeVisible();
  if (await atOnce.isVisible()) await atOnce.click();
  await dialog.getByRole("textbox").fill(name.slice(0, 24));
  await dialog.getByRole("button", { name: words("confirm.delete.verbHard"), exact: true }).click();
}
