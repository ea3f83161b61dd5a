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

type Seeds = {
  project: string;
  instance: string;
  user: string;
  group: string;
  securityGroup: string;
  router: string;
  network: string;
  port: string;
};

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
    networks: "none",
  });
  const group = crypto.randomUUID();
  await api.mutate("admin.group.create", { id: group, name: `A group to look at ${group}` });
  await api.mutate("admin.group.setMembers", { id: group, add: [me.user.id] });
  const securityGroup = crypto.randomUUID();
  const rule = { id: crypto.randomUUID(), direction: "ingress", protocol: "tcp", portMin: 22, portMax: 22 };
  const ofGroup = { projectId: project, id: securityGroup };
  await api.mutate("securityGroup.create", { ...ofGroup, name: `Rules to look at ${securityGroup}` });
  await api.mutate("securityGroup.addRules", { ...ofGroup, rules: [rule] });
  const router = crypto.randomUUID();
  await api.mutate("router.create", {
    projectId: project,
    id: router,
    name: `A router to look at ${router}`,
  });
  const [network, port] = [crypto.randomUUID(), crypto.randomUUID()];
  const subnet = {
    id: crypto.randomUUID(),
    name: "To look at",
    cidr: "10.66.0.0/24",
    dnsServers: ["9.9.9.9"],
  };
  await api.mutate("network.create", {
    projectId: project,
    id: network,
    name: "A network to look at",
    subnet,
  });
  await api.mutate("port.create", { projectId: project, id: port, networkId: network });
  return { project, instance, user: me.user.id, group, securityGroup, router, network, port };
}

function pagesOf(seeds: Seeds): string[] {
  const { project, instance, user, group, securityGroup, router, network, port } = seeds;
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
    `${instances}/${instance}?tab=network`,
    `${instances}/${instance}?tab=log`,
    `${instances}/${instance}?tab=timeline`,
    `/p/${project}/key-pairs`,
    `/p/${project}/images`,
    `/p/${project}/topology`,
    `/p/${project}/topology?view=list`,
    `/p/${project}/security-groups`,
    `/p/${project}/security-groups/${securityGroup}`,
    `/p/${project}/networks`,
    `/p/${project}/networks/${network}`,
    `/p/${project}/ports`,
    `/p/${project}/ports/${port}`,
    `/p/${project}/routers`,
    `/p/${project}/routers/${router}`,
    `/p/${project}/floating-ips`,
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
    "/admin/networks",
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
      await api.mutate("securityGroup.delete", { projectId: seeds.project, id: seeds.securityGroup });
      await api.mutate("router.delete", { projectId: seeds.project, id: seeds.router });
      await api.mutate("port.delete", { projectId: seeds.project, id: seeds.port });
      await api.mutate("network.delete", { projectId: seeds.project, id: seeds.network });
      await api.mutate("admin.group.delete", { id: seeds.group });
    });
  });
}
