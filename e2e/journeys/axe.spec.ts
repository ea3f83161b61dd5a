/**
 * Every page, in both themes and both languages, at desk and phone width: no violation axe knows, nothing sticking out. Each
 * theme meets each language and each width, and each language each width: four views, where all eight would tell the same
 * for twice the time.
 */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { signInAt } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";
import { wordsOf } from "../stack/words.ts";

type Listed = { items: { id: string }[] };
const views = [
  { language: "en", colorScheme: "light", width: 1440 },
  { language: "ko", colorScheme: "light", width: 375 },
  { language: "en", colorScheme: "dark", width: 375 },
  { language: "ko", colorScheme: "dark", width: 1440 },
] as const;

type Seeds = { project: string; instance: string; user: string; group: string };

async function seeded(): Promise<Seeds> {
  const api = await signIn("admin", sharedCloud().adminPassword);
  const me = await api.query<{ user: { id: string }; projects: { id: string; name: string }[] }>(
    "account.me",
  );
  const project = me.projects.find((one) => one.name === "demo")?.id ?? "";
  const images = await api.query<Listed>("image.list", { projectId: project });
  const flavors = await api.query<Listed>("flavor.list", { projectId: project, sort: "ramMib" });
  const instance = crypto.randomUUID();
  await api.mutate("instance.launch", {
    ids: [instance],
    projectId: project,
    name: "A name that is as long as people make names when nobody stops them, with <b>marks</b> and 한글",
    imageId: images.items[0]?.id,
    flavorId: flavors.items[0]?.id,
    keyPairId: null,
    password: null,
    userData: null,
    deleteProtection: false,
  });
  const group = crypto.randomUUID();
  await api.mutate("admin.group.create", { id: group, name: `A group to look at ${group}` });
  await api.mutate("admin.group.setMembers", { id: group, add: [me.user.id] });
  return { project, instance, user: me.user.id, group };
}

function pagesOf({ project, instance, user, group }: Seeds): string[] {
  const instances = `/p/${project}/instances`;
  return [
    `/p/${project}`,
    instances,
    `${instances}?selected=${instance}`,
    `${instances}?text=nothing-is-called-this`,
    `${instances}/launch`,
    `${instances}/${instance}`,
    `${instances}/${instance}?tab=console`,
    `${instances}/${instance}?tab=console&console=serial`,
    `${instances}/${instance}?tab=log`,
    `${instances}/${instance}?tab=timeline`,
    `/p/${project}/key-pairs`,
    `/p/${project}/api-access`,
    `/p/${project}/activity`,
    `/p/${project}/quotas`,
    `/p/${project}/members`,
    "/account",
    "/admin/users",
    `/admin/users/${user}`,
    "/admin/groups",
    `/admin/groups/${group}`,
    "/admin/roles",
    "/admin",
    "/admin/audit",
    "/admin/instances",
    "/admin/operations",
    "/admin/operations?show=ended",
    "/admin/system",
    "/admin/hypervisors",
    "/admin/aggregates",
    "/admin/placement",
    "/admin/flavors",
    "/admin/projects",
    "/admin/projects/new",
    `/admin/projects/${project}`,
    "/admin/quotas",
    "/admin/requests",
    "/admin/requests?state=all",
    "/there/is/no/such/page",
    `${instances}/${crypto.randomUUID()}`,
  ];
}

async function expectSound(page: Page, name: string): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const violations = found.violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`,
  );
  expect(violations, name).toEqual([]);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(sideways, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}

for (const { language, colorScheme, width } of views) {
  test.describe(`${language}, ${colorScheme}, ${width} px`, () => {
    test.use({ language, colorScheme, viewport: { width, height: 900 } });
    test("every page is sound", async ({ page }) => {
      test.setTimeout(20 * 60_000);
      const words = wordsOf(language);
      await page.goto("/sign-in");
      await expectSound(page, "sign-in");
      await page.goto("/reset-password#token=of-nobody");
      await expect(page.getByText(words("errors.resetLinkRefused"))).toBeVisible();
      await expectSound(page, "reset-password");
      const seeds = await seeded();
      await signInAt(page, words, "admin", sharedCloud().adminPassword);
      await page.waitForURL(/\/p\//);
      for (const path of pagesOf(seeds)) {
        await page.goto(path);
        await expect(page.locator("h1").first()).toBeVisible();
        await expectSound(page, path);
      }
      const api = await signIn("admin", sharedCloud().adminPassword);
      await api.mutate("instance.delete", { projectId: seeds.project, id: seeds.instance });
      await api.mutate("admin.group.delete", { id: seeds.group });
    });
  });
}
