/** Anywhere and anything by its name, with the keyboard alone, in both languages. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { enterAsMember } from "../portal/session.ts";
import { type Api, signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import type { Words } from "../stack/words.ts";

type Listed = { items: { id: string }[] };

/** On a mark of its own, so that a run beside another finds only what is its own. */
async function launched(api: Api, projectId: string, name: string): Promise<string> {
  const images = await api.query<Listed>("image.list", { projectId });
  const flavors = await api.query<Listed>("flavor.list", { projectId, sort: "ramMib" });
  const id = crypto.randomUUID();
  const nothing = { keyPairId: null, password: null, userData: null, deleteProtection: false };
  const chosen = { imageId: images.items[0]?.id, flavorId: flavors.items[0]?.id, networks: "none" };
  await api.mutate("instance.launch", { ids: [id], projectId, name, ...chosen, ...nothing });
  return id;
}

const palette = (page: Page, words: Words) => page.getByRole("dialog", { name: words("palette.title") });

async function typed(page: Page, words: Words, text: string) {
  await page.keyboard.press("Control+k");
  const field = palette(page, words).getByRole("combobox");
  await expect(field).toBeFocused();
  await page.keyboard.insertText(text);
  return palette(page, words).getByRole("option");
}

async function noViolation(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include("[role=dialog]").analyze();
  expect(violations).toEqual([]);
}

async function looked(page: Page, name: string): Promise<void> {
  const folder = process.env.MADANG_E2E_SHOTS;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await noViolation(page);
    if (folder) await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png` });
  }
}

for (const language of ["en", "ko"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("Ctrl-K, a name, and the console is there; acts ask as their buttons do", async ({
      page,
      words,
    }) => {
      const projectId = await enterAsMember(page, words);
      const api = await signIn("mina", sharedCloud().memberPassword);
      const name = `find-${crypto.randomUUID().slice(0, 8)}`;
      const id = await launched(api, projectId, name);
      const here = `/p/${projectId}/instances/${id}`;

      const options = await typed(page, words, name);
      await expect(options.first()).toContainText(words("palette.groups.resources"));
      await expect(options.nth(1)).toContainText(words("actions.console"));
      await looked(page, `palette-${language}`);
      await page.setViewportSize({ width: 375, height: 800 });
      await looked(page, `palette-${language}-375`);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL(`**${here}?tab=console`);
      await expect(palette(page, words)).toBeHidden();

      await page.goto(`/p/${projectId}/volumes`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      const acts = await typed(page, words, `${name} ${words("actions.delete")}`);
      await expect(acts.first()).toHaveText(new RegExp(`^${words("actions.delete")}${name}`));
      await page.keyboard.press("Enter");
      await expect(page.getByRole("alertdialog").or(page.getByRole("dialog"))).toContainText(name);
      await page.keyboard.press("Escape");

      const found = await typed(page, words, id.slice(0, 13));
      await expect(found.first()).toContainText(name);
      const field = palette(page, words).getByRole("combobox");
      await field.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
      await expect(palette(page, words)).toBeVisible();
      await page.keyboard.press("Enter");
      await page.waitForURL(`**${here}`);

      const recent = await typed(page, words, "");
      await expect(recent.filter({ hasText: words("palette.groups.recent") }).first()).toContainText(name);
      await page.keyboard.press("Escape");
      await api.mutate("instance.delete", { projectId, id });
    });

    test("the keys are listed at ?, lead to pages, and are letters where one types", async ({
      page,
      words,
    }) => {
      const projectId = await enterAsMember(page, words);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.keyboard.press("?");
      const keys = page.getByRole("dialog", { name: words("keys.title") });
      await expect(keys).toBeVisible();
      await looked(page, `keys-${language}`);
      await page.keyboard.press("Escape");
      await expect(keys).toBeHidden();
      await page.keyboard.press("g");
      await page.keyboard.press("v");
      await page.waitForURL(`**/p/${projectId}/volumes`);
      const options = await typed(page, words, language === "ko" ? "방화벽" : "firewall");
      await expect(options.first()).toContainText(words("nav.securityGroups"));
      await page.keyboard.press("?");
      await expect(keys).toBeHidden();
      await page.keyboard.press("Backspace");
      await page.keyboard.press("Enter");
      await page.waitForURL(`**/p/${projectId}/security-groups`);
    });
  });
}
