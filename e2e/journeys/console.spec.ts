/** A real guest's screen and line: text by layout, two people at one keyboard, own window, a picture, off and on again. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expectConsole, pictureOf, screenChanges, signInOverSerial, typeKeys } from "../portal/console.ts";
import { confirmPower, expectStatus, launchAt } from "../portal/instance.ts";
import { enterAsMember } from "../portal/session.ts";
import { sql } from "../stack/database.ts";
import { serialLog } from "../stack/oracle.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import type { Words } from "../stack/words.ts";

const password = "quiet yard in winter";
const nonce = () => randomBytes(6).toString("hex");
const patience = { timeout: 60_000 };
/** What German, French and American keyboards have in different places. */
const mixed = 'aZ09 {[]}|~^@#$%&*_+=;:"<>?/';

async function typeText(page: Page, words: Words, text: string): Promise<void> {
  await page.getByRole("button", { name: words("console.typeText.open"), exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: words("console.typeText.text") }).fill(text);
  await dialog.getByRole("switch", { name: words("console.typeText.enter") }).click();
  await dialog.getByRole("button", { name: words("console.typeText.send"), exact: true }).click();
  await expect(dialog).toBeHidden(patience);
}

async function signInOnScreen(page: Page, words: Words, guest: string): Promise<void> {
  const screen = page.getByTestId("vnc-screen");
  await expect(async () => {
    const before = await pictureOf(screen);
    await typeText(page, words, "root");
    await screenChanges(screen, before);
    await typeText(page, words, password);
    await expect.poll(() => serialLog(guest), { timeout: 20_000 }).toContain("root login on 'tty1'");
  }).toPass({ timeout: 240_000 });
}

async function say(page: Page, words: Words, guest: string, text: string): Promise<void> {
  await typeText(page, words, `echo '${text}' > /dev/ttyS0`);
  await expect.poll(() => serialLog(guest), patience).toContain(text);
}

/** How many colours a saved picture has, decoded by the browser. */
async function coloursOf(page: Page, path: string): Promise<number> {
  const png = (await readFile(path)).toString("base64");
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data;
    return new Set(new Uint32Array(data?.buffer ?? new ArrayBuffer(0))).size;
  }, png);
}

test("text, control, a window of its own, a picture, and power", async ({ page, words, browser }) => {
  test.setTimeout(15 * 60_000);
  const project = await enterAsMember(page, words);
  const id = await launchAt(page, words, project, {
    name: `console-${nonce()}`,
    flavor: "m1.nano",
    password,
  });
  await expectStatus(page, "ACTIVE");
  const [row] = await sql<{ id: string }>("SELECT active_guest_id AS id FROM instance WHERE id = $1", [id]);
  const guest = row?.id ?? "";
  await page.goto(`/p/${project}/instances/${id}?tab=console`);
  await expectConsole(page, "connected");
  await expect.poll(() => serialLog(guest), { timeout: 240_000 }).toContain("MADANG-READY");
  await signInOnScreen(page, words, guest);
  const first = nonce();
  await say(page, words, guest, `${first} ${mixed}`);

  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: words("console.screenshot"), exact: true }).click();
  expect(await coloursOf(page, await (await saving).path())).toBeGreaterThan(1);

  const other = await (await browser.newContext({ baseURL: sharedCloud().url, locale: "en-US" })).newPage();
  await enterAsMember(other, words);
  await other.goto(`/p/${project}/instances/${id}?tab=console`);
  await expectConsole(other, "connected");
  const seat = (one: Page) => one.getByTestId("console-control");
  await expect(seat(other)).toHaveAttribute("data-in-control", "false", patience);
  await expect(seat(page)).toHaveAttribute("data-in-control", "true", patience);
  const silent = nonce();
  await other.getByTestId("vnc-screen").locator("canvas").click();
  await typeKeys(other, `echo ${silent}\n`);
  const second = nonce();
  await seat(other)
    .getByRole("button", { name: words("console.takeover.take") })
    .click();
  await expect(seat(other)).toHaveAttribute("data-in-control", "true", patience);
  await expect(seat(page)).toHaveAttribute("data-in-control", "false", patience);
  await say(other, words, guest, second);
  expect(await serialLog(guest)).not.toContain(silent);

  await other.getByRole("radio", { name: words("console.serial") }).click();
  await expectConsole(other, "connected");
  await signInOverSerial(other, password);
  const third = nonce();
  await typeText(other, words, `echo "${third}-$((6*7))"`);
  await expect.poll(() => serialLog(guest), patience).toContain(`${third}-42`);
  await other.context().close();

  const opening = page.waitForEvent("popup");
  await page.getByRole("button", { name: words("console.popOut"), exact: true }).click();
  const popup = await opening;
  await expectConsole(popup, "connected");
  await expect(popup.getByRole("navigation")).toHaveCount(0);
  await popup.close();

  await page.getByRole("button", { name: words("console.power"), exact: true }).click();
  await page.getByRole("menuitem", { name: words("actions.stop"), exact: true }).click();
  await confirmPower(page, words, "stop");
  await expectConsole(page, "ended");
  const ended = page.getByRole("region", { name: words("console.graphic") });
  await ended.getByRole("button", { name: words("actions.start"), exact: true }).click();
  await expectConsole(page, "connected");
});
