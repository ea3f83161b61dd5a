import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";
import { addNetwork, addPort, type TestNetwork } from "../testing-network.ts";

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
  await prisma.quota.deleteMany();
  outside = await addNetwork(cloud, "172.24.4.0/24", { external: true, name: "outside" });
});

const as = (person: Person) => callerAs(cloud, person);
const ofProject = () => ({ projectId: cloud.projectId });

async function makeRouter(fields: { externalNetworkId?: string; subnetIds?: string[]; name?: string } = {}) {
  const id = crypto.randomUUID();
  await as("member").router.create({ ...ofProject(), id, name: "way", ...fields });
  return { ...ofProject(), id };
}

function read(ref: { id: string }) {
  return as("reader").router.get({ ...ofProject(), id: ref.id });
}

function wakes() {
  return cloud.database.pool.query(`SELECT 1 FROM pgboss.job WHERE data ->> 'kind' = 'network'`);
}

test("a router is made once with gateway and interfaces, told, and its network is woken", async () => {
  const inner = await addNetwork(cloud, "10.0.0.0/24");
  const id = crypto.randomUUID();
  const input = {
    ...{ ...ofProject(), id, name: "way", externalNetworkId: outside.id, subnetIds: [inner.subnetId] },
  };
  await Promise.all(Array.from({ length: 3 }, () => as("member").router.create(input)));
  const { total, items } = await as("reader").router.list(ofProject());
  expect(total).toBe(1);
  expect(items[0]).toMatchObject({
    ...{ id, name: "way", snat: true, externalNetworkName: "outside", gatewayAddress: "172.24.4.2" },
    ...{ interfaceCount: 1, routeCount: 0 },
  });
  expect(await read({ id })).toMatchObject({
    interfaces: [{ subnetId: inner.subnetId, cidr: "10.0.0.0/24", address: "10.0.0.1", floatingIps: [] }],
    ...{ routes: [], gatewayHypervisorName: null },
  });
  const ports = await cloud.database.prisma.port.findMany({ where: { routerId: id } });
  expect(ports.map(({ owner, projectId }) => [owner, projectId]).sort()).toEqual([
    ["router_gateway", null],
    ["router_interface", cloud.projectId],
  ]);
  const events = await cloud.database.prisma.event.findMany({ where: { resourceId: id } });
  expect(events.map(({ action }) => action)).toEqual(["router.create"]);
  expect((await wakes()).rowCount).toBeGreaterThan(0);
});

test("what overlaps is refused with both names, and nothing of it stays", async () => {
  const [inner, wider, apart] = [
    await addNetwork(cloud, "10.0.0.0/24"),
    await addNetwork(cloud, "10.0.0.0/16"),
    await addNetwork(cloud, "10.1.0.0/24"),
  ];
  const ref = await makeRouter({ subnetIds: [inner.subnetId] });
  const target = { subnetId: wider.subnetId };
  expect(await refusal(as("member").router.addInterface({ ...ref, target }))).toMatchObject({
    ...{ code: "Conflict", reason: "routerSubnetsOverlap", field: "subnetId" },
    params: { added: "subnet 10.0.0.0/16 (10.0.0.0/16)", connected: "subnet 10.0.0.0/24 (10.0.0.0/24)" },
  });
  const clash = await addNetwork(cloud, "172.24.0.0/16");
  const gateway = as("member").router.setGateway({ ...ref, networkId: outside.id });
  await gateway;
  expect(
    await refusal(as("member").router.addInterface({ ...ref, target: { subnetId: clash.subnetId } })),
  ).toMatchObject({ reason: "routerSubnetsOverlap" });
  await as("member").router.addInterface({ ...ref, target: { subnetId: apart.subnetId } });
  expect((await read(ref)).interfaces.map(({ cidr }) => cidr)).toEqual(["10.0.0.0/24", "10.1.0.0/24"]);
  const both = { id: crypto.randomUUID(), name: "both", subnetIds: [wider.subnetId, clash.subnetId] };
  await as("member").router.create({ ...ofProject(), ...both });
  const onTop = { externalNetworkId: outside.id, subnetIds: [], name: "on top", id: both.id };
  expect(await refusal(as("member").router.create({ ...ofProject(), ...onTop }))).toMatchObject({
    reason: "idInUse",
  });
  expect(
    await refusal(as("member").router.setGateway({ ...ofProject(), id: both.id, networkId: outside.id })),
  ).toMatchObject({ reason: "routerSubnetsOverlap" });
  expect((await read(both)).externalNetworkId).toBeNull();
});

