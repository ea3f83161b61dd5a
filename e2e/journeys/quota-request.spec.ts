/** Journey 5: a launch that is over the quota becomes a request, is granted, and goes on where it was. */
import { randomUUID } from "node:crypto";
import type { Browser, Locator, Page } from "@playwright/test";
import { press, reach } from "../portal/keyboard.ts";
import { signInAt } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sql } from "../stack/database.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import { type Locale, type Words, wordsOf } from "../stack/words.ts";

/** Activations and fields, from the blocked form to the request that was sent; and from anywhere to the decision. */
const mostStepsToAsk = 4;
const mostStepsToGrant = 2;

type Short = { id: string; name: string };

/** A project of mina's in which nothing may be launched yet. */
async function shortProject(): Promise<Short> {
  const mina = await signIn("mina", sharedCloud().memberPassword);
  const { user } = await mina.query<{ user: { id: string } }>("account.me");
  const admin = await signIn("admin", sharedCloud().adminPassword);
  const short = { id: randomUUID(), name: `short ${randomUUID().slice(0, 8)}` };
  const members = [{ kind: "user", id: user.id, role: "member" }];
  await admin.mutate("admin.project.create", { ...short, limits: { instances: 0 }, members });
  return short;
}

async function fillForm(page: Page, words: Words, project: string, name: string): Promise<void> {
  await page.goto(`/p/${project}/instances/launch`);
  await page.getByRole("textbox", { name: words("fields.name"), exact: true }).fill(name);
  await page
    .getByRole("radio", { name: /Tiny Linux|Blank disk/ })
    .first()
    .click();
  await page.getByRole("radio", { name: "m1.nano" }).click();
}

const summaryOf = (page: Page, words: Words) =>
  page.getByRole("complementary", { name: words("launch.summary") });
/** While something stands in the way it submits nothing. */
const submitOf = (page: Page) => page.locator("form button[type=submit]");

