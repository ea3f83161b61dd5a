/** A group of rules made, worded and unmade by keyboard alone; then the map of the project, by its arrow keys. */
import { press, reach } from "../portal/keyboard.ts";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Rules = {
  items: { direction: string; protocol: number | null; portMin: number | null; remoteCidr: string | null }[];
};

const bodyOf = (id: string, projectId: string) => ({ projectId, id });

test("rules are chosen, said in words, added together and taken away by keyboard", async ({
  page,
  words,
}) => {
  const project = await enterAsMember(page, words);
  await press(page, page.getByRole("link", { name: words("nav.securityGroups"), exact: true }));
  await page.waitForURL(/\/security-groups$/);
  await press(page, page.getByRole("button", { name: words("securityGroups.create") }));
  const making = page.getByRole("dialog");
  const name = `web-${crypto.randomUUID().slice(0, 8)}`;
  await reach(page, making.getByLabel(words("fields.name")));
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/security-groups\/[0-9a-f-]{36}$/);
  const id = page.url().split("/").at(-1) ?? "";
  await expect(page.getByText(words("securityGroups.none.ingress"))).toBeVisible();

  await press(page, page.getByRole("button", { name: words("securityGroups.addRule") }));
  const adding = page.getByRole("dialog");
  await press(page, adding.getByRole("button", { name: "ping", exact: true }));
  const preview = adding.getByRole("status", { name: words("securityGroups.preview") });
  await expect(preview).toContainText("SSH (TCP 22) from anywhere");
  await expect(preview).toContainText("ping (ICMP type 8) from anywhere");
  await reach(page, adding.getByRole("radio", { name: words("securityGroups.remotes.anybody") }));
  await page.keyboard.press("ArrowRight");
  await expect(adding.getByRole("radio", { name: words("securityGroups.remotes.range") })).toBeFocused();
  await page.keyboard.press("Enter");
  await reach(page, adding.getByLabel(words("securityGroups.range")));
  await page.keyboard.type("203.0.113.77/24");
  await expect(preview).toContainText("SSH (TCP 22) from 203.0.113.0/24");
  await page.keyboard.press("Enter");
  await expect(adding).toBeHidden();
  const table = page.getByRole("table", { name: words("securityGroups.rules") });
  const sentence = "SSH (TCP 22) from 203.0.113.0/24";
  await expect(table).toContainText(sentence);
  await expect(table).toContainText("ping (ICMP type 8) from 203.0.113.0/24");

  const api = await signIn("mina", sharedCloud().memberPassword);
  const read = () =>
    api.query<Rules>("securityGroup.listRules", { ...bodyOf(id, project), filter: { direction: "ingress" } });
  expect(
    (await read()).items.map(({ protocol, remoteCidr }) => `${protocol} ${remoteCidr}`).toSorted(),
  ).toEqual(["1 203.0.113.0/24", "6 203.0.113.0/24"]);
  await press(
    page,
    page.getByRole("button", { name: words("securityGroups.removeLabel", { rule: sentence }) }),
  );
  const asking = page.getByRole("dialog");
  await press(page, asking.getByRole("button", { name: words("securityGroups.remove"), exact: true }));
  await expect(asking).toBeHidden();
  await expect(table).not.toContainText(sentence);
  expect((await read()).items).toMatchObject([{ protocol: 1, portMin: 8 }]);
  await api.mutate("securityGroup.delete", bodyOf(id, project));
  await expect(page.getByText(words("missing.securityGroup.title"))).toBeVisible();
});

test("a rule that can't be is turned down at its field, and nothing typed is lost", async ({
  page,
  words,
}) => {
  const project = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const id = crypto.randomUUID();
  await api.mutate("securityGroup.create", { ...bodyOf(id, project), name: `odd-${id.slice(0, 8)}` });
  await page.goto(`/p/${project}/security-groups/${id}`);
  await page.getByRole("button", { name: words("securityGroups.addRule") }).click();
  const adding = page.getByRole("dialog");
  await adding.getByRole("button", { name: words("securityGroups.custom"), exact: true }).click();
  const ports = adding.getByLabel(words("securityGroups.portsField.ports"));
  await ports.fill("8080-80");
  await ports.press("Enter");
  await expect(adding.getByText(words("validation.portsBackwards"))).toBeVisible();
  await ports.fill("80-8080");
  await ports.press("Enter");
  await expect(adding).toBeHidden();
  await page.getByRole("button", { name: words("securityGroups.addRule") }).click();
  await adding.getByRole("button", { name: words("securityGroups.custom"), exact: true }).click();
  await ports.fill("80-8080");
  await ports.press("Enter");
  await expect(adding.getByRole("alert")).toContainText("ingress IPv4 tcp 80-8080 any");
  await expect(ports).toHaveValue("80-8080");
  await api.mutate("securityGroup.delete", bodyOf(id, project));
});

test("the map is walked by arrow keys, and what Enter opens is beside it", async ({ page, words }) => {
  const project = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const names = ["upper", "lower"].map((name) => `${name}-${crypto.randomUUID().slice(0, 8)}`);
  const ids = names.map(() => crypto.randomUUID());
  for (const [index, name] of names.entries()) {
    const subnet = { id: crypto.randomUUID(), name, cidr: `10.77.${index}.0/24` };
    await api.mutate("network.create", {
      ...bodyOf(ids[index] ?? "", project),
      name,
      description: "",
      subnet,
    });
  }
  await page.goto(`/p/${project}/topology`);
  const map = page.getByRole("application", { name: words("topology.map") });
  const node = (name = "") => map.getByRole("button", { name: new RegExp(name) });
  await expect(node(names[0])).toBeVisible();
  await reach(page, map.locator("button[tabindex='0']"));
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  const focused = map.locator("button:focus");
  await expect(focused).toHaveCount(1);
  for (let presses = 0; presses < 40 && !(await isNamed(focused, names[0])); presses += 1)
    await page.keyboard.press("ArrowUp");
  for (let presses = 0; presses < 40 && !(await isNamed(focused, names[0])); presses += 1)
    await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: words("topology.panel") });
  await expect(panel).toContainText("10.77.0.0/24");
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  await page.getByRole("radio", { name: words("topology.asList") }).click();
  for (const name of names) await expect(page.getByRole("heading", { name })).toBeVisible();
  for (const id of ids) await api.mutate("network.delete", bodyOf(id, project));
  await expect(page.getByRole("heading", { name: names[0] })).toBeHidden();
});

async function isNamed(button: { textContent: () => Promise<string | null> }, name = "") {
  return (await button.textContent())?.includes(name) ?? false;
}
