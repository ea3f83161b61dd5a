/** Journey 10: from the project to a file that a program can sign in with, by keyboard, and what it opens. */
import { readFile } from "node:fs/promises";
import type { Locator } from "@playwright/test";
import { parse } from "yaml";
import { press } from "../portal/keyboard.ts";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import { type Locale, wordsOf } from "../stack/words.ts";

/** Clicks, fields and moves to another page or dialog, counted as people count them: a click that moves is one. */
const mostSteps = 4;

type Listed = { items: { name: string }[] };
type Clouds = { clouds: Record<string, { auth_type: string; auth: Record<string, string> }> };

for (const language of ["en", "ko"] satisfies Locale[]) {
  test.describe(`API access (${language})`, () => {
    test.use({ language });

    test("four steps by keyboard to a clouds.yaml, and its bearer works until it is deleted", async ({
      page,
    }) => {
      const words = wordsOf(language);
      const project = await enterAsMember(page, words);
      let steps = 0;
      const step = async (control: Locator) => {
        steps += 1;
        await press(page, control);
      };
      await step(page.getByRole("link", { name: words("nav.apiAccess"), exact: true }));
      await page.waitForURL(/\/api-access$/);
      await step(page.getByRole("button", { name: words("apiAccess.createOpen") }));
      const form = page.getByRole("dialog", { name: words("apiAccess.createTitle") });
      await expect(form).toBeVisible();
      const name = await form.getByLabel(words("fields.name")).inputValue();
      await step(form.getByRole("button", { name: words("apiAccess.create"), exact: true }));
      const made = page.getByRole("dialog", { name: words("apiAccess.madeTitle", { name }) });
      await expect(made).toBeVisible();
      const downloading = page.waitForEvent("download");
      await step(made.getByRole("button", { name: "clouds.yaml", exact: true }));
      const download = await downloading;
      expect(download.suggestedFilename()).toBe("clouds.yaml");
      expect(steps).toBeLessThanOrEqual(mostSteps);

      const read: Clouds = parse(await readFile(await download.path(), "utf8"));
      const [cloud] = Object.values(read.clouds);
      expect(Object.keys(read.clouds)).toEqual(["garden"]);
      expect(cloud?.auth_type).toBe("v3applicationcredential");
      const id = cloud?.auth.application_credential_id ?? "";
      const bearer = `madang.${id}.${cloud?.auth.application_credential_secret}`;
      const call = () =>
        fetch(`${sharedCloud().url}/api/trpc/account.me`, { headers: { authorization: `Bearer ${bearer}` } });
      expect((await call()).status).toBe(200);

      await press(page, made.getByRole("button", { name: words("apiAccess.kept") }));
      await expect(page.getByRole("cell", { name, exact: true })).toBeVisible();
      expect(await page.content()).not.toContain(cloud?.auth.application_credential_secret);
      await press(page, page.getByRole("button", { name: words("apiAccess.deleteLabel", { name }) }));
      const asking = page.getByRole("dialog");
      await press(page, asking.getByRole("button", { name: words("apiAccess.delete"), exact: true }));
      // What lies behind an open dialog is nobody's to find, deleted or not.
      await expect(asking).toBeHidden();
      await expect(page.getByRole("cell", { name, exact: true })).toBeHidden();
      expect((await call()).status).toBe(401);
      const api = await signIn("mina", sharedCloud().memberPassword);
      const left = await api.query<Listed>("credential.list", { projectId: project });
      expect(left.items.map((item) => item.name)).not.toContain(name);
    });
  });
}

test("what is missing for an API call is said in the form, and the command is what was filled in", async ({
  page,
  words,
}) => {
  const project = await enterAsMember(page, words);
  await page.goto(`/p/${project}/instances/launch`);
  const field = page.getByRole("textbox", { name: words("fields.name"), exact: true });
  await field.fill("");
  await page.getByRole("button", { name: words("apiAccess.call.open") }).click();
  await expect(page.getByText(words("validation.nameRequired"))).toBeVisible();
  await field.fill("by-command");
  await page.getByRole("radio", { name: "m1.nano" }).click();
  await page.getByRole("button", { name: words("apiAccess.call.open") }).click();
  const command = page.getByRole("dialog").locator("pre");
  await expect(command).toContainText(`"name": "by-command"`);
  await expect(command).toContainText(`${sharedCloud().url}/api/trpc/instance.launch`);
});
