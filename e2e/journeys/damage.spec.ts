/** Things break by other hands than Madang's: guests come back, are found again or go, and an administrator can mend. */
import { randomUUID } from "node:crypto";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { chooseAction, confirmPower, expectStatus } from "../portal/instance.ts";
import { signInAt } from "../portal/session.ts";
import { type Api, refused, signIn } from "../stack/api.ts";
import { domains, filesNaming } from "../stack/oracle.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import type { Words } from "../stack/words.ts";

type Listed = { items: { id: string; name: string }[] };
type Detail = { name: string; status: string; guest: { id: string } | null; hypervisorReachable: boolean };
type Hypervisors = { items: { id: string; orphans: { guestId: string }[] }[] };

let api: Api;
let project: string;
test.beforeAll(async () => {
  api = await signIn("admin", sharedCloud().adminPassword);
  const { projects } = await api.query<{ projects: { id: string; name: string }[] }>("account.me");
  project = projects[0]?.id ?? "";
});

const detail = (id: string) => api.query<Detail>("instance.get", { projectId: project, id });
const eventually = (what: () => Promise<boolean>) => expect.poll(what, { timeout: 180_000 }).toBe(true);

async function launch(name: string): Promise<string> {
  const images = await api.query<Listed>("image.list", { projectId: project });
  const flavors = await api.query<Listed>("flavor.list", { projectId: project, sort: "ramMib" });
  const id = randomUUID();
  const none = { keyPairId: null, password: null, userData: null, deleteProtection: false };
  const [imageId, flavorId] = [images.items[0]?.id, flavors.items[0]?.id];
  await api.mutate("instance.launch", { ids: [id], projectId: project, name, imageId, flavorId, ...none });
  await eventually(async () => (await detail(id)).status === "ACTIVE");
  return id;
}

async function guestOf(id: string): Promise<string> {
  return (await detail(id)).guest?.id ?? "";
}

async function pidIn(path: string): Promise<number> {
  return Number.parseInt(await readFile(join(sharedCloud().data, path), "utf8"), 10);
}

/** kill -9 of its QEMU, as somebody at the machine would. */
async function killGuest(guestId: string): Promise<number> {
  const pid = await pidIn(`libvirt/run/qemu/madang-${guestId}.pid`);
  process.kill(pid, "SIGKILL");
  return pid;
}

async function enterAsAdmin(page: Page, words: Words): Promise<void> {
  await signInAt(page, words, "admin", sharedCloud().adminPassword);
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}

async function remove(id: string): Promise<void> {
  await api.mutate("instance.delete", { projectId: project, id });
  await eventually(async () => (await refused(detail(id)).catch(() => null))?.code === "NotFound");
}

/** Longer than a long poll, so that no answer under way still tells the agent of what is asked meanwhile. */
const beyondLongPollMs = 22_000;

/** Deletes by force while the agent hears nothing: the guests stay behind. */
async function orphan(ids: string[]): Promise<void> {
  const agent = await pidIn("run/agent.pid");
  process.kill(agent, "SIGSTOP");
  try {
    await eventually(async () => !(await detail(ids[0] ?? "")).hypervisorReachable);
    await sleep(beyondLongPollMs);
    for (const id of ids) await api.mutate("admin.instance.forceDelete", { id });
    for (const id of ids)
      await eventually(async () => (await refused(detail(id)).catch(() => null))?.code === "NotFound");
  } finally {
    process.kill(agent, "SIGCONT");
  }
}

test("a guest killed by hand comes back, or stays off where its owner chose so", async ({ page, words }) => {
  const id = await launch("killed");
  await enterAsAdmin(page, words);
  await page.goto(`/p/${project}/instances/${id}`);
  await expectStatus(page, "ACTIVE");
  const guestId = await guestOf(id);
  const pid = await killGuest(guestId);
  await eventually(
    async () => (await pidIn(`libvirt/run/qemu/madang-${guestId}.pid`).catch(() => pid)) !== pid,
  );
  await expectStatus(page, "ACTIVE");
  await page.getByRole("radio", { name: words("crashPolicy.stop"), exact: true }).click();
  await expect(page.getByText(words("crashPolicy.stopHelp"))).toBeVisible();
  await eventually(
    async () =>
      (await api.query<{ crashPolicy: string }>("instance.get", { projectId: project, id })).crashPolicy ===
      "stop",
  );
  await killGuest(guestId);
  await expectStatus(page, "SHUTOFF");
  expect(await domains("running")).not.toContain(guestId);
  await remove(id);
});

test("a disk removed by hand is told in words, and once it is back an administrator's reset mends it", async ({
  page,
  words,
}) => {
  const id = await launch("diskless");
  const guestId = await guestOf(id);
  const [disk = ""] = (await filesNaming(guestId)).filter((path) => path.endsWith("disk.qcow2"));
  await rename(disk, `${disk}.aside`);
  await killGuest(guestId);
  await enterAsAdmin(page, words);
  await page.goto(`/p/${project}/instances/${id}`);
  await expectStatus(page, "ERROR");
  await expect(page.getByText(words("errors.DiskLost")).first()).toBeVisible();
  await rename(`${disk}.aside`, disk);
  await chooseAction(page, words, "diskless", "reset");
  await confirmPower(page, words, "reset");
  await expectStatus(page, "ACTIVE");
  await remove(id);
});

test("guests that nobody knows are adopted or destroyed, as an administrator says", async ({
  page,
  words,
}) => {
  const ids = [await launch("found"), await launch("doomed")];
  const guests = await Promise.all(ids.map(guestOf));
  await orphan(ids);
  const known = async () => {
    const { items } = await api.query<Hypervisors>("admin.hypervisor.list");
    return items.flatMap(({ orphans }) => orphans.map(({ guestId }) => guestId));
  };
  await eventually(async () => (await known()).length === 2);
  expect((await domains("running")).toSorted()).toEqual(expect.arrayContaining(guests.toSorted()));
  await enterAsAdmin(page, words);
  await page.goto("/admin/hypervisors");
  const line = (name: string) => page.getByRole("listitem").filter({ hasText: name }).last();
  await line("doomed")
    .getByRole("button", { name: words("admin.orphans.destroy"), exact: true })
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("doomed");
  await dialog.getByRole("button", { name: words("admin.orphans.destroy"), exact: true }).click();
  await eventually(async () => !(await domains("all")).includes(guests[1] ?? ""));
  await expect(page.getByText("doomed")).toHaveCount(0, { timeout: 60_000 });
  await line("found")
    .getByRole("button", { name: words("admin.orphans.adopt"), exact: true })
    .click();
  await dialog.getByRole("textbox", { name: words("fields.name") }).fill("found-again");
  await dialog.getByRole("button", { name: words("admin.orphans.adopt"), exact: true }).click();
  await page.waitForURL(/\/instances\/[0-9a-f-]{36}/);
  await expectStatus(page, "ACTIVE");
  const [, adopted = ""] = /instances\/([0-9a-f-]{36})/.exec(page.url()) ?? [];
  expect(await guestOf(adopted)).toBe(guests[0]);
  await remove(adopted);
  expect(await domains("all")).not.toContain(guests[0]);
});
