/** Journey 6: a project with quota and first members in one form, by keyboard; and how one ends. */
import { randomUUID } from "node:crypto";
import type { Locator } from "@playwright/test";
import { press, reach } from "../portal/keyboard.ts";
import { signInAt } from "../portal/session.ts";
import { type Api, signIn } from "../stack/api.ts";
import { sql } from "../stack/database.ts";
import { domains } from "../stack/oracle.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import { type Locale, wordsOf } from "../stack/words.ts";

/** Clicks, fields and moves to another page or dialog, counted as people count them: a click that moves is one. */
const mostSteps = 7;
const slow = { timeout: 240_000 };

type Listed = { items: { id: string; name: string }[] };

for (const language of ["en", "ko"] satisfies Locale[]) {
  test.describe(`onboarding (${language})`, () => {
    test.use({ language });

    test("seven steps by keyboard to a project with its quota and its manager", async ({ page }) => {
      const words = wordsOf(language);
      const name = `studio ${language} ${randomUUID().slice(0, 8)}`;
      await signInAt(page, words, "admin", sharedCloud().adminPassword);
      await page.waitForURL(/\/p\//);
      await page.goto("/admin");
      let steps = 0;
      const step = async (control: Locator, act = press) => {
        steps += 1;
        await act(page, control);
      };
      const write = (control: Locator, text: string) =>
        step(control, async () => {
          await reach(page, control);
          await page.keyboard.type(text);
        });
      await step(page.getByRole("link", { name: words("nav.projects"), exact: true }));
      await page.waitForURL(/\/admin\/projects$/);
      await step(page.getByRole("link", { name: words("admin.projects.create"), exact: true }));
      await page.waitForURL(/\/admin\/projects\/new$/);
      await write(page.getByRole("textbox", { name: words("fields.name"), exact: true }), name);
      await write(page.getByLabel(words("admin.projects.form.template")), "medium");
      const find = page.getByRole("combobox", { name: words("admin.projects.form.find") });
      await write(find, "mina");
      await expect(page.getByRole("option", { name: /^mina/ })).toBeVisible();
      await step(find);
      await expect(page.getByLabel(words("admin.projects.form.roleOf", { name: "mina" }))).toHaveValue(
        "manager",
      );
      await step(page.getByRole("button", { name: words("admin.projects.create"), exact: true }));
      await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
      expect(steps).toBeLessThanOrEqual(mostSteps);

      const quota = await sql<{ resource: string; limit: number }>(
        `SELECT q.resource, q."limit" FROM quota q JOIN project p ON p.id = q.project_id WHERE p.name = $1 ORDER BY 1`,
        [name],
      );
      expect(quota).toEqual([
        { resource: "cores", limit: 40 },
        { resource: "instances", limit: 20 },
        { resource: "ram", limit: 102_400 },
      ]);
      const mina = await signIn("mina", sharedCloud().memberPassword);
      const me = await mina.query<{ projects: { name: string; roles: string[] }[] }>("account.me");
      expect(me.projects.find((project) => project.name === name)?.roles).toEqual(["manager"]);

      // The journeys that follow find mina's projects as they were.
      const id = new URL(page.url()).pathname.split("/").at(-1);
      const admin = await signIn("admin", sharedCloud().adminPassword);
      await admin.mutate("admin.project.delete", { id, name });
      const left = () => sql("SELECT 1 FROM project WHERE name = $1", [name]);
      await expect.poll(async () => (await left()).length, slow).toBe(0);
    });
  });
}

async function launch(api: Api, projectId: string): Promise<string> {
  const images = await api.query<Listed>("image.list", { projectId });
  const flavors = await api.query<Listed>("flavor.list", { projectId, sort: "ramMib" });
  const id = randomUUID();
  await api.mutate("instance.launch", {
    ...{
      ids: [id],
      projectId,
      name: "last one",
      imageId: images.items[0]?.id,
      flavorId: flavors.items[0]?.id,
    },
    ...{ keyPairId: null, password: null, userData: null, deleteProtection: true },
  });
  return id;
}

test("a project is deleted with its running instance, and is seen as an operation until it is gone", async ({
  page,
  words,
}) => {
  const admin = await signIn("admin", sharedCloud().adminPassword);
  const [id, name] = [randomUUID(), `ending ${randomUUID().slice(0, 8)}`];
  await admin.mutate("admin.project.create", { id, name, members: [] });
  const instance = await launch(admin, id);
  const detail = () =>
    admin.query<{ status: string; guest: { id: string } | null }>("instance.get", {
      projectId: id,
      id: instance,
    });
  await expect.poll(async () => (await detail()).status, slow).toBe("ACTIVE");
  const guest = (await detail()).guest?.id ?? "";
  await expect.poll(() => domains("running"), slow).toContain(guest);

  await signInAt(page, words, "admin", sharedCloud().adminPassword);
  await page.waitForURL(/\/p\//);
  await page.goto(`/admin/projects/${id}`);
  await press(page, page.getByRole("button", { name: words("admin.projects.delete"), exact: true }));
  const dialog = page.getByRole("dialog", { name: words("admin.projects.deleteDialog.title", { name }) });
  await expect(dialog.getByText(words("admin.projects.deleteDialog.trail"))).toBeVisible();
  await reach(page, dialog.getByRole("textbox"));
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("meter").and(page.locator("[aria-valuemax='100']"))).toBeVisible();
  await expect(page.getByText(words("admin.projects.detail.gone"))).toBeVisible(slow);

  expect(await domains("all")).not.toContain(guest);
  const [left] = await sql<{ projects: string; instances: string }>(
    `SELECT (SELECT count(*) FROM project WHERE id = $1) AS projects,
       (SELECT count(*) FROM instance WHERE project_id = $1) AS instances`,
    [id],
  );
  expect(left).toEqual({ projects: "0", instances: "0" });
  const operations = await sql<{ kind: string; state: string }>(
    `SELECT o.kind, o.state::text FROM operation o LEFT JOIN operation parent ON parent.id = o.parent_id
     WHERE o.resource_id = $1 OR parent.resource_id = $1 ORDER BY 1`,
    [id],
  );
  expect(operations).toEqual([
    { kind: "instance.delete", state: "succeeded" },
    { kind: "project.delete", state: "succeeded" },
  ]);
});
