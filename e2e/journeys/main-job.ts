/** The main job, walked in one language: launch a real guest, see it come up, type at both consoles, end it all. */
import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import {
  expectConsole,
  pictureOf,
  screenChanges,
  signInOverSerial,
  terminalText,
  typeKeys,
} from "../portal/console.ts";
import { chooseAction, confirmDelete, confirmPower, expectStatus, launchAt } from "../portal/instance.ts";
import { enterAsMember } from "../portal/session.ts";
import { rowsLeft, sql } from "../stack/database.ts";
import { processesNaming } from "../stack/leftover.ts";
import { domains, filesNaming, serialLog } from "../stack/oracle.ts";
import { expect, test } from "../stack/test.ts";
import { type Locale, wordsOf } from "../stack/words.ts";

const password = "quiet yard in autumn";
const nonce = () => randomBytes(6).toString("hex");
const boots = async (guest: string) => (await serialLog(guest)).split("MADANG-READY").length - 1;

async function guestOf(instanceId: string): Promise<string> {
  const [row] = await sql<{ id: string }>("SELECT active_guest_id AS id FROM instance WHERE id = $1", [
    instanceId,
  ]);
  return row?.id ?? "";
}

/** Signs in at the text console on the screen and makes the guest say the nonce on its serial line. */
async function typeOnScreen(page: Page, guest: string): Promise<void> {
  const screen = page.getByTestId("vnc-screen");
  const canvas = screen.locator("canvas");
  const said = nonce();
  await canvas.click();
  await expect(async () => {
    const before = await pictureOf(screen);
    await typeKeys(page, "root\n");
    await screenChanges(screen, before);
    await typeKeys(page, `${password}\n`);
    await expect.poll(() => serialLog(guest), { timeout: 20_000 }).toContain("root login on 'tty1'");
  }).toPass({ timeout: 240_000 });
  await typeKeys(page, `echo ${said} > /dev/ttyS0\n`);
  await expect.poll(() => serialLog(guest)).toContain(said);
}

async function runOverSerial(page: Page): Promise<void> {
  const said = nonce();
  await signInOverSerial(page, password);
  await page.keyboard.type(`echo $((6*7))-${said}\n`, { delay: 30 });
  await expect.poll(() => terminalText(page)).toContain(`42-${said}`);
}

export function mainJob(language: Locale): void {
  test.use({ language });
  test(`a member launches, watches, types, reboots, stops, starts and deletes (${language})`, async ({
    page,
  }) => {
    test.setTimeout(15 * 60_000);
    const words = wordsOf(language);
    const name = `${language === "ko" ? "마당" : "yard"}-${nonce()}`;
    const project = await enterAsMember(page, words);
    await expect(page.locator("html")).toHaveAttribute("lang", language);

    const id = await launchAt(page, words, project, { name, flavor: "m1.nano", password });
    await page.evaluate(() => Reflect.set(window, "neverReloaded", true));
    await expect(page.locator("[data-status]").first()).toHaveAttribute("data-status", /BUILD|ACTIVE/);
    await expectStatus(page, "ACTIVE");
    expect(await page.evaluate(() => Reflect.get(window, "neverReloaded"))).toBe(true);
    const guest = await guestOf(id);
    expect(await domains("running")).toContain(guest);

    await page.getByRole("link", { name: words("instance.console"), exact: true }).click();
    await expectConsole(page, "connected");
    await expect.poll(() => boots(guest), { timeout: 180_000 }).toBeGreaterThan(0);
    await typeOnScreen(page, guest);
    await page.getByRole("radio", { name: words("console.serial") }).click();
    await expectConsole(page, "connected");
    await runOverSerial(page);

    const before = await boots(guest);
    await chooseAction(page, words, name, "reboot");
    await confirmPower(page, words, "reboot");
    await expect.poll(() => boots(guest), { timeout: 240_000 }).toBe(before + 1);
    await expectStatus(page, "ACTIVE");

    await chooseAction(page, words, name, "stop");
    await confirmPower(page, words, "stop");
    await expectStatus(page, "SHUTOFF");
    expect(await domains("running")).not.toContain(guest);
    await expectConsole(page, "ended");
    await chooseAction(page, words, name, "start");
    await expectStatus(page, "ACTIVE");
    expect(await domains("running")).toContain(guest);
    await expect.poll(() => boots(guest), { timeout: 240_000 }).toBe(before + 2);

    await chooseAction(page, words, name, "delete");
    await confirmDelete(page, words, name);
    await expect(page.getByText(words("missing.instance.title"))).toBeVisible({ timeout: 120_000 });
    await expect.poll(() => rowsLeft(id, guest)).toBe(0);
    expect(await domains("all")).not.toContain(guest);
    expect(await filesNaming(guest)).toEqual([]);
    expect(await processesNaming(guest)).toEqual([]);
  });
}
