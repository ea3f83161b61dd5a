/** Typing at a guest and seeing what it did, by its own screen and its own serial line. */
import { createHash } from "node:crypto";
import { expect, type Locator, type Page } from "@playwright/test";

/**
 * noVNC sends scan codes, and Playwright's `type` presses no Shift key: the guest would get the unshifted symbol. Each
 * character that needs Shift on a US keyboard is pressed with it.
 */
const shifted: Record<string, string> = {
  ">": "Period",
  "|": "Backslash",
  "&": "Digit7",
  '"': "Quote",
  ":": "Semicolon",
};

export async function typeKeys(page: Page, text: string): Promise<void> {
  for (const character of text) {
    await page.keyboard.press(keyName(character), { delay: 30 });
  }
}

const named: Record<string, string> = { "\n": "Enter", " ": "Space" };

function keyName(character: string): string {
  if (/[A-Z]/.test(character)) return `Shift+Key${character}`;
  const code = shifted[character];
  return code ? `Shift+${code}` : (named[character] ?? character);
}

type ConsoleState = "waiting" | "connecting" | "connected" | "lost" | "ended";

export async function expectConsole(page: Page, state: ConsoleState): Promise<void> {
  await expect(page.locator("[data-console]")).toHaveAttribute("data-console", state, { timeout: 120_000 });
}

async function pictureOf(screen: Locator): Promise<string> {
  return createHash("sha256")
    .update(await screen.screenshot())
    .digest("hex");
}

/** Waits until the picture differs from `before`; a cursor's blink counts, so callers repeat what they typed. */
export async function screenChanges(screen: Locator, before: string): Promise<void> {
  await expect.poll(() => pictureOf(screen), { timeout: 60_000 }).not.toBe(before);
}

export { pictureOf };

/** What the terminal shows now, from its accessible rows. */
export async function terminalText(page: Page): Promise<string> {
  return page.getByTestId("serial-screen").locator(".xterm-accessibility-tree").innerText();
}

/** Presses Enter until the prompt shows: a getty that was not listening yet loses what came too early. */
export async function untilPrompt(page: Page, prompt: RegExp): Promise<void> {
  await expect(async () => {
    await page.keyboard.press("Enter");
    await expect.poll(() => terminalText(page), { timeout: 5_000 }).toMatch(prompt);
  }).toPass({ timeout: 180_000 });
}

/** As root, whose password is `password`; ends at the shell's prompt. */
export async function signInOverSerial(page: Page, password: string): Promise<void> {
  await page.getByTestId("serial-screen").click();
  // login(1) drops what was typed before it switched echo off, and a person would simply try again.
  await expect(async () => {
    await untilPrompt(page, /login:\s*$/);
    await page.keyboard.type("root\n", { delay: 30 });
    await expect.poll(() => terminalText(page), { timeout: 10_000 }).toMatch(/Password:\s*$/);
    await page.keyboard.type(`${password}\n`, { delay: 30 });
    await expect.poll(() => terminalText(page), { timeout: 15_000 }).toMatch(/#\s*$/);
  }).toPass({ timeout: 240_000 });
}
