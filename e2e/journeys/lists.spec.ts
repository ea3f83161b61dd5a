/** A list of instances by keyboard: selecting, columns that are remembered, a row beside the list, on a phone too. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { reach } from "../portal/keyboard.ts";
import { enterAsMember } from "../portal/session.ts";
import { type Api, signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string }[] };
type Seed = { api: Api; projectId: string; mark: string; ids: string[] };

async function launched(projectId: string): Promise<Seed> {
  const api = await signIn("mina", sharedCloud().memberPassword);
  const images = await api.query<Listed>("image.list", { projectId });
  const flavors = await api.query<Listed>("flavor.list", { projectId, sort: "ramMib" });
  const ids = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  const mark = crypto.randomUUID().slice(0, 8);
  const nothing = { keyPairId: null, password: null, userData: null, deleteProtection: false };
  const chosen = { imageId: images.items[0]?.id, flavorId: flavors.items[0]?.id, networks: "none" };
  await api.mutate("instance.launch", { ids, projectId, name: mark, ...chosen, ...nothing });
  return { api, projectId, mark, ids };
}

async function removed({ api, projectId, ids }: Seed): Promise<void> {
  for (const id of ids) await api.mutate("instance.delete", { projectId, id });
}

const address = ({ projectId, mark }: Seed) => `/p/${projectId}/instances?q=${mark}&sort=name`;
const boxes = (page: Page) => page.locator("tbody").getByRole("checkbox");
const noViolations = async (page: Page) =>
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

test("rows are selected by keyboard and stay selected while they change", async ({ page, words }) => {
  const seed = await launched(await enterAsMember(page, words));
  await page.goto(address(seed));
  await expect(boxes(page)).toHaveCount(3);
  const [first, second, third] = [boxes(page).nth(0), boxes(page).nth(1), boxes(page).nth(2)];
  await reach(page, first);
  await page.keyboard.press("Space");
  await expect(first).toBeChecked();
  await page.keyboard.press("ArrowDown");
  await expect(second).toBeFocused();
  await expect(second).not.toBeChecked();
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowDown");
  await expect(third).toBeChecked();
  const all = page.getByRole("checkbox", { name: words("lists.selection.loaded") });
  await expect(all).toBeChecked();
  const bar = page.getByRole("region", { name: words("lists.selection.bar") });
  await expect(bar.getByRole("status")).toContainText("3");
  await noViolations(page);

  await page.keyboard.press("Escape");
  await expect(bar).toBeHidden();
  await expect(third).not.toBeChecked();
  await second.focus();
  await page.keyboard.press("Space");
  const name = `${seed.mark} renamed`;
  const id = await second.getAttribute("data-row");
  await seed.api.mutate("instance.update", { projectId: seed.projectId, id, name });
  const renamed = page.getByRole("checkbox", { name: words("lists.selection.row", { name }) });
  await expect(renamed).toBeChecked();
  await page.goto(address({ ...seed, mark: "no-such-instance" }));
  await expect(bar).toBeHidden();
  await removed(seed);
});

test("columns and row height are remembered, and an address may name others", async ({ page, words }) => {
  const seed = await launched(await enterAsMember(page, words));
  await page.goto(address(seed));
  const table = page.getByRole("table", { name: words("instances.title") });
  const head = (key: string) => table.getByRole("columnheader", { name: words(`instances.columns.${key}`) });
  await expect(head("image")).toBeVisible();
  await reach(page, page.getByRole("button", { name: words("lists.view.menu"), exact: true }));
  await page.keyboard.press("Enter");
  await page.getByRole("menuitemcheckbox", { name: words("instances.columns.image") }).press("Enter");
  await page.getByRole("menuitemradio", { name: words("lists.view.dense") }).press("Enter");
  await noViolations(page);
  await page.keyboard.press("Escape");
  await expect(head("image")).toBeHidden();
  await page.reload();
  await expect(head("status")).toBeVisible();
  await expect(head("image")).toBeHidden();
  await expect(table).toHaveAttribute("data-density", "dense");
  await page.goto(`${address(seed)}&hide=status`);
  await expect(head("image")).toBeVisible();
  await expect(head("status")).toBeHidden();

  await page.getByRole("button", { name: words("lists.view.menu"), exact: true }).click();
  await page.getByRole("menuitem", { name: words("lists.view.save") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(words("lists.views.name"), { exact: true }).fill("without status");
  await noViolations(page);
  await dialog.getByRole("button", { name: words("lists.views.save") }).click();
  await page.goto(`/p/${seed.projectId}/instances`);
  await expect(head("status")).toBeVisible();
  await page.getByRole("button", { name: words("lists.view.menu"), exact: true }).click();
  await page.getByRole("menuitem", { name: "without status" }).click();
  await expect(head("status")).toBeHidden();
  await expect(boxes(page)).toHaveCount(3);
  await removed(seed);
});

test("a row beside the list has its own address, by keyboard and on a phone", async ({ page, words }) => {
  const seed = await launched(await enterAsMember(page, words));
  await page.goto(address(seed));
  const panel = page.getByRole("complementary", { name: words("instances.panel") });
  const glance = page.locator(`[data-glance="${seed.ids[0]}"]`);
  await reach(page, glance);
  await page.keyboard.press("Enter");
  await expect(panel).toBeFocused();
  expect(page.url()).toContain(`selected=${seed.ids[0]}`);
  const grip = panel.getByRole("separator");
  await grip.focus();
  const before = (await panel.boundingBox())?.width ?? 0;
  await page.keyboard.press("ArrowLeft");
  await expect.poll(async () => (await panel.boundingBox())?.width ?? 0).toBeGreaterThan(before);
  await page.reload();
  await expect(panel).toBeVisible();
  await noViolations(page);
  await page.setViewportSize({ width: 375, height: 800 });
  await expect.poll(async () => (await panel.boundingBox())?.width).toBe(375);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(375);
  await noViolations(page);
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  expect(page.url()).not.toContain("selected=");
  await removed(seed);
});
