/** The filter of lists by keyboard alone: what it offers in both languages, what it understood, and faults where they were typed. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { reach } from "../portal/keyboard.ts";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string }[] };

async function launched(projectId: string) {
  const api = await signIn("mina", sharedCloud().memberPassword);
  const images = await api.query<Listed>("image.list", { projectId });
  const flavors = await api.query<Listed>("flavor.list", { projectId, sort: "ramMib" });
  const id = crypto.randomUUID();
  const name = `filter-${id.slice(0, 8)}`;
  const chosen = { imageId: images.items[0]?.id, flavorId: flavors.items[0]?.id, networks: "none" };
  const nothing = { keyPairId: null, password: null, userData: null, deleteProtection: false };
  await api.mutate("instance.launch", { ids: [id], projectId, name, ...chosen, ...nothing });
  return { name, remove: () => api.mutate("instance.delete", { projectId, id }) };
}

const noViolations = async (page: Page) =>
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

for (const { language, word, width } of [
  { language: "en", word: "Image", width: 1440 },
  { language: "ko", word: "이미지", width: 375 },
] as const)
  test.describe(language, () => {
    test.use({ language, viewport: { width, height: 900 } });

    test("a filter is built of suggestions, and what it can't understand is said at the box", async ({
      page,
      words,
    }) => {
      const projectId = await enterAsMember(page, words);
      const { name, remove } = await launched(projectId);
      await page.goto(`/p/${projectId}/instances?q=${name}`);
      const box = page.getByRole("combobox", { name: words("instances.filter") });
      const row = page.getByRole("row").filter({ hasText: name });
      await expect(row).toBeVisible();
      await expect(box).toHaveValue(name);

      await reach(page, box);
      await page.keyboard.press("End");
      await page.keyboard.type(` -${word}`);
      const offers = page.getByRole("listbox", { name: words("filter.suggestions") }).getByRole("option");
      await expect(offers).toHaveCount(1);
      await page.keyboard.press("ArrowDown");
      await expect(offers).toHaveAttribute("aria-selected", "true");
      await noViolations(page);
      await page.keyboard.press("Enter");
      await expect(box).toHaveValue(`${name} -image:`);
      // Its values are images that the project has.
      await expect(offers.first()).toBeVisible();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await expect(box).toHaveValue(new RegExp(`^${name} -image:\\S.+ $`));
      await expect(page).toHaveURL(/q=[^&]*image/);
      await expect(page.getByRole("row").filter({ hasText: name })).toHaveCount(0);

      const terms = page.getByRole("list", { name: words("filter.terms") }).getByRole("button");
      await expect(terms).toHaveCount(2);
      await terms.last().press("Enter");
      await expect(box).toHaveValue(name);
      await expect(row).toBeVisible();

      await reach(page, box);
      await page.keyboard.press("End");
      await page.keyboard.type(" status:WRONG");
      await expect(box).toHaveAccessibleDescription(/WRONG.*ACTIVE/);
      await expect(row).toBeVisible();
      await noViolations(page);
      await remove();
    });

    test("an address with a filter that nobody understands keeps its text and says why", async ({
      page,
      words,
    }) => {
      const projectId = await enterAsMember(page, words);
      await page.goto(`/p/${projectId}/instances?q=nosuch:1`);
      const box = page.getByRole("combobox", { name: words("instances.filter") });
      await expect(box).toHaveValue("nosuch:1");
      await expect(box).toHaveAccessibleDescription(/nosuch.*status/);
      await noViolations(page);
    });
  });
