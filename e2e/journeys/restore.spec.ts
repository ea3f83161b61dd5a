/** A deletion that was not meant: taken back from where it is told, with the same guest and its disk; then one that was. */
import { chooseAction, confirmDelete, expectStatus, launchAt } from "../portal/instance.ts";
import { enterAsMember } from "../portal/session.ts";
import { sql } from "../stack/database.ts";
import { domains, filesNaming } from "../stack/oracle.ts";
import { expect, test } from "../stack/test.ts";

const patience = { timeout: 180_000 };

test("a deleted instance is off and kept, and comes back with its disk", async ({ page, words }) => {
  test.setTimeout(420_000);
  const projectId = await enterAsMember(page, words);
  const name = `regretted-${crypto.randomUUID().slice(0, 8)}`;
  const id = await launchAt(page, words, projectId, { name, flavor: "m1.nano" });
  await expectStatus(page, "ACTIVE");
  const [guest] = await sql<{ id: string }>("SELECT active_guest_id AS id FROM instance WHERE id = $1", [id]);
  const guestId = guest?.id ?? "";

  await chooseAction(page, words, name, "delete");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("textbox")).toHaveCount(0);
  await dialog.getByRole("button", { name: words("confirm.delete.verb"), exact: true }).click();
  const told = page.getByText(words("instances.softDeleteAccepted", { name }));
  await expect(told).toBeVisible();
  await expectStatus(page, "SOFT_DELETED");
  await expect(page.getByText(words("instances.reclaim.title"))).toBeVisible();
  await expect.poll(async () => (await domains("running")).includes(guestId), patience).toBe(false);
  expect((await filesNaming(guestId)).length, "its disk is kept").toBeGreaterThan(0);

  await page
    .getByRole("button", { name: words("actions.restore"), exact: true })
    .first()
    .click();
  await expectStatus(page, "ACTIVE");
  await expect.poll(async () => (await domains("running")).includes(guestId), patience).toBe(true);

  await chooseAction(page, words, name, "delete");
  await confirmDelete(page, words, name);
  await expect.poll(() => filesNaming(guestId), patience).toEqual([]);
});
