/** An image of one's own, from the browser's file to the launch form that offers it; and a file that is refused in words. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { enterAsMember } from "../portal/session.ts";
import { expect, test } from "../stack/test.ts";
import type { Words } from "../stack/words.ts";

const folder = mkdtempSync(join(tmpdir(), "madang-images-"));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function made(name: string, ...options: string[]): Buffer {
  const path = join(folder, name);
  execFileSync("qemu-img", ["create", "-q", ...options, path, "64M"]);
  return readFileSync(path);
}

async function upload(page: Page, words: Words, name: string, buffer: Buffer): Promise<void> {
  await page.getByRole("button", { name: words("images.create") }).click();
  const dialog = page.getByRole("dialog");
  const mimeType = "application/octet-stream";
  await dialog
    .getByLabel(words("images.new.file"), { exact: true })
    .setInputFiles({ name: `${name}.qcow2`, mimeType, buffer });
  await expect(dialog.getByLabel(words("images.name"), { exact: true })).toHaveValue(name);
  await expect(dialog.getByLabel(words("images.format"), { exact: true })).toHaveValue("qcow2");
  await dialog.getByRole("button", { name: words("images.new.verbs.upload"), exact: true }).click();
  await expect(dialog).toBeHidden();
}

test("a file becomes an image to launch from, another is refused, and both go", async ({ page, words }) => {
  const project = await enterAsMember(page, words);
  await page.getByRole("link", { name: words("nav.images"), exact: true }).click();
  await page.waitForURL(/\/images$/);
  const name = `mine-${crypto.randomUUID().slice(0, 8)}`;
  await upload(page, words, name, made("good.qcow2", "-f", "qcow2"));
  const card = page.getByRole("article", { name, exact: true });
  await expect(card.locator("[data-status=active]")).toBeVisible({ timeout: 120_000 });

  const bad = `bad-${crypto.randomUUID().slice(0, 8)}`;
  const backing = ["-f", "qcow2", "-F", "raw", "-b", "/etc/hostname"];
  await upload(page, words, bad, made("bad.qcow2", ...backing));
  const refused = page.getByRole("article", { name: bad, exact: true });
  await expect(refused.locator("[data-status=killed]")).toBeVisible({ timeout: 120_000 });
  const reason = words("errors.imageDependent", { format: "qcow2", what: "backing file" });
  await expect(refused.getByText(reason)).toBeVisible();

  await expect(refused.getByRole("button", { name: words("images.launch") })).toHaveAttribute(
    "aria-disabled",
    "true",
  );

  // The list shows the same, and a reload keeps to it; one's own is found by whose it is and by its words.
  await page.getByRole("radio", { name: words("images.views.list") }).click();
  await page.waitForURL(/view=list/);
  await page.reload();
  await expect(page.getByRole("row").filter({ hasText: name })).toBeVisible();
  await page.getByRole("radio", { name: words("images.views.gallery") }).click();
  await page.getByLabel(words("images.filters.whose")).selectOption("mine");
  await page.waitForURL(/whose=mine/);
  await expect(card).toBeVisible();
  await expect(page.getByRole("article", { name: "Tiny Linux", exact: true })).toHaveCount(0);

  await card.getByRole("link", { name: words("images.launch") }).click();
  await page.waitForURL(/\/instances\/launch\?image=/);
  await expect(page.getByRole("radio", { name: new RegExp(name) })).toBeChecked();

  for (const doomed of [name, bad]) {
    await page.goto(`/p/${project}/images`);
    await page.getByRole("link", { name: doomed, exact: true }).click();
    await page.getByRole("button", { name: words("images.actions", { name: doomed }) }).click();
    await page.getByRole("menuitem", { name: words("images.delete.verb") }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: words("images.delete.verb") })
      .click();
    await page.waitForURL(/\/images$/);
    await expect(page.getByRole("article", { name: doomed, exact: true })).toHaveCount(0, {
      timeout: 120_000,
    });
  }
});
