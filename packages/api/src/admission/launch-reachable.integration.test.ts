import { sshPathUsage } from "@madang/core/network/ssh-path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { callerAs, launchOf, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";
import { addNetwork, type TestNetwork } from "../testing-network.ts";

let cloud: TestCloud;
let outside: TestNetwork;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.floatingIp.deleteMany();
  await prisma.ipAllocation.deleteMany();
  await prisma.port.deleteMany();
  await prisma.router.deleteMany();
  await prisma.subnet.deleteMany();
  await prisma.network.deleteMany();
  await prisma.securityGroupRule.deleteMany();
  await prisma.securityGroup.deleteMany();
  await prisma.instance.deleteMany();
  await prisma.quota.deleteMany();
  outside = await addNetwork(cloud, "172.24.4.0/24", { external: true, name: "outside" });
});

const as = (person: Person) => callerAs(cloud, person);
const password = "correct horse battery";

function launch(fields: Parameters<typeof launchOf>[1] = {}) {
  return as("member").instance.launch(launchOf(cloud, { reachable: true, password, ...fields }));
}

async function counts() {
  const { prisma } = cloud.database;
  const [networks, routers, groups, floatingIps, instances] = await Promise.all([
    prisma.network.count({ where: { external: false } }),
    prisma.router.count(),
    prisma.securityGroup.count(),
    prisma.floatingIp.count({ where: { portId: { not: null } } }),
    prisma.instance.count(),
  ]);
  return { networks, routers, groups, floatingIps, instances };
}

const asked = { projectId: "", count: 1, canSignIn: true } as const;
function path(fields: object = {}) {
  return as("member").instance.sshPath({ ...asked, projectId: cloud.projectId, ...fields });
}

test("from nothing to reachable in one act, told before and as steps after", async () => {
  const told = await path();
  expect(told).toMatchObject({
    path: {
      network: { kind: "made", name: "default" },
      router: { kind: "made", name: "default" },
      group: { kind: "made", name: "ssh" },
      external: { name: "outside" },
    },
  });
  const input = launchOf(cloud, { reachable: true, password });
  const [first, again] = [
    await as("member").instance.launch(input),
    await as("member").instance.launch(input),
  ];
  expect(again).toEqual(first);
  // The default group comes with it, as for any port.
  expect(await counts()).toEqual({ networks: 1, routers: 1, groups: 2, floatingIps: 1, instances: 1 });
  const { items } = await as("reader").floatingIp.list({ projectId: cloud.projectId });
  expect(items).toMatchObject([
    { instanceId: first.ids[0], instanceName: "web", routerName: "default", fixedAddress: "10.0.0.3" },
  ]);
  const { prisma } = cloud.database;
  const port = await prisma.port.findFirstOrThrow({
    where: { instanceId: first.ids[0] ?? "" },
    include: { securityGroups: { include: { securityGroup: { include: { rules: true } } } } },
  });
  const groups = port.securityGroups.map(({ securityGroup }) => securityGroup);
  expect(groups.map(({ name }) => name).sort()).toEqual(["default", "ssh"]);
  expect(groups.find(({ name }) => name === "ssh")?.rules).toContainEqual(
    expect.objectContaining({
      direction: "ingress",
      protocol: 6,
      portMin: 22,
      portMax: 22,
      remoteCidr: null,
    }),
  );
  const operation = await prisma.operation.findUniqueOrThrow({ where: { id: first.operationIds[0] ?? "" } });
  expect(operation.steps).toMatchObject([
    ...["network", "router", "security-group", "floating-ip"].map((name) => ({ name, state: "succeeded" })),
    ...["schedule", "fetch-image", "start"].map((name) => ({ name, state: "pending" })),
  ]);
  const events = await prisma.event.findMany({ where: { operationId: operation.id } });
  expect(new Set(events.map(({ action }) => action))).toEqual(
    new Set([
      ...["instance.create", "network.create", "router.create", "security_group.create"],
      ...["floating_ip.allocate", "floating_ip.associate"],
    ]),
  );
  // What was made is there for the next one.
  expect(await path()).toMatchObject({
    path: { network: { kind: "there" }, router: { kind: "there" }, group: { kind: "added", name: "ssh" } },
  });
  await launch({ ids: [crypto.randomUUID(), crypto.randomUUID()] });
  expect(await counts()).toEqual({ networks: 1, routers: 1, groups: 2, floatingIps: 3, instances: 3 });
});

test("many at once make one network and one router, and each gets its address", async () => {
  await Promise.all(Array.from({ length: 5 }, () => launch()));
  expect(await counts()).toEqual({ networks: 1, routers: 1, groups: 2, floatingIps: 5, instances: 5 });
});

test("a router without a gateway gets one, one of another network an interface", async () => {
  const inner = await addNetwork(cloud, "10.8.0.0/24");
  const ref = { projectId: cloud.projectId, id: crypto.randomUUID() };
  await as("member").router.create({ ...ref, name: "way", subnetIds: [inner.subnetId] });
  await launch();
  expect(await as("reader").router.get(ref)).toMatchObject({
    ...{ externalNetworkName: "outside", interfaceCount: 1 },
    interfaces: [{ floatingIps: [expect.any(String)] }],
  });
  const other = await addNetwork(cloud, "10.9.0.0/24");
  await launch({ networks: [{ networkId: other.id, address: "10.9.0.44" }] });
  const { interfaces } = await as("reader").router.get(ref);
  expect(interfaces.map(({ cidr }) => cidr).sort()).toEqual(["10.8.0.0/24", "10.9.0.0/24"]);
  expect((await counts()).routers).toBe(1);
});

