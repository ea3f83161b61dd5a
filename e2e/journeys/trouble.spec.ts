/** The network goes and comes, the session ends, the portal dies: what was typed stays, and the page comes up to date. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sql } from "../stack/database.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

const run = promisify(execFile);
const live = (page: Page) => page.locator('[data-stream="live"]');

test("offline in the middle of a form: a banner, nothing lost, and all that happened meanwhile is there after", async ({
  page,
  context,
  words,
}) => {
  const projectId = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  await page.goto(`/p/${projectId}/networks`);
  await expect(live(page)).toBeVisible();
  await page
    .getByRole("button", { name: words("networks.create") })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  const name = `typed-${randomUUID().slice(0, 8)}`;
  await dialog.getByRole("textbox").first().fill(name);
  await context.setOffline(true);
  await expect(page.getByText(words("banners.offline"))).toBeVisible();
  const meanwhile = Array.from({ length: 5 }, (_, index) => `meanwhile-${index}-${name}`);
  for (const one of meanwhile) await api.mutate("network.create", { projectId, id: randomUUID(), name: one });
  await context.setOffline(false);
  await expect(page.getByText(words("banners.offline"))).toBeHidden();
  await expect(live(page)).toBeAttached();
  await expect(dialog.getByRole("textbox").first()).toHaveValue(name);
  await page.keyboard.press("Escape");
  for (const one of meanwhile) await expect(page.getByRole("row").filter({ hasText: one })).toHaveCount(1);
});

test("the session ends in the middle of a launch form: signed in again in place, the form as it was", async ({
  page,
  words,
}) => {
  const projectId = await enterAsMember(page, words);
  await page.goto(`/p/${projectId}/instances/launch`);
  const name = page.getByRole("textbox", { name: words("fields.name"), exact: true });
  await name.fill("kept-through-it");
  await page
    .getByRole("radio", { name: /Tiny Linux/ })
    .first()
    .click();
  await sql(
    `UPDATE session SET revoked_at = now() WHERE user_id = (SELECT id FROM "user" WHERE name = 'mina') AND revoked_at IS NULL`,
  );
  // Whatever the form asks next is refused; some forms ask at once, all with the button.
  await page.locator("form button[type=submit]").last().click();
  const dialog = page.getByRole("dialog", { name: words("signIn.expiredTitle") });
  await expect(dialog).toBeVisible();
  await dialog.getByLabel(words("signIn.password"), { exact: true }).fill(sharedCloud().memberPassword);
  await dialog.getByRole("button", { name: words("signIn.signIn"), exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(name).toHaveValue("kept-through-it");
  await expect(page.getByRole("radio", { name: /Tiny Linux/ }).first()).toBeChecked();
});

test("two tabs agree about language, theme and who is signed in", async ({ page, context, words }) => {
  const projectId = await enterAsMember(page, words);
  const other = await context.newPage();
  await other.goto(`/p/${projectId}/key-pairs`);
  await expect(other.locator("html")).toHaveAttribute("lang", "en");
  const choose = async (name: string) => {
    await page
      .locator("header")
      .getByRole("button", { name: words("nav.person", { name: "mina" }) })
      .click();
    await page.getByRole("menuitemradio", { name }).click();
  };
  await choose(words("preferences.dark"));
  await expect(other.locator("html")).toHaveClass(/dark/);
  await page.keyboard.press("Escape");
  await choose("한국어");
  await expect(other.locator("html")).toHaveAttribute("lang", "ko");
  await sql(
    `UPDATE session SET revoked_at = now() WHERE user_id = (SELECT id FROM "user" WHERE name = 'mina') AND revoked_at IS NULL`,
  );
  for (const tab of [page, other]) {
    await tab.bringToFront();
    await tab.reload();
    await tab.waitForURL(/sign-in/);
  }
});

/** Who listens on the portal's port. */
async function webProcess(): Promise<number> {
  const { port } = new URL(sharedCloud().url);
  const { stdout } = await run("ss", ["-Hltnp", `sport = :${port}`]);
  return Number(/pid=(\d+)/.exec(stdout)?.[1]);
}

test("the portal's process is killed: a banner says so, and the page goes on by itself when it is back", async ({
  page,
  words,
}) => {
  test.setTimeout(10 * 60_000);
  const projectId = await enterAsMember(page, words);
  await page.goto(`/p/${projectId}/networks`);
  await expect(live(page)).toBeVisible();
  const pid = await webProcess();
  // Stopped first, so that it is away for as long as this looks; killed, it is started again.
  process.kill(pid, "SIGSTOP");
  await expect(page.getByText(words("banners.unreachable"))).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole("button", { name: words("banners.retry") })).toBeVisible();
  process.kill(pid, "SIGKILL");
  await expect(page.getByText(words("banners.unreachable"))).toBeHidden({ timeout: 180_000 });
  await expect(live(page)).toBeVisible({ timeout: 120_000 });
  expect(await webProcess()).not.toBe(pid);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const name = `after-${randomUUID().slice(0, 8)}`;
  await api.mutate("network.create", { projectId, id: randomUUID(), name });
  await expect(page.getByRole("row").filter({ hasText: name })).toHaveCount(1);
});