test("a subnet's gateway is one router's, however many race for it", async () => {
  const inner = await addNetwork(cloud, "10.0.0.0/24");
  const refs = await Promise.all(Array.from({ length: 5 }, () => makeRouter()));
  const target = { subnetId: inner.subnetId };
  const attempts = await Promise.allSettled(
    refs.map((ref) => as("member").router.addInterface({ ...ref, target })),
  );
  expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const [loser] = refs.filter((_, index) => attempts[index]?.status === "rejected");
  if (!loser) throw new Error("nobody lost");
  expect(await refusal(as("member").router.addInterface({ ...loser, target }))).toMatchObject({
    ...{ code: "Conflict", reason: "subnetHasRouter", params: { router: "way", address: "10.0.0.1" } },
  });
  const winner = refs.find((_, index) => attempts[index]?.status === "fulfilled");
  if (!winner) throw new Error("nobody won");
  const { portId } = await as("member").router.addInterface({ ...winner, target });
  expect((await read(winner)).interfaces).toMatchObject([{ portId }]);
  const held = await cloud.database.prisma.ipAllocation.count({ where: { subnetId: inner.subnetId } });
  expect(held).toBe(1);
});

test("a free port connects with its own address; one in use, foreign or of an external network does not", async () => {
  const [inner, shared] = [
    await addNetwork(cloud, "10.0.0.0/24"),
    await addNetwork(cloud, "10.2.0.0/24", { projectId: cloud.otherProjectId, shared: true }),
  ];
  const ref = await makeRouter();
  const portId = await addPort(cloud, inner, "10.0.0.77");
  await as("member").router.addInterface({ ...ref, target: { portId } });
  expect((await read(ref)).interfaces).toMatchObject([{ portId, address: "10.0.0.77" }]);
  const again = await makeRouter();
  const add = (target: { portId: string } | { subnetId: string }) =>
    refusal(as("member").router.addInterface({ ...again, target }));
  expect(await add({ portId })).toMatchObject({ code: "Conflict", reason: "portTaken" });
  expect(await add({ portId: await addPort(cloud, outside, "172.24.4.50") })).toMatchObject({
    reason: "portNotForRouter",
  });
  expect(await add({ subnetId: outside.subnetId })).toMatchObject({ reason: "subnetNotFound" });
  // Of what is only shared the gateway's address is its owner's to give; a port in it is the project's own.
  expect(await add({ subnetId: shared.subnetId })).toMatchObject({ reason: "subnetNotFound" });
  const inShared = await addPort(cloud, shared, "10.2.0.9");
  await as("member").router.addInterface({ ...again, target: { portId: inShared } });
  const bare = await addNetwork(cloud, "10.3.0.0/24");
  await cloud.database.prisma.subnet.update({ where: { id: bare.subnetId }, data: { gateway: null } });
  expect(await add({ subnetId: bare.subnetId })).toMatchObject({ reason: "subnetWithoutGateway" });
});

