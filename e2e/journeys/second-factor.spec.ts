/** From a first password to a second factor, a lost phone, a browser left open elsewhere, and a link to begin anew. */
import { readFile } from "node:fs/promises";
import { type BrowserContext, type Page, test as plain } from "@playwright/test";
import { Secret, TOTP } from "otpauth";
import { signInAt } from "../portal/session.ts";
import { adminCommand } from "../stack/admin-command.ts";
import { sql } from "../stack/database.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import type { Words } from "../stack/words.ts";

const name = "sohee";
const [firstPassword, password, laterPassword] = [
  "a first password to be changed",
  "a sentence of her own",
  "a sentence for later",
];

test.use({ language: "ko" });

plain.beforeAll(async () => {
  const { data } = sharedCloud();
  const args = ["--name", name, "--project", "garden", "--role", "member", "--must-change-password"];
  await adminCommand(data, ["create-user", ...args], `${firstPassword}\n`);
});

async function otherBrowser(page: Page, words: Words): Promise<{ context: BrowserContext; page: Page }> {
  const context = await page.context().browser()?.newContext({ baseURL: sharedCloud().url });
  if (!context) throw new Error("no browser");
  await context.addCookies([{ name: "madang-locale", value: "ko", url: sharedCloud().url }]);
  const opened = await context.newPage();
  await signInAt(opened, words, name, password);
  return { context, page: opened };
}

/** By the clock of the database, which is the one that counts. */
async function codeOf(secret: string, steps: number): Promise<string> {
  const [row] = await sql<{ now: Date }>("SELECT clock_timestamp() AS now");
  const timestamp = (row?.now.getTime() ?? 0) + steps * 30_000;
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
}

