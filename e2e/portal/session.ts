import type { Page } from "@playwright/test";
import { sharedCloud } from "../stack/shared.ts";
import type { Words } from "../stack/words.ts";

export async function signInAt(page: Page, words: Words, username: string, password: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel(words("signIn.username")).fill(username);
  await page.getByLabel(words("signIn.password"), { exact: true }).fill(password);
  await page.getByRole("button", { name: words("signIn.signIn"), exact: true }).click();
}

/** Signs in as the member and answers the id of the project that opens. */
export async function enterAsMember(page: Page, words: Words): Promise<string> {
  await signInAt(page, words, "mina", sharedCloud().memberPassword);
  await page.waitForURL(/\/p\/[0-9a-f-]{36}/);
  return /\/p\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? "";
}
