/** Long work in the drawer: on every page, by its address, with its cause, its parts and its end said once. */
import { randomUUID } from "node:crypto";
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sql } from "../stack/database.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Wish = { name: string; state: string; parentId?: string; reason?: string; agoSeconds?: number };

/**
 * A row as a controller leaves it, so that each state can be looked at without waiting for a hypervisor to fail. Of a kind of
 * resource that no controller follows: of another it would end what has no resource.
 */
async function operation(projectId: string, wish: Wish): Promise<string> {
  const id = randomUUID();
  const { name, state, parentId = null, reason, agoSeconds = 0 } = wish;
  const error = reason ? JSON.stringify({ code: "NoValidHost", reason, message: "m", retry: "later" }) : null;
  const ended = ["succeeded", "failed", "cancelled"].includes(state);
  await sql(
    `INSERT INTO operation (id, kind, project_id, actor_name, request_id, resource_kind, resource_id, resource_name, state,
        steps, error, parent_id, created_at, finished_at)
     VALUES ($1, 'instance.launch', $2, 'mina', $3, 'key_pair', $4, $5, $6::operation_state,
        '[{"name":"schedule","state":"done"},{"name":"fetch-image","state":"running","percent":42}]', $7, $8,
        now() - $9::int * interval '1 second', CASE WHEN $10 THEN now() - $9::int * interval '1 second' END)`,
    [id, projectId, `req-${id}`, randomUUID(), name, state, error, parentId, agoSeconds, ended],
  );
  return id;
}

const drawerOf = (page: Page): Locator => page.locator("[data-operations-drawer]");
const chipOf = (page: Page): Locator => page.locator("[data-operations-chip]");

test("what fails shows in the bar until it is looked at, with cause, next step and request id", async ({
  page,
  words,
}) => {
  const projectId = await enterAsMember(page, words);
  await chipOf(page).click();
  await expect(drawerOf(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(drawerOf(page)).toBeHidden();
  await expect(chipOf(page)).toBeFocused();
  const name = `unlucky-${randomUUID().slice(0, 8)}`;
  const id = await operation(projectId, { name, state: "failed", reason: "NoValidHost" });
  await page.reload();
  await expect(chipOf(page)).toContainText("1");
  await page.keyboard.press("Alt+o");
  await expect(drawerOf(page)).toBeFocused();
  const row = drawerOf(page).locator(`[data-operation="${id}"]`);
  await expect(row).toContainText(name);
  await expect(row).toContainText(words("errors.NoValidHost"));
  await expect(row).toContainText(words("remedies.NoValidHost"));
  await expect(row).toContainText(`req-${id}`);
  await page.keyboard.press("Alt+o");
  await expect(drawerOf(page)).toBeHidden();
  await page.reload();
  await expect(chipOf(page)).toBeVisible();
  await expect(chipOf(page)).not.toContainText("1");
});

test("an operation's address opens it, also after a reload; its parts fold out, those that failed alone", async ({
  page,
  words,
}) => {
  const projectId = await enterAsMember(page, words);
  const parentId = await operation(projectId, { name: "everything", state: "running" });
  for (const [index, state] of ["succeeded", "failed", "succeeded", "running"].entries())
    await operation(projectId, {
      name: `part-${index}`,
      state,
      parentId,
      ...(state === "failed" ? { reason: "HypervisorUnavailable" } : {}),
    });
  await page.goto(`/p/${projectId}/networks?operation=${parentId}`);
  const parts = drawerOf(page).locator("section [data-operation]");
  await expect(parts).toHaveCount(4);
  await page.reload();
  await expect(parts).toHaveCount(4);
  await expect(drawerOf(page).getByRole("progressbar").first()).toHaveAttribute("aria-valuenow", "42");
  await drawerOf(page)
    .getByRole("radio", { name: words("operations.children.onlyFailed") })
    .click();
  await expect(parts).toHaveCount(1);
  await expect(parts).toContainText(words("errors.HypervisorUnavailable"));
  // Of another project it is none: it looks as if it did not exist.
  await page.goto(`/p/${projectId}?operation=${randomUUID()}`);
  await expect(drawerOf(page)).toContainText(words("operations.missing"));
  await sql("DELETE FROM operation WHERE id = $1", [parentId]);
});

test("an end is said once, and the running count goes down by itself", async ({ page, words }) => {
  const projectId = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const id = await operation(projectId, { name: "brief", state: "running" });
  await page.goto(`/p/${projectId}/key-pairs`);
  await expect(chipOf(page)).toContainText("1");
  await sql("UPDATE operation SET state = 'succeeded', finished_at = now() WHERE id = $1", [id]);
  // Whatever else happens in the project brings the news.
  await api.mutate("network.create", { projectId, id: randomUUID(), name: `news-${id.slice(0, 8)}` });
  const said = page.locator("[data-operations-said]");
  await expect(said).toHaveText(
    words("operations.ended.succeeded", { kind: words("operationKinds.instance.launch"), name: "brief" }),
  );
  await expect(chipOf(page)).not.toContainText("1");
});

test("sixty that ended come page by page, narrowed by result; the page stays in reach, and axe is content", async ({
  page,
  words,
}) => {
  const projectId = await enterAsMember(page, words);
  for (let index = 0; index < 60; index++)
    await operation(projectId, {
      name: `old-${index}`,
      state: index % 6 === 0 ? "cancelled" : "succeeded",
      agoSeconds: index,
    });
  await page.goto(`/p/${projectId}`);
  await chipOf(page).click();
  const ended = drawerOf(page).getByRole("region", { name: words("operations.endedTitle") });
  await drawerOf(page).getByLabel(words("operations.stateLabel")).selectOption("cancelled");
  await expect(ended.locator("[data-operation]").filter({ hasText: /old-/ })).toHaveCount(10);
  await drawerOf(page).getByLabel(words("operations.stateLabel")).selectOption("succeeded");
  await expect(ended.getByText("old-1", { exact: true })).toBeVisible();
  // News from the project may bring the list back to its beginning while it is scrolled.
  await expect(async () => {
    await ended.locator("[data-operation]").last().scrollIntoViewIfNeeded();
    await expect(ended.getByText("old-59", { exact: true })).toBeAttached({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  for (const [width, height] of [
    [1440, 900],
    [375, 800],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      const { violations } = await new AxeBuilder({ page }).include("[data-operations-drawer]").analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    }
  }
});
