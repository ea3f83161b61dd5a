/** A member makes a network with its subnet in one form, launches into it, and sees the address everywhere. */
import { randomBytes } from "node:crypto";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string; addresses: { address: string }[] }[] };

const limit = { timeout: 240_000 };

test("from a network to an address", async ({ page, words }) => {
  test.setTimeout(10 * 60_000);
  const project = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const name = `net-${randomBytes(4).toString("hex")}`;

  await page.goto(`/p/${project}/networks`);
  await page
    .getByRole("button", { name: words("networks.create") })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(words("fields.name"), { exact: true }).fill(name);
  const range = dialog.getByLabel(words("networks.cidr"), { exact: true });
  // The arithmetic says what is wrong while it is typed, and what it comes to once it is right.
  await range.fill("10.77.0.0/31");
  await expect(
    dialog.getByText(words("errors.cidrTooSmall").split("{cidr}").at(-1)?.trim() ?? ""),
  ).toBeVisible();
  await range.fill("10.77.0.5/29");
  await expect(dialog.getByText("10.77.0.0/29")).toBeVisible();
  await expect(dialog.getByText("10.77.0.2 – 10.77.0.6")).toBeVisible();
  await dialog.getByRole("button", { name: words("networks.createVerb") }).click();

  await page.waitForURL(/\/networks\/[0-9a-f-]{36}/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
  await expect(page.getByRole("heading", { level: 3, name: `${name}-subnet` })).toBeVisible();
  const networkId = page.url().split("/").at(-1) ?? "";

  await page.goto(`/p/${project}/instances/launch`);
  await page.getByLabel(words("fields.name"), { exact: true }).fill(name);
  await page.getByRole("radio", { name: "m1.tiny" }).click();
  const choice = page.getByRole("checkbox", { name: new RegExp(name) });
  if (!(await choice.isChecked())) await choice.check();
  await page.locator("form button[type=submit]").last().click();
  await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
  const id = /instances\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? "";
  await expect(page.locator("[data-status=ACTIVE][data-task='']").first()).toBeVisible(limit);

  await page.goto(`/p/${project}/instances/${id}?tab=network`);
  await expect(page.getByRole("link", { name: "10.77.0.3" })).toBeVisible();
  // What is in use says by what.
  await page.goto(`/p/${project}/networks/${networkId}`);
  await page.getByRole("button", { name: words("networks.actions").replace("{name}", name) }).click();
  await page.getByRole("menuitem", { name: words("networks.delete.network.verb") }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: words("networks.delete.network.verb") })
    .click();
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText(name);

  await page.goto(`/p/${project}/instances?text=10.77.0.3`);
  await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  const found = await api.query<Listed>("instance.list", {
    projectId: project,
    filter: { text: "10.77.0.3" },
  });
  expect(found.items.map((item) => [item.id, item.addresses[0]?.address])).toEqual([[id, "10.77.0.3"]]);

  await api.mutate("instance.delete", { projectId: project, id });
  const gone = async () =>
    (await api.query<Listed>("instance.list", { projectId: project, filter: { ids: [id] } })).items;
  await expect.poll(gone, limit).toEqual([]);
  await api.mutate("network.delete", { projectId: project, id: networkId });
});