test("what can't be is refused with its reason, and leaves nothing", async () => {
  const before = await counts();
  expect(await refusal(launch({ password: null }))).toMatchObject({
    ...{ code: "InvalidInput", reason: "sshNeedsKey", field: "reachable" },
  });
  expect(await path({ canSignIn: false })).toMatchObject({ fault: { fault: "sshNeedsKey" } });
  expect(await refusal(launch({ networks: "none" }))).toMatchObject({ reason: "sshNeedsNetwork" });
  const { prisma } = cloud.database;
  await prisma.quota.create({ data: { projectId: cloud.projectId, resource: "floating_ips", limit: 1 } });
  await prisma.quota.create({ data: { projectId: cloud.projectId, resource: "routers", limit: 0 } });
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  expect(await refusal(launch({ ids }))).toMatchObject({
    quota: [
      { resource: "routers", limit: 0, inUse: 0, requested: 1 },
      { resource: "floating_ips", limit: 1, inUse: 0, requested: 2 },
    ],
  });
  expect(await counts()).toEqual(before);
  await prisma.quota.deleteMany();
  await prisma.subnet.deleteMany({ where: { id: outside.subnetId } });
  expect(await refusal(launch())).toMatchObject({ code: "Conflict", reason: "sshNeedsExternal" });
  expect(await counts()).toEqual(before);
});

test("an external network that has run out says so, and nothing of the launch is left", async () => {
  const tiny = await addNetwork(cloud, "172.25.0.0/30", { external: true, name: "a tiny one" });
  expect(tiny.gateway).toBe("172.25.0.1");
  const before = await counts();
  // The router takes the one address that is free.
  expect(await refusal(launch())).toMatchObject({
    ...{ code: "Conflict", reason: "subnetExhausted" },
    params: { subnet: "subnet 172.25.0.0/30 (172.25.0.0/30)" },
  });
  expect(await counts()).toEqual({ ...before });
  const { prisma } = cloud.database;
  expect(await prisma.ipAllocation.count()).toBe(0);
});

test("the form's arithmetic is what the launch takes", async () => {
  const told = await path({ count: 2 });
  if (!("path" in told)) throw new Error(told.fault.fault);
  const lines = () => as("reader").project.quota({ projectId: cloud.projectId });
  const before = await lines();
  await launch({ ids: [crypto.randomUUID(), crypto.randomUUID()] });
  const after = await lines();
  const used = (name: string, of: typeof before) =>
    of.lines.find(({ resource }) => resource === name)?.inUse ?? 0;
  expect(told.usage).toEqual(sshPathUsage(told.path, 2));
  for (const [name, wanted] of Object.entries(told.usage)) {
    const ownPorts = name === "ports" ? 2 : 0;
    expect([name, used(name, after) - used(name, before)]).toEqual([name, wanted + ownPorts]);
  }
});

test("its own ports and the router's count together", async () => {
  const { prisma } = cloud.database;
  const limit = { projectId: cloud.projectId, resource: "ports", limit: 2 };
  await prisma.quota.create({ data: limit });
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  expect(await refusal(launch({ ids }))).toMatchObject({
    quota: [{ resource: "ports", limit: 2, inUse: 0, requested: 3 }],
  });
  await launch();
  expect(await prisma.port.count({ where: { projectId: cloud.projectId, owner: { not: "metadata" } } })).toBe(
    2,
  );
});

test("its address comes from the subnet that the router connects", async () => {
  const { prisma } = cloud.database;
  const inner = await addNetwork(cloud, "10.8.0.0/24");
  await prisma.subnet.update({ where: { id: inner.subnetId }, data: { gateway: null } });
  const wish = {
    projectId: cloud.projectId,
    networkId: inner.id,
    name: "with a gateway",
    cidr: "10.8.1.0/24",
  };
  await as("member").subnet.create({ ...wish, id: crypto.randomUUID() });
  await launch();
  await launch({ networks: [{ networkId: inner.id, address: "10.8.1.77" }] });
  const { items } = await as("reader").floatingIp.list({ projectId: cloud.projectId });
  expect(items.map(({ fixedAddress }) => fixedAddress).sort()).toEqual([
    expect.stringMatching(/^10\.8\.1\./),
    "10.8.1.77",
  ]);
});

test("a launch and an allocation that wait for the same external subnet don't wait for each other", async () => {
  const { pool } = cloud.database;
  const holder = await pool.connect();
  try {
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM subnet WHERE id = $1 FOR UPDATE", [outside.subnetId]);
    const outsider = as("outsider").floatingIp.allocate({
      ...{ id: crypto.randomUUID(), projectId: cloud.otherProjectId, networkId: outside.id },
    });
    const both = Promise.all([launch(), outsider]);
    const waiting = async () => {
      const { rows } = await pool.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      return rows[0]?.count;
    };
    await vi.waitFor(async () => expect(await waiting()).toBe(2), { timeout: 15_000 });
    await holder.query("ROLLBACK");
    await both;
  } finally {
    holder.release();
  }
});
