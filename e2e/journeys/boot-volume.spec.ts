/** By keyboard: an instance on a volume of its own with an empty disk beside it; it goes, the volume stays and boots again. */
import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import { expectConsole, signInOverSerial, terminalText } from "../portal/console.ts";
import { chooseAction, confirmDelete, expectStatus } from "../portal/instance.ts";
import { press, reach } from "../portal/keyboard.ts";
import { enterAsMember } from "../portal/session.ts";
import { type Api, signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import type { Words } from "../stack/words.ts";

type Disk = { id: string; sizeGib: number; status: string; attachment: { boot: boolean } | null };
const patience = { timeout: 180_000 };
const nonce = () => randomBytes(6).toString("hex");
const serialOf = ({ id }: Disk) => id.slice(0, 20);

async function type(page: Page, words: Words, label: string, text: string): Promise<void> {
  const exact = label !== "launch.password";
  await reach(page, page.getByRole("textbox", { name: words(label), exact }).first());
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(text);
}

/** What every launch asks for; ends on the new instance's page and answers its id. */
async function launch(page: Page, words: Words, name: string, password: string): Promise<string> {
  await reach(page, page.getByRole("radio", { name: "m1.nano" }));
  await page.keyboard.press("Space");
  await type(page, words, "launch.password", password);
  await press(page, page.locator("form button[type=submit]").last());
  await expect(page.getByRole("status").getByText(password)).toBeVisible(patience);
  await press(page, page.getByRole("status").getByRole("link"));
  await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
  await expect(page.getByRole("heading", { name })).toBeVisible();
  await expectStatus(page, "ACTIVE", 300_000);
  return /instances\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? "";
}

async function disksOf(api: Api, projectId: string, instanceId: string): Promise<Disk[]> {
  const asked = { projectId, filter: { instanceId } };
  const { items } = await api.query<{ items: Disk[] }>("volume.list", asked);
  return items.toSorted((left, right) => right.sizeGib - left.sizeGib);
}

async function openSerial(page: Page, words: Words, password: string): Promise<void> {
  await press(page, page.getByRole("link", { name: words("instance.console"), exact: true }));
  const serial = page.getByRole("radio", { name: words("console.serial") });
  await expect(serial).toBeVisible();
  await serial.click();
  await expectConsole(page, "connected");
  await signInOverSerial(page, password);
}

async function run(page: Page, command: string, shows: RegExp): Promise<void> {
  await page.keyboard.type(`${command}\n`, { delay: 30 });
  await expect.poll(() => terminalText(page), { timeout: 60_000 }).toMatch(shows);
}

async function remove(page: Page, words: Words, name: string): Promise<void> {
  await chooseAction(page, words, name, "delete");
  await confirmDelete(page, words, name);
  await expect(page.getByText(words("missing.instance.title"))).toBeVisible(patience);
}

test("an instance starts from a new volume, goes, and its volume starts the next one", async ({
  page,
  words,
}) => {
  test.setTimeout(15 * 60_000);
  const projectId = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const [mark, first, second] = [nonce(), `boots-${nonce()}`, `again-${nonce()}`];
  const password = `quiet yard ${nonce()}`;

  await page.goto(`/p/${projectId}/instances/launch`);
  await type(page, words, "fields.name", first);
  await reach(page, page.getByRole("radio", { name: words("launch.boot.kinds.image"), exact: true }));
  await page.keyboard.press("ArrowRight");
  const fresh = page.getByRole("radio", { name: words("launch.boot.kinds.newVolume"), exact: true });
  await expect(fresh).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(fresh).toBeChecked();
  const tiny = page.getByRole("radio", { name: /Tiny Linux/ }).first();
  if (!(await tiny.isChecked())) await tiny.press("Space");
  await type(page, words, "volumes.sizeLabel", "2");
  await press(page, page.getByRole("button", { name: words("launch.disks.add"), exact: true }));
  const disk = page.getByRole("listitem").filter({ hasText: words("launch.disks.disk", { number: "1" }) });
  await reach(page, disk.getByLabel(words("volumes.sizeLabel")));
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("1");
  const instanceId = await launch(page, words, first, password);

  const disks = await disksOf(api, projectId, instanceId);
  expect(disks.map(({ sizeGib, attachment }) => [sizeGib, attachment?.boot])).toEqual([
    [2, true],
    [1, false],
  ]);
  const [root, data] = disks;
  if (!root || !data) throw new Error("two disks were asked for");
  await press(page, page.getByRole("link", { name: words("instance.storage"), exact: true }));
  for (const one of disks)
    await expect(page.getByText(`virtio-${serialOf(one)}`).filter({ visible: true })).toBeVisible();

  await openSerial(page, words, password);
  const seen = "cat /sys/block/*/serial";
  for (const one of disks) await run(page, seen, new RegExp(serialOf(one)));
  await run(page, `echo ${mark} > /root/mark; sync; echo done-$((6*7))`, /done-42/);
  await remove(page, words, first);

  const status = async ({ id }: Disk) => (await api.query<Disk>("volume.get", { projectId, id })).status;
  for (const one of disks) await expect.poll(() => status(one), patience).toBe("available");
  await page.goto(`/p/${projectId}/volumes/${root.id}`);
  await press(page, page.getByRole("link", { name: words("volumes.launch"), exact: true }));
  await expect(page.getByLabel(words("volumes.sourceOf.volume"), { exact: true })).toHaveValue(root.id);
  await type(page, words, "fields.name", second);
  const again = await launch(page, words, second, password);
  expect((await disksOf(api, projectId, again)).map(({ id }) => id)).toEqual([root.id]);
  await openSerial(page, words, password);
  await run(page, "cat /root/mark", new RegExp(mark));
  await remove(page, words, second);
  for (const { id } of disks) await api.mutate("volume.delete", { projectId, id });
});
