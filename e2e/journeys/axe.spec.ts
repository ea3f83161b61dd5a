/**
 * Every page: no violation axe knows, nothing sticking out. axe looks in both themes, both languages and both widths, at
 * two views of the eight; a page that is there is then made as wide as the other view, to see that nothing sticks out.
 */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { signInAt } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test, watchFaults } from "../stack/test.ts";

type Listed = { items: { id: string }[] };
const views = [
  { language: "en", colorScheme: "light", width: 1440, otherWidth: 375 },
  { language: "ko", colorScheme: "dark", width: 375, otherWidth: 1440 },
] as const;
const height = 900;

type Seeds = {
  project: string;
  instance: string;
  user: string;
  group: string;
  securityGroup: string;
  router: string;
  network: string;
  port: string;
  volume: string;
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
  const volume = crypto.randomUUID();
  const metadata = { purpose: "to look at" };
  await api.mutate("volume.create", {
    ...{ projectId: project, metadata },
    id: volume,
    name: "A volume to look at",
    sizeGib: 1,
  });
  return { project, instance, user: me.user.id, group, securityGroup, router, network, port, volume };
}

function pagesOf(seeds: Seeds): string[] {
  const { project, instance, user, group, securityGroup, router, network, port, volume } = seeds;
  const instances = `/p/${project}/instances`;
  return [
    `/p/${project}`,
    instances,
    `${instances}?selected=${instance}`,
    `${instances}?text=nothing-is-called-this`,
    `${instances}/launch`,
    `${instances}/launch?volume=${volume}`,
    `${instances}/${instance}`,
    `${instances}/${instance}?tab=console`,
    `${instances}/${instance}?tab=console&console=serial`,
    `${instances}/${instance}?tab=network`,
    `${instances}/${instance}?tab=storage`,
    `${instances}/${instance}?tab=log`,
    `${instances}/${instance}?tab=timeline`,
    `/p/${project}/key-pairs`,
    `/p/${project}/images`,
    `/p/${project}/images?view=list`,
    `/p/${project}/volumes`,
    `/p/${project}/volumes/${volume}`,
    `/p/${project}/volume-snapshots`,
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
    "/admin/images",
    "/admin/operations",
    "/admin/operations?show=ended",
    "/admin/system",
    "/admin/hypervisors",
    "/admin/aggregates",
    "/admin/networks",
    "/admin/placement",
    "/admin/flavors",
    "/admin/storage",
    "/admin/volume-types",
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

async function removeSeeds(seeds: Seeds): Promise<void> {
  const { project: projectId, instance, securityGroup, router, port, network, group, volume } = seeds;
  const api = await signIn("admin", sharedCloud().adminPassword);
  await api.mutate("instance.delete", { projectId, id: instance });
  await api.mutate("securityGroup.delete", { projectId, id: securityGroup });
  await api.mutate("router.delete", { projectId, id: router });
  await api.mutate("port.delete", { projectId, id: port });
  await api.mutate("network.delete", { projectId, id: network });
  await api.mutate("volume.delete", { projectId, id: volume });
  await api.mutate("admin.group.delete", { id: group });
}

type View = (typeof views)[number];

async function expectSound(page: Page, name: string, { width, otherWidth }: View): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const violations = found.violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`,
  );
  expect(violations, name).toEqual([]);
  for (const wide of [otherWidth, width]) {
    await page.setViewportSize({ width: wide, height });
    expect(await sideways(page), `${name} scrolls sideways at ${wide} px`).toBeLessThanOrEqual(0);
  }
}

/** How far the page sticks out, px, once whatever follows its width has been drawn. */
function sideways(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const drawn = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (const _frame of [1, 2, 3]) await drawn();
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  });
}

async function expectAllSound(tab: Page, rest: string[], view: View): Promise<void> {
  for (let path = rest.shift(); path !== undefined; path = rest.shift()) {
    await tab.goto(path);
    await expect(tab.locator("h1").first()).toBeVisible();
    await expectSound(tab, path, view);
  }
}

let seeds: Seeds;
test.beforeAll(async () => {
  seeds = await seeded();
});
test.afterAll(() => removeSeeds(seeds));

for (const view of views) {
  const { language, colorScheme, width } = view;
  test.describe(`${language}, ${colorScheme}, ${width} px`, () => {
    test.use({ language, colorScheme, viewport: { width, height } });
    test("every page is sound", async ({ page, context, words }) => {
      test.setTimeout(20 * 60_000);
      await page.goto("/sign-in");
      await expectSound(page, "sign-in", view);
      await page.goto("/reset-password#token=of-nobody");
      await expect(page.getByText(words("errors.resetLinkRefused"))).toBeVisible();
      await expectSound(page, "reset-password", view);
      await signInAt(page, words, "admin", sharedCloud().adminPassword);
      await page.waitForURL(/\/p\//);
      const rest = pagesOf(seeds);
      const faults: string[] = [];
      const second = await context.newPage();
      await watchFaults(second, faults);
      await Promise.all([page, second].map((tab) => expectAllSound(tab, rest, view)));
      expect(faults).toEqual([]);
    });
  });
}
