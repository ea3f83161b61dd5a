/** Nothing typed into the launch form is lost, nothing is made twice, and a refused sign-in says why. */
import { randomBytes } from "node:crypto";
import { enterAsMember, signInAt } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string }[]; total: number };

test("a wrong password is answered in words, on the page", async ({ page, words }) => {
  await signInAt(page, words, "mina", "not her password at all");
  await expect(page.getByText(words("signIn.wrong"))).toBeVisible();
});

test("the draft outlives a reload and an ended session, and a double click makes one", async ({
  page,
  context,
  words,
}) => {
  const project = await enterAsMember(page, words);
  const name = `draft-${randomBytes(4).toString("hex")}`;
  await page.goto(`/p/${project}/instances/launch`);
  const field = page.getByRole("textbox", { name: words("fields.name"), exact: true });
  await field.fill(name);
  await page.getByRole("radio", { name: "m1.tiny" }).click();
  await page.reload();
  await expect(field).toHaveValue(name);
  await expect(page.getByRole("radio", { name: "m1.tiny" })).toBeChecked();

  await page.getByRole("button", { name: words("keyPairs.generate") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").first().fill(name);
  await dialog.getByRole("button", { name: words("keyPairs.generate") }).click();
  await expect(page.getByRole("dialog").getByText("OPENSSH PRIVATE KEY").first()).toBeVisible();
  await page.getByRole("button", { name: words("keyPairs.kept") }).click();

  const kept = (await context.cookies()).filter((cookie) => !cookie.name.includes("session-token"));
  await context.clearCookies();
  await context.addCookies(kept);
  const submit = page.locator("form button[type=submit]").last();
  await submit.click();
  const again = page.getByRole("dialog", { name: words("signIn.expiredTitle") });
  await again.getByLabel(words("signIn.password"), { exact: true }).fill(sharedCloud().memberPassword);
  await again.getByRole("button", { name: words("signIn.signIn"), exact: true }).click();
  await expect(again).toBeHidden();
  await expect(field).toHaveValue(name);

  await submit.dblclick();
  await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const made = await api.query<Listed>("instance.list", { projectId: project, filter: { text: name } });
  expect(made.total).toBe(1);
  await api.mutate("instance.delete", { projectId: project, id: made.items[0]?.id });
  const keyPairs = await api.query<Listed>("keyPair.list");
  const generated = keyPairs.items.find((one) => one.name === name);
  expect(generated).toBeDefined();
  await api.mutate("keyPair.delete", { id: generated?.id });
});