test("routes are canonical, within reach, and never to the host or the router", async () => {
  const inner = await addNetwork(cloud, "10.0.0.0/24");
  const ref = await makeRouter({ externalNetworkId: outside.id, subnetIds: [inner.subnetId] });
  const { prisma } = cloud.database;
  await prisma.ipAllocation.create({ data: { subnetId: outside.subnetId, address: "172.24.4.200" } });
  const set = (destination: string, nextHop: string) =>
    as("member").router.setRoutes({ ...ref, routes: [{ destination, nextHop }] });
  expect(await refusal(set("192.168.0.0/16", "172.24.4.200"))).toMatchObject({
    ...{ code: "InvalidInput", reason: "nextHopIsHost", field: "routes.0.nextHop" },
  });
  expect(await refusal(set("192.168.0.0/16", "10.0.0.1"))).toMatchObject({ reason: "nextHopIsRouter" });
  expect(await refusal(set("192.168.0.0/16", "10.9.0.1"))).toMatchObject({ reason: "nextHopUnreachable" });
  expect(await refusal(set("0.0.0.0/0", "10.0.0.9"))).toMatchObject({ reason: "defaultRouteTaken" });
  expect(await refusal(set("128.0.0.0/1", "10.0.0.9"))).toMatchObject({
    ...{ reason: "routeTooWide", field: "routes.0.destination" },
  });
  await prisma.port.create({
    data: {
      ...{ id: crypto.randomUUID(), projectId: cloud.projectId, networkId: inner.id, owner: "metadata" },
      mac: "fa:16:3e:00:00:02",
      addresses: { create: [{ subnetId: inner.subnetId, address: "10.0.0.77" }] },
    },
  });
  expect(await refusal(set("192.168.0.0/16", "10.0.0.77"))).toMatchObject({ reason: "nextHopIsMetadata" });
  await set("192.168.7.9/16", "10.0.0.9");
  const before = await read(ref);
  expect(before.routes).toEqual([{ destination: "192.168.0.0/16", nextHop: "10.0.0.9" }]);
  await set("192.168.0.0/16", "10.0.0.9");
  expect((await read(ref)).generation).toBe(before.generation);
  const portId = before.interfaces[0]?.portId ?? "";
  expect(await refusal(as("member").router.removeInterface({ ...ref, portId }))).toMatchObject({
    ...{ code: "Conflict", reason: "routesNeedInterface" },
    params: { routes: "192.168.0.0/16 → 10.0.0.9" },
  });
  await as("member").router.setRoutes({ ...ref, routes: [] });
  await as("member").router.removeInterface({ ...ref, portId });
  expect(await prisma.port.count({ where: { id: portId } })).toBe(0);
});

test("a router goes when nothing hangs on it, and its gateway's address with it", async () => {
  const inner = await addNetwork(cloud, "10.0.0.0/24");
  const ref = await makeRouter({ externalNetworkId: outside.id, subnetIds: [inner.subnetId] });
  expect(await refusal(as("member").router.delete(ref))).toMatchObject({
    ...{ code: "Conflict", reason: "routerHasInterfaces", params: { subnets: "subnet 10.0.0.0/24" } },
  });
  const { portId } = (await read(ref)).interfaces[0] ?? { portId: "" };
  await as("member").router.removeInterface({ ...ref, portId });
  await as("member").router.delete(ref);
  expect(await refusal(read(ref))).toMatchObject({ reason: "routerNotFound" });
  expect(await cloud.database.prisma.ipAllocation.count()).toBe(0);
});

test("quota, a foreign project, a network that leads nowhere, and an ending project", async () => {
  const { prisma } = cloud.database;
  const inner = await addNetwork(cloud, "10.0.0.0/24");
  await prisma.quota.create({ data: { projectId: cloud.projectId, resource: "routers", limit: 1 } });
  await prisma.quota.create({ data: { projectId: cloud.projectId, resource: "ports", limit: 0 } });
  const ref = await makeRouter({ externalNetworkId: outside.id });
  expect(await refusal(makeRouter())).toMatchObject({
    quota: [{ resource: "routers", limit: 1, inUse: 1, requested: 1 }],
  });
  const target = { subnetId: inner.subnetId };
  expect(await refusal(as("member").router.addInterface({ ...ref, target }))).toMatchObject({
    quota: [{ resource: "ports", limit: 0, inUse: 0, requested: 1 }],
  });
  expect(await refusal(as("member").router.setGateway({ ...ref, networkId: inner.id }))).toMatchObject({
    reason: "networkNotExternal",
  });
  const foreign = await addNetwork(cloud, "10.7.0.0/24", { projectId: cloud.otherProjectId });
  expect(await refusal(as("member").router.setGateway({ ...ref, networkId: foreign.id }))).toMatchObject({
    reason: "networkNotFound",
  });
  const theirs = { projectId: cloud.otherProjectId, id: ref.id };
  expect(await refusal(as("outsider").router.delete(theirs))).toMatchObject({ reason: "routerNotFound" });
  const of = { where: { id: cloud.projectId } };
  await prisma.project.update({ ...of, data: { deleteRequestedAt: new Date() } });
  expect(await refusal(as("member").router.addInterface({ ...ref, target }))).toMatchObject({
    reason: "projectEnding",
  });
  await as("member").router.delete(ref);
  await prisma.project.update({ ...of, data: { deleteRequestedAt: null } });
});

