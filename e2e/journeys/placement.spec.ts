/**
 * An instance that finds no room: the reason is one click from its badge, it starts by itself as soon as there is room,
 * and is an ERROR that still says why when there is none in time. On a cloud of its own, with one simulated hypervisor.
 */
import { randomUUID } from "node:crypto";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { type Api, signInTo } from "../stack/api.ts";
import { type Cloud, removeData, startCloud, stopCloud } from "../stack/cloud.ts";
import { expect, test } from "../stack/test.ts";

/** Long enough for all that the first journey does while one waits. */
const timeoutSeconds = 90;
const gib = 1_024;

let cloud: Cloud;
let admin: Api;
let project: string;
let image: string;
const flavors = { one: randomUUID(), less: randomUUID() };
const names = { one: "place-one", less: "place-less" };

type Listed<Item> = { items: Item[] };
type Found = { status: string; fault: { code: string; params: Record<string, unknown> } | null };
type Hypervisor = { id: string; inventory: { ramMib: number } };

test.beforeAll(async () => {
  test.setTimeout(15 * 60_000);
  const env = { MADANG_HYPERVISOR: "simulated", MADANG_SCHEDULE_TIMEOUT_S: String(timeoutSeconds) };
  cloud = await startCloud({ env });
  admin = await signInTo(cloud.url, "admin", cloud.adminPassword);
  const me = await admin.query<{ projects: { id: string }[] }>("account.me");
  project = me.projects[0]?.id ?? "";
  const images = await admin.query<Listed<{ id: string }>>("image.list", { projectId: project });
  image = images.items[0]?.id ?? "";
  const size = { vcpus: 1, diskGib: 0, description: "" };
  await admin.mutate("admin.flavor.create", { ...size, id: flavors.one, name: names.one, ramMib: gib });
  await admin.mutate("admin.flavor.create", {
    ...size,
    id: flavors.less,
    name: names.less,
    ramMib: 384,
  });
  await leaveRoom(gib + 512);
});
/** What one journey leaves must not take the next one's room. */
test.afterEach(async () => {
  const list = () => admin.query<Listed<{ id: string }>>("instance.list", { projectId: project });
  for (const { id } of (await list()).items) await remove(id);
  await expect.poll(async () => (await list()).items).toEqual([]);
});
test.afterAll(async () => {
  await stopCloud(cloud);
  await removeData(cloud);
});

/** The only hypervisor keeps all but so many MiB for itself. */
async function leaveRoom(ramMib: number): Promise<void> {
  const hypervisors = await admin.query<Listed<Hypervisor>>("admin.hypervisor.list");
  const [only] = hypervisors.items;
  await admin.mutate("admin.hypervisor.update", {
    id: only?.id,
    reservedRamMib: (only?.inventory.ramMib ?? 0) - ramMib,
  });
}

async function launch(name: string): Promise<string> {
  const id = randomUUID();
  await admin.mutate("instance.launch", {
    ids: [id],
    projectId: project,
    name,
    imageId: image,
    flavorId: flavors.one,
    keyPairId: null,
    password: null,
    userData: null,
    deleteProtection: false,
  });
  return id;
}

const find = (id: string) => admin.query<Found>("instance.get", { projectId: project, id });
const remove = (id: string) => admin.mutate("instance.delete", { projectId: project, id });
const path = (rest: string) => `${cloud.url}/p/${project}/instances${rest}`;

async function enter(page: Page): Promise<void> {
  const [name = "", value = ""] = admin.cookie.split("=");
  await page.context().addCookies([{ name, value, url: cloud.url }]);
}

async function expectSound(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}

test("what finds no room says why at its badge, and starts when another is deleted", async ({
  page,
  words,
}) => {
  await enter(page);
  const first = await launch("first");
  await expect.poll(async () => (await find(first)).status).toBe("ACTIVE");

  await page.goto(path("/launch"));
  await page.getByRole("textbox", { name: words("fields.name"), exact: true }).fill("second");
  await page.locator(`[role=radio][value="${image}"]`).click();
  const flavor = page.locator("tr", { has: page.getByRole("radio", { name: names.one }) });
  await expect(flavor).toContainText(words("launch.misfits.capacity"));
  await flavor.getByRole("radio").click();
  await page.locator("form button[type=submit]").last().click();
  await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
  const second = /instances\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? "";

  const badge = page.getByRole("button", { name: words("instances.whyShort") });
  await expect(badge).toContainText("BUILD");
  await badge.focus();
  await page.keyboard.press("Enter");
  const why = page.getByRole("dialog", { name: words("instances.why", { name: "second" }) });
  await expect(why).toContainText(words("instances.waitingForRoom"));
  await expect(why.locator("[data-filter=capacity]")).toContainText("1");
  await expect(why).toContainText("512 MiB");
  await expect(why).toContainText(/req-[0-9a-f-]{36}/);
  await expect(why).toContainText(/\d:\d\d/);
  const link = why.getByRole("link", { name: words("diagnosis.launchThat") });
  await expect(link).toHaveAttribute("href", new RegExp(`flavor=${flavors.less}`));
  await expectSound(page);
  await page.keyboard.press("Escape");
  await expect(badge).toBeFocused();

  await remove(first);
  const state = page.locator("[data-status]").first();
  await expect(state).toHaveAttribute("data-status", "ACTIVE");
  await expect(badge).toHaveCount(0);
  await remove(second);
  await expect(page.getByText(words("missing.instance.title"))).toBeVisible();
});

test("the flavor that fits is one link away, with everything else kept", async ({ page, words }) => {
  await enter(page);
  const first = await launch("first");
  const second = await launch("second");
  await expect.poll(async () => (await find(first)).status).toBe("ACTIVE");
  await page.goto(path(""));
  await page.locator(`[data-why="${second}"]:visible`).click();
  await page.getByRole("link", { name: words("diagnosis.launchThat") }).click();
  await expect(page.getByRole("textbox", { name: words("fields.name"), exact: true })).toHaveValue("second");
  await expect(page.getByRole("radio", { name: names.less })).toBeChecked();
  await page.locator("form button[type=submit]").last().click();
  const state = page.locator("[data-status]").first();
  await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
  await expect(state).toHaveAttribute("data-status", "ACTIVE");
});

test("what waited as long as it may is an ERROR that keeps its reason", async ({ page, words }) => {
  await enter(page);
  await leaveRoom(512);
  const id = await launch("never");
  await page.goto(path(`?selected=${id}`));
  const panel = page.getByRole("complementary", { name: words("instances.panel") });
  const state = panel.locator("[data-status]").first();
  await expect(state).toHaveAttribute("data-status", "BUILD");
  await expect(state).toHaveAttribute("data-status", "ERROR", { timeout: (timeoutSeconds + 60) * 1_000 });
  await panel.getByRole("button", { name: words("instances.whyShort") }).click();
  const why = page.getByRole("dialog", { name: words("instances.why", { name: "never" }) });
  await expect(why).toContainText(words("diagnosis.gaveUp"));
  await expect(why.locator("[data-filter=capacity]")).toContainText("1");
  await expect(why.getByRole("link", { name: words("diagnosis.launchThat") })).toBeVisible();
  await page.keyboard.press("Escape");
  await expectSound(page);
  expect(await find(id)).toMatchObject({
    status: "ERROR",
    fault: { code: "NoValidHost", params: { capacity: 1 } },
  });
});