async function openAdmin(browser: Browser, language: Locale, words: Words): Promise<Page> {
  const { url, adminPassword } = sharedCloud();
  const context = await browser.newContext({ baseURL: url });
  await context.addCookies([{ name: "madang-locale", value: language, url }]);
  const page = await context.newPage();
  await signInAt(page, words, "admin", adminPassword);
  await page.waitForURL(/\/p\//);
  return page;
}

function counter(page: Page) {
  const count = { steps: 0 };
  const step = async (control: Locator, act = press) => {
    count.steps += 1;
    await act(page, control);
  };
  return { count, step };
}

for (const language of ["en", "ko"] satisfies Locale[]) {
  test.describe(`asking for quota (${language})`, () => {
    test.use({ language });

    test("four steps to ask, two to grant, and the form goes on in every tab", async ({
      page,
      context,
      browser,
    }) => {
      const words = wordsOf(language);
      const project = await shortProject();
      const name = `asked-${randomUUID().slice(0, 8)}`;
      await signInAt(page, words, "mina", sharedCloud().memberPassword);
      await page.waitForURL(/\/p\//);
      await fillForm(page, words, project.id, name);
      const second = await context.newPage();
      await second.goto(`/p/${project.id}/instances/launch`);
      const summary = summaryOf(page, words);
      const numbers = { name: words("resources.instances"), requested: "1", inUse: "0", limit: "0" };
      await expect(summary.getByText(words("errors.quotaLine", numbers))).toBeVisible();
      await expect(submitOf(page)).toHaveCount(0);

      const asking = counter(page);
      await asking.step(summary.getByRole("button", { name: words("quota.blocked.ask"), exact: true }));
      const dialog = page.getByRole("dialog", { name: words("quota.request.title"), exact: true });
      await expect(dialog.getByLabel(words("resources.instances"), { exact: true })).toHaveValue("1");
      const reason = dialog.getByLabel(words("quota.request.reason"), { exact: true });
      await asking.step(reason, async () => {
        await reach(page, reason);
        await page.keyboard.type("=cmd() for the course in March");
      });
      await asking.step(dialog.getByRole("button", { name: words("quota.request.send"), exact: true }));
      await expect(dialog).toBeHidden();
      await expect(summary.getByText(words("quota.blocked.waits"), { exact: true })).toBeVisible();
      await expect(
        summaryOf(second, words).getByText(words("quota.blocked.waits"), { exact: true }),
      ).toBeVisible();
      expect(asking.count.steps).toBeLessThanOrEqual(mostStepsToAsk);

      const admin = await openAdmin(browser, language, words);
      const granting = counter(admin);
      await granting.step(admin.locator('a[href="/admin/requests"]').first());
      // Told for some seconds only, so it is looked for from before it is there.
      const told = Promise.all(
        [page, second].map((tab) =>
          expect(tab.getByText(words("quota.decided.approved"), { exact: true })).toBeVisible({
            timeout: 120_000,
          }),
        ),
      );
      await granting.step(
        admin.getByRole("button", { name: words("admin.requests.approveOf", { project: project.name }) }),
      );
      await told;
      for (const tab of [page, second]) {
        await expect(summaryOf(tab, words).getByText(words("quota.blocked.approved"))).toBeVisible();
        await expect(submitOf(tab)).toHaveCount(1);
      }
      expect(granting.count.steps).toBeLessThanOrEqual(mostStepsToGrant);
      await admin.context().close();
      await second.close();
      await page.bringToFront();

      await expect(page.getByRole("textbox", { name: words("fields.name"), exact: true })).toHaveValue(name);
      await press(page, submitOf(page));
      await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
      const made = await sql<{ name: string }>(`SELECT name FROM instance WHERE project_id = $1`, [
        project.id,
      ]);
      expect(made).toEqual([{ name }]);
      await page.goto(`/p/${project.id}/quotas`);
      const row = page.getByRole("row").filter({ hasText: "=cmd() for the course in March" });
      // Said twice, for wide and for narrow windows; one of them is shown.
      const state = row.getByText(words("quota.states.approved"), { exact: true });
      await expect(state.filter({ visible: true })).toHaveCount(1);
      const api = await signIn("mina", sharedCloud().memberPassword);
      const [instance] = await sql<{ id: string }>(`SELECT id FROM instance WHERE project_id = $1`, [
        project.id,
      ]);
      await api.mutate("instance.delete", { projectId: project.id, id: instance?.id });
    });
  });
}

test("a request that is refused says why, in the form it came from; and one may take it back", async ({
  page,
  words,
}) => {
  const project = await shortProject();
  await signInAt(page, words, "mina", sharedCloud().memberPassword);
  await page.waitForURL(/\/p\//);
  await fillForm(page, words, project.id, "refused");
  const summary = summaryOf(page, words);
  const ask = summary.getByRole("button", { name: words("quota.blocked.ask"), exact: true });
  const send = async () => {
    await ask.click();
    await page.keyboard.type("Because");
    await page.keyboard.press("Control+Enter");
    await expect(summary.getByText(words("quota.blocked.waits"), { exact: true })).toBeVisible();
  };
  await send();
  await summary.getByRole("button", { name: words("quota.withdraw"), exact: true }).click();
  await expect(ask).toBeVisible();
  await send();
  const admin = await signIn("admin", sharedCloud().adminPassword);
  const { items } = await admin.query<{ items: { id: string; projectId: string; generation: number }[] }>(
    "admin.quotaRequest.list",
    { filter: { state: ["pending"] } },
  );
  const waiting = items.find(({ projectId }) => projectId === project.id);
  const answer = "Not before the new hosts are here.";
  await admin.mutate("admin.quotaRequest.reject", {
    id: waiting?.id,
    generation: waiting?.generation,
    answer,
  });
  await expect(summary.getByText(words("quota.blocked.rejected"), { exact: true })).toBeVisible();
  await expect(summary.getByText(answer)).toBeVisible();
  await expect(page.getByRole("textbox", { name: words("fields.name"), exact: true })).toHaveValue("refused");
});
