/** A volume from nothing into a running instance and back: snapshotted while it is in use, given back, deleted. */
import type { Page } from "@playwright/test";
import { enterAsMember } from "../portal/session.ts";
import { type Api, signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string }[] };
const patience = { timeout: 180_000 };

async function launched(api: Api, projectId: string, name: string): Promise<string> {
  const images = await api.query<Listed>("image.list", { projectId });
  const flavors = await api.query<Listed>("flavor.list", { projectId, sort: "ramMib" });
  const id = crypto.randomUUID();
  const nothing = { keyPairId: null, password: null, userData: null, deleteProtection: false };
  const chosen = { imageId: images.items[0]?.id, flavorId: flavors.items[0]?.id, networks: "none" };
  await api.mutate("instance.launch", { ids: [id], projectId, name, ...chosen, ...nothing });
  const status = async () => (await api.query<{ status: string }>("instance.get", { projectId, id })).status;
  await expect.poll(status, patience).toBe("ACTIVE");
  return id;
}

const status = (page: Page, word: string) =>
  expect(page.locator(`[data-status="${word}"]`).first()).toBeVisible(patience);

test("a volume is made, attached, snapshotted, detached and deleted", async ({ page, words }) => {
  test.setTimeout(420_000);
  const projectId = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const mark = crypto.randomUUID().slice(0, 8);
  const instanceId = await launched(api, projectId, `holder-${mark}`);

  await page.goto(`/p/${projectId}/volumes`);
  await page
    .getByRole("button", { name: words("volumes.create"), exact: true })
    .first()
    .click();
  const making = page.getByRole("dialog");
  await making.getByLabel(words("volumes.nameLabel"), { exact: true }).fill(`data-${mark}`);
  await making.getByLabel(words("volumes.sizeLabel")).fill("1");
  await making.getByRole("button", { name: words("volumes.createVerb"), exact: true }).click();
  await expect(making).toBeHidden();
  await page.getByRole("link", { name: `data-${mark}` }).click();
  await page.waitForURL(/\/volumes\/[0-9a-f-]{36}$/);
  const id = page.url().split("/").at(-1) ?? "";
  await status(page, "available");
  await expect(page.getByText(words("volumes.unplaced"))).toBeVisible();

  await page.getByRole("button", { name: words("volumes.actions.attach"), exact: true }).click();
  const attaching = page.getByRole("dialog");
  await attaching.getByLabel(words("volumes.attach.volumeLabel"), { exact: true }).selectOption(instanceId);
  await attaching.getByRole("button", { name: words("volumes.attach.verb"), exact: true }).click();
  await status(page, "in-use");
  await page.goto(`/p/${projectId}/instances/${instanceId}?tab=storage`);
  const named = page.getByText(`virtio-${id.slice(0, 20)}`).filter({ visible: true });
  await expect(named).toBeVisible(patience);
  await page.getByRole("link", { name: `data-${mark}` }).click();

  await page.getByRole("button", { name: words("volumes.actions.snapshot"), exact: true }).click();
  const taking = page.getByRole("dialog");
  await taking.getByLabel(words("volumes.nameLabel"), { exact: true }).fill("before");
  await taking.getByRole("button", { name: words("volumes.snapshot.verb"), exact: true }).click();
  await expect(taking).toBeHidden();
  const snapshots = page.getByRole("table", { name: words("volumes.snapshot.title") });
  await expect(snapshots.locator('[data-status="available"]')).toBeVisible(patience);

  await page.getByRole("button", { name: words("volumes.actions.detach"), exact: true }).click();
  const detaching = page.getByRole("dialog");
  await detaching.getByRole("button", { name: words("volumes.detachVerb"), exact: true }).click();
  const held = async () =>
    (await api.query<{ attachment: unknown }>("volume.get", { projectId, id })).attachment !== null;
  await expect.poll(held, patience).toBe(false);
  await expect(page.locator('[data-status="in-use"], [data-status="detaching"]')).toHaveCount(0, patience);

  await page.getByRole("button", { name: words("volumes.menu", { name: `data-${mark}` }) }).click();
  await page.getByRole("menuitem", { name: words("volumes.actions.delete") }).click();
  const deleting = page.getByRole("dialog");
  await deleting.getByRole("textbox").fill(`data-${mark}`);
  await deleting.getByRole("button", { name: words("volumes.deleteVerb"), exact: true }).click();
  const found = () =>
    api.query("volume.get", { projectId, id }).then(
      () => true,
      () => false,
    );
  await expect.poll(found, patience).toBe(false);
  await api.mutate("instance.delete", { projectId, id: instanceId });
});
