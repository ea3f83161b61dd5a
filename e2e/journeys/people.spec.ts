/** Somebody is let in, works, and is put out: what he sees follows within seconds, and he reloads nothing. */
import { randomBytes } from "node:crypto";
import type { Browser, Page } from "@playwright/test";
import { signInAt } from "../portal/session.ts";
import { type Api, signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test, watchFaults } from "../stack/test.ts";
import type { Locale, Words } from "../stack/words.ts";

type Person = { id: string; name: string; password: string };
type Me = { projects: { id: string; name: string }[] };
const faults: string[] = [];

/** A browser of somebody else's. */
async function openBrowser(browser: Browser, language: Locale): Promise<Page> {
  const { url } = sharedCloud();
  const context = await browser.newContext({ baseURL: url });
  await context.addCookies([{ name: "madang-locale", value: language, url }]);
  const page = await context.newPage();
  await watchFaults(page, faults);
  return page;
}

/** A user with the role in the project, whose first password is behind him. */
async function makeManager(admin: Api, projectId: string): Promise<Person> {
  const name = `manager-${randomBytes(4).toString("hex")}`;
  const [id, password] = [crypto.randomUUID(), "manager's own words"];
  await admin.mutate("admin.user.create", { id, name, password: "words for the first day" });
  const first = await signIn(name, "words for the first day");
  await first.mutate("account.changePassword", { current: "words for the first day", next: password });
  await admin.mutate("member.add", { projectId, kind: "user", name, role: "manager" });
  return { id, name, password };
}

/** The administrator makes him in the portal, and copies the link. */
async function makeByLink(page: Page, words: Words, name: string): Promise<string> {
  await page.goto("/admin/users");
  await page
    .getByRole("button", { name: words("admin.users.create") })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(words("admin.users.name"), { exact: true }).fill(name);
  await dialog.getByRole("button", { name: words("admin.users.createVerb"), exact: true }).click();
  const link = page.getByRole("dialog", { name: words("admin.users.linkTitle", { name }) });
  const url = await link.getByTestId("password-link").innerText();
  await link.getByRole("button", { name: words("admin.users.linkKept") }).click();
  await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  return url;
}

async function setPassword(page: Page, words: Words, link: string, person: Person): Promise<void> {
  await page.goto(link);
  await page.getByLabel(words("account.next"), { exact: true }).fill(person.password);
  await page.getByLabel(words("account.again"), { exact: true }).fill(person.password);
  await page.getByRole("button", { name: words("resetPassword.set") }).click();
  await expect(page.getByText(words("resetPassword.done"))).toBeVisible();
  await signInAt(page, words, person.name, person.password);
  await expect(page.getByRole("heading", { name: words("noProject.title") })).toBeVisible();
}

async function addMember(page: Page, words: Words, projectId: string, name: string): Promise<void> {
  await page.goto(`/p/${projectId}/members`);
  await page.getByRole("button", { name: words("members.add") }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("radio", { name: /^admin/ })).toBeDisabled();
  await dialog.getByRole("textbox", { name: words("members.userName") }).fill("nobody of this name");
  await dialog.getByRole("button", { name: words("members.addVerb"), exact: true }).click();
  await expect(dialog.getByText(words("errors.userNotFound"))).toBeVisible();
  await dialog.getByRole("textbox", { name: words("members.userName") }).fill(name);
  await dialog.getByRole("textbox", { name: words("members.userName") }).press("Enter");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: words("members.menu", { name }) })).toBeVisible();
}

async function removeMember(page: Page, words: Words, name: string): Promise<void> {
  await page.getByRole("button", { name: words("members.menu", { name }) }).click();
  await page.getByRole("menuitem", { name: words("members.remove") }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: words("members.remove") })
    .click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: words("members.menu", { name }) })).toBeHidden();
}

test("a newcomer is let in by a link, sees his project by itself, and is told when he is put out", async ({
  page,
  browser,
  words,
  language,
}) => {
  const { adminPassword } = sharedCloud();
  const admin = await signIn("admin", adminPassword);
  const me = await admin.query<Me>("account.me");
  const project = me.projects.find((one) => one.name === "demo") ?? { id: "", name: "" };
  const manager = await makeManager(admin, project.id);
  const newcomer = {
    id: "",
    name: `newcomer-${randomBytes(4).toString("hex")}`,
    password: "newcomer's own words",
  };

  await signInAt(page, words, "admin", adminPassword);
  await page.waitForURL(/\/p\//);
  const link = await makeByLink(page, words, newcomer.name);

  const his = await openBrowser(browser, language);
  await setPassword(his, words, link, newcomer);

  const theirs = await openBrowser(browser, language);
  await signInAt(theirs, words, manager.name, manager.password);
  await theirs.waitForURL(/\/p\//);
  await addMember(theirs, words, project.id, newcomer.name);
  await his.waitForURL(new RegExp(`/p/${project.id}`), { timeout: 30_000 });
  await expect(his.getByRole("heading", { level: 1, name: project.name })).toBeVisible();

  await removeMember(theirs, words, newcomer.name);
  const left = words("missing.left.title", { name: project.name });
  await expect(his.getByRole("heading", { name: left })).toBeVisible({ timeout: 30_000 });

  await page.goto("/admin/users");
  await page.getByRole("link", { name: newcomer.name, exact: true }).click();
  await page.getByRole("button", { name: words("admin.users.menu"), exact: true }).click();
  await page.getByRole("menuitem", { name: words("admin.users.delete") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill(newcomer.name);
  await dialog.getByRole("button", { name: words("admin.users.delete") }).click();
  await page.waitForURL(/\/admin\/users$/);
  await expect(his.getByRole("dialog", { name: words("signIn.expiredTitle") })).toBeVisible({
    timeout: 30_000,
  });
  await admin.mutate("admin.user.delete", { id: manager.id, name: manager.name });
  expect(faults).toEqual([]);
  await Promise.all([his.context().close(), theirs.context().close()]);
});