test("a first password, a second factor, a lost phone, and a link", async ({ page, words }) => {
  test.setTimeout(15 * 60_000);
  const button = (key: string) => page.getByRole("button", { name: words(key), exact: true });
  const dialog = page.getByRole("dialog");

  await test.step("the first password leads to a page of its own, and then to where one was going", async () => {
    await page.goto("/account");
    await page.waitForURL(/\/sign-in\?/);
    await page.getByLabel(words("signIn.username")).fill(name);
    await page.getByLabel(words("signIn.password"), { exact: true }).fill(firstPassword);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/change-password\?/);
    await page.getByLabel(words("account.current"), { exact: true }).fill(firstPassword);
    await page.getByLabel(words("account.next"), { exact: true }).fill(password);
    await page.getByLabel(words("account.again"), { exact: true }).fill(password);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/account$/);
  });

  const { secret, codes } =
    await test.step("a code of the app turns it on, and the codes are kept", async () => {
      await button("account.turnOn").click();
      await expect(dialog.getByRole("img", { name: words("account.totp.qr") })).toBeVisible();
      const shown = (await dialog.locator("code").innerText()).replaceAll(/\s/g, "");
      await expect(dialog.getByLabel(words("signIn.code"))).toBeFocused();
      await page.keyboard.type(await codeOf(shown, 0));
      await page.keyboard.press("Enter");
      await expect(dialog.getByRole("listitem")).toHaveCount(10);
      const download = page.waitForEvent("download");
      await dialog.getByRole("button", { name: words("account.recovery.download") }).click();
      const kept = (await readFile(await (await download).path(), "utf8")).trim().split("\n");
      expect(kept).toEqual(await dialog.getByRole("listitem").allInnerTexts());
      await dialog.getByRole("button", { name: words("account.recovery.kept") }).click();
      await expect(button("account.turnOff")).toBeVisible();
      return { secret: shown, codes: kept };
    });

  await test.step("signing in asks for the code, keeps what was typed, and takes it once", async () => {
    await page.getByRole("button", { name: words("nav.person", { name }) }).click();
    await page.getByRole("menuitem", { name: words("nav.signOut") }).click();
    await page.waitForURL(/\/sign-in/);
    await page.goto("/sign-in?callbackUrl=/account");
    await page.getByLabel(words("signIn.username")).fill(name);
    await page.getByLabel(words("signIn.password"), { exact: true }).fill(password);
    await page.keyboard.press("Enter");
    const code = page.getByLabel(words("signIn.code"));
    await expect(code).toBeFocused();
    await expect(code).toHaveAttribute("autocomplete", "one-time-code");
    await page.keyboard.type(await codeOf(secret, -9));
    await page.keyboard.press("Enter");
    await expect(page.getByText(words("signIn.codeWrong"))).toBeVisible();
    await expect(page.getByLabel(words("signIn.password"), { exact: true })).toHaveValue(password);
    await code.fill(await codeOf(secret, 1));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/account$/);
  });

  const other = await otherBrowser(page, words);
  await test.step("a recovery code stands in at another browser, which is then ended from here", async () => {
    await other.page.getByLabel(words("signIn.code")).fill(codes[0] ?? "");
    await other.page.keyboard.press("Enter");
    await expect(other.page.getByRole("button", { name: words("nav.person", { name }) })).toBeVisible();
    await page.reload();
    const sessions = page.getByRole("table", { name: words("account.sessions.title") });
    await expect(sessions.getByRole("row")).toHaveCount(3);
    await expect(sessions.getByText(words("account.sessions.thisOne"))).toHaveCount(1);
    await button("account.sessions.endOthers").click();
    await dialog.getByRole("button", { name: words("account.sessions.endOthers") }).click();
    await expect(sessions.getByRole("row")).toHaveCount(2);
    await expect(other.page.getByRole("dialog")).toContainText(words("signIn.expiredTitle"));
  });

  await test.step("there one comes back in place, with the second factor too", async () => {
    const again = other.page.getByRole("dialog");
    await again.getByLabel(words("signIn.password"), { exact: true }).fill(password);
    await other.page.keyboard.press("Enter");
    await again.getByLabel(words("signIn.code")).fill(codes[1] ?? "");
    await other.page.keyboard.press("Enter");
    await expect(again).toBeHidden();
    await other.context.close();
  });

  await test.step("what is sensitive asks again, and then goes on by itself", async () => {
    await sql(
      `UPDATE session SET confirmed_at = now() - interval '1 hour'
      WHERE user_id = (SELECT id FROM "user" WHERE name = $1)`,
      [name],
    );
    await button("account.newCodes").click();
    await dialog.getByRole("button", { name: words("account.newCodes") }).click();
    const asked = page.getByRole("dialog", { name: words("confirmIdentity.title") });
    await asked.getByLabel(words("signIn.code")).fill(codes[1] ?? "");
    await page.keyboard.press("Enter");
    await expect(asked.getByRole("alert")).toContainText(words("errors.codeWrong"));
    await asked.getByLabel(words("signIn.code")).fill(codes[2] ?? "");
    await page.keyboard.press("Enter");
    await expect(asked).toBeHidden();
    await expect(dialog.getByRole("listitem")).toHaveCount(10);
    await dialog.getByRole("button", { name: words("account.recovery.kept") }).click();
  });

  await test.step("a link made on the host sets a new password once and signs everybody out", async () => {
    const { data } = sharedCloud();
    const printed = await adminCommand(data, ["reset-password", "--name", name, "--clear-second-factor"]);
    const link = new URL(printed.split("\n")[0] ?? "");
    const guest = await page.context().newPage();
    await guest.goto(link.pathname + link.hash);
    await guest.getByLabel(words("account.next"), { exact: true }).fill(laterPassword);
    await guest.getByLabel(words("account.again"), { exact: true }).fill(laterPassword);
    await guest.keyboard.press("Enter");
    await expect(guest.getByText(words("resetPassword.done"))).toBeVisible();
    expect(guest.url()).not.toContain("token");
    await expect(dialog).toContainText(words("signIn.expiredTitle"));
    await guest.goto("/sign-in");
    await guest.goto(link.pathname + link.hash);
    await expect(guest.getByText(words("errors.resetLinkRefused"))).toBeVisible();
    await guest.close();
    await dialog.getByLabel(words("signIn.password"), { exact: true }).fill(laterPassword);
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByText(words("account.totpOff"))).toBeVisible();
  });
});