test("SNAT is switched by managers alone, as in OpenStack", async () => {
  const id = crypto.randomUUID();
  const fields = { ...ofProject(), id, name: "bare", snat: false };
  const forbidden = { code: "Forbidden", reason: "snatForManagers", field: "snat" };
  expect(await refusal(as("member").router.create(fields))).toMatchObject(forbidden);
  await as("manager").router.create(fields);
  expect(await refusal(as("member").router.update({ ...fields, snat: true }))).toMatchObject(forbidden);
  // What it is already nobody switches.
  await as("member").router.update({ ...fields, name: "renamed", snat: false });
  await as("manager").router.update({ ...fields, name: "renamed", snat: true });
  expect(await read({ id })).toMatchObject({ name: "renamed", snat: true });
});

test("a port that a floating IP leads to becomes no interface", async () => {
  const [inner, apart] = [await addNetwork(cloud, "10.0.0.0/24"), await addNetwork(cloud, "10.1.0.0/24")];
  await makeRouter({ externalNetworkId: outside.id, subnetIds: [inner.subnetId] });
  const portId = await addPort(cloud, inner, "10.0.0.9");
  const ip = { ...ofProject(), id: crypto.randomUUID() };
  const { address } = await as("member").floatingIp.allocate({ ...ip, networkId: outside.id });
  await as("member").floatingIp.associate({ ...ip, portId });
  const other = await makeRouter({ name: "other", subnetIds: [apart.subnetId] });
  const connect = () => as("member").router.addInterface({ ...other, target: { portId } });
  expect(await refusal(connect())).toMatchObject({
    ...{ code: "Conflict", reason: "portHasFloatingIps", params: { addresses: address } },
  });
  await as("member").floatingIp.disassociate(ip);
  await connect();
});

test("what changes nothing wakes nobody", async () => {
  const inner = await addNetwork(cloud, "10.0.0.0/24");
  const [router, network] = [as("member").router, as("member").network];
  const ref = await makeRouter({ externalNetworkId: outside.id, subnetIds: [inner.subnetId] });
  const portId = await addPort(cloud, inner, "10.0.0.9");
  const ip = { ...ofProject(), id: crypto.randomUUID(), networkId: outside.id };
  await as("member").floatingIp.allocate(ip);
  await as("member").floatingIp.associate({ ...ip, portId });
  const one = { ...ofProject(), id: inner.id };
  const made = { ...ofProject(), id: crypto.randomUUID(), name: "made" };
  await network.create(made);
  await as("member").port.update({ ...ofProject(), id: portId, name: "named" });
  await cloud.database.pool.query("DELETE FROM pgboss.job");
  const repeats = [
    ...[router.create({ ...ref, name: "way", externalNetworkId: outside.id, subnetIds: [inner.subnetId] })],
    ...[router.update({ ...ref, name: "way", snat: true }), router.setRoutes({ ...ref, routes: [] })],
    ...[router.setGateway({ ...ref, networkId: outside.id })],
    router.addInterface({ ...ref, target: { subnetId: inner.subnetId } }),
    ...[network.create(made), network.update({ ...one, name: "net 10.0.0.0/24" })],
    as("member").subnet.update({ ...ofProject(), id: inner.subnetId, gateway: inner.gateway }),
    as("member").port.update({ ...ofProject(), id: portId, name: "named" }),
    ...[as("member").floatingIp.allocate(ip), as("member").floatingIp.associate({ ...ip, portId })],
    as("member").floatingIp.update({ ...ip, description: "for the press" }),
  ];
  await Promise.all(repeats);
  expect((await wakes()).rowCount).toBe(0);
  await router.update({ ...ref, name: "another" });
  expect((await wakes()).rowCount).toBe(1);
});
