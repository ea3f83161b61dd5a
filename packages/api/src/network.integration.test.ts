/** Networks, subnets, ports and interfaces through the API: what is refused, and what is left afterwards. */
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import type { NewSubnet } from "@madang/core/network/subnet-input";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
  const { projectId } = cloud;
  const limits = ["instances", "cores", "ram", "ports", "networks", "subnets"].map((resource) => ({
    ...{ projectId, resource, limit: -1 },
  }));
  await cloud.database.prisma.quota.createMany({ data: limits });
});
afterAll(() => cloud.close());

const member = () => callerAs(cloud, "member");
const outsider = () => callerAs(cloud, "outsider");
const newId = () => crypto.randomUUID();

function subnetOf(cidr: string, more: Partial<NewSubnet> = {}) {
  return { id: newId(), name: `of ${cidr}`, cidr, ...more };
}

async function makeNetwork(cidr: string, more: Partial<NewSubnet> = {}): Promise<string> {
  const { projectId } = cloud;
  const { id } = await member().network.create({
    id: newId(),
    projectId,
    name: "net",
    subnet: subnetOf(cidr, more),
  });
  return id;
}

function launch(fields: Parameters<typeof launchOf>[1]) {
  return member().instance.launch(launchOf(cloud, { ...fields, networks: fields?.networks ?? [] }));
}

async function addressesOf(id: string): Promise<string[]> {
  const { addresses } = await member().instance.get({ projectId: cloud.projectId, id });
  return addresses.map(({ address }) => address);
}

test("a network with its subnet is one request, told to the driver, and the same request twice is one", async () => {
  const { projectId, database } = cloud;
  const input = { id: newId(), projectId, name: "green", subnet: subnetOf("10.10.0.9/24") };
  await member().network.create(input);
  await member().network.create(input);
  const network = await member().network.get({ projectId, id: input.id });
  expect(network).toMatchObject({ name: "green", mtu: 1_442, type: "geneve", status: "BUILD", ports: 0 });
  expect(network.subnets).toMatchObject([
    { cidr: "10.10.0.0/24", gateway: "10.10.0.1", dhcp: true, addresses: { total: 253, used: 1 } },
  ]);
  const ports = await member().port.list({ projectId, filter: { networkId: input.id } });
  expect(ports.items).toMatchObject([{ owner: "metadata", addresses: [{ address: "10.10.0.2" }] }]);
  const { rows } = await database.pool.query(`SELECT 1 FROM pgboss.job WHERE data ->> 'id' = $1`, [
    cloudNetworkId,
  ]);
  expect(rows.length).toBeGreaterThan(0);
  expect(await refusal(member().network.create({ ...input, name: "red" }))).toMatchObject({
    reason: "idInUse",
  });
});

test("an MTU of its own goes to the guests, as long as its frames carry that much", async () => {
  const { projectId } = cloud;
  const { network } = member();
  const jumbo = callerAs(cloud, "cloudAdmin").admin.network;
  const id = newId();
  await network.create({ id, projectId, name: "narrow", mtu: 1_280 });
  const read = async () => (await network.get({ projectId, id })).mtu;
  expect(await read()).toBe(1_280);
  await network.update({ projectId, id, mtu: 1_442 });
  expect(await read()).toBe(1_442);
  const tooLarge = { code: "InvalidInput", reason: "mtuTooLarge", params: { most: 1_442 }, field: "mtu" };
  expect(await refusal(network.update({ projectId, id, mtu: 1_443 }))).toMatchObject(tooLarge);
  const wish = { id: newId(), projectId, name: "wide" };
  expect(await refusal(network.create({ ...wish, mtu: 1_500 }))).toMatchObject(tooLarge);
  for (const mtu of [67, 1_501, 1_400.5])
    expect(await refusal(network.create({ ...wish, mtu }))).toMatchObject({
      reason: "mtuInvalid",
      field: "mtu",
    });
  const flat = { ...wish, type: "flat", physicalNetwork: "narrows", external: true } as const;
  await jumbo.create({ ...flat, mtu: 1_500 });
  expect(await cloud.database.prisma.network.findUnique({ where: { id: wish.id } })).toMatchObject({
    mtu: 1_500,
  });
  await jumbo.delete({ id: wish.id });
});

test("another project sees nothing of it, and its ranges don't matter", async () => {
  const id = await makeNetwork("10.11.0.0/24");
  const theirs = { projectId: cloud.otherProjectId, id };
  const { network, subnet, port } = outsider();
  const attempts = [
    network.get(theirs),
    network.update({ ...theirs, name: "mine" }),
    network.delete(theirs),
    subnet.create({ ...subnetOf("10.12.0.0/24"), projectId: cloud.otherProjectId, networkId: id }),
    port.create({ id: newId(), projectId: cloud.otherProjectId, networkId: id }),
  ];
  for (const refused of await Promise.all(attempts.map(refusal)))
    expect(refused).toMatchObject({ code: "NotFound", reason: "networkNotFound" });
  expect((await network.list({ projectId: cloud.otherProjectId })).items).toEqual([]);
  const own = {
    id: newId(),
    projectId: cloud.otherProjectId,
    name: "theirs",
    subnet: subnetOf("10.11.0.0/24"),
  };
  expect(await network.create(own)).toEqual({ id: own.id });
});

test("subnets of one network don't overlap, and one in use stays", async () => {
  const { projectId } = cloud;
  const networkId = await makeNetwork("10.20.0.0/24");
  const overlapping = subnetOf("10.20.0.128/25");
  expect(await refusal(member().subnet.create({ ...overlapping, projectId, networkId }))).toMatchObject({
    ...{ code: "Conflict", reason: "subnetsOverlap", field: "cidr" },
  });
  const second = subnetOf("10.20.1.0/24", { dhcp: false });
  await member().subnet.create({ ...second, projectId, networkId });
  const port = { id: newId(), projectId, networkId, addresses: [{ subnetId: second.id }] };
  await member().port.create(port);
  expect(await member().port.get({ projectId, id: port.id })).toMatchObject({
    addresses: [{ address: "10.20.1.2" }],
    securityGroups: [{ name: "default" }],
    status: "BUILD",
  });
  expect(await refusal(member().subnet.delete({ projectId, id: second.id }))).toMatchObject({
    ...{ reason: "subnetInUse", params: { ports: 1, instances: 0, names: "10.20.1.2" } },
  });
  expect(await refusal(member().network.delete({ projectId, id: networkId }))).toMatchObject({
    ...{ code: "Conflict", reason: "networkInUse", params: { ports: 1 } },
  });
  await member().port.delete({ projectId, id: port.id });
  await member().subnet.delete({ projectId, id: second.id });
  await member().network.delete({ projectId, id: networkId });
  expect(await cloud.database.prisma.ipAllocation.count({ where: { subnet: { networkId } } })).toBe(0);
});

test("DHCP switched off and on takes the metadata address away and brings it back", async () => {
  const { projectId } = cloud;
  const networkId = await makeNetwork("10.21.0.0/24");
  const { subnets, generation } = await member().network.get({ projectId, id: networkId });
  const [{ id = "" } = {}] = subnets;
  const held = async () =>
    (await member().subnet.list({ projectId, filter: { networkId } })).items[0]?.addresses.used;
  await member().subnet.update({ projectId, id, dhcp: false });
  expect(await held()).toBe(0);
  await member().subnet.update({ projectId, id, dhcp: true, gateway: "10.21.0.254" });
  expect(await held()).toBe(1);
  const after = await member().network.get({ projectId, id: networkId });
  expect(after).toMatchObject({ generation: generation + 2 });
  expect(after.subnets[0]?.pools).toEqual([{ start: "10.21.0.1", end: "10.21.0.253" }]);
});

test("a shared network is used by others but changed by the cloud alone; into an external one nobody launches", async () => {
  const { projectId } = cloud;
  const { admin } = callerAs(cloud, "cloudAdmin");
  const shared = { id: newId(), name: "common", shared: true, subnet: subnetOf("10.30.0.0/24") };
  await admin.network.create(shared);
  const external = {
    ...{ id: newId(), name: "public", external: true, type: "flat" as const, physicalNetwork: "public" },
    subnet: subnetOf("172.24.4.0/24", { dhcp: false }),
  };
  await admin.network.create(external);
  expect(await refusal(admin.network.create({ ...external, id: newId(), subnet: undefined }))).toMatchObject({
    ...{ reason: "segmentTaken", field: "physicalNetwork" },
  });
  expect(await refusal(member().network.update({ projectId, id: shared.id, name: "mine" }))).toMatchObject({
    ...{ code: "Forbidden", reason: "networkOfCloud" },
  });
  for (const wild of [
    { portSecurity: false },
    { allowedAddressPairs: [{ address: "0.0.0.0/0", mac: null }] },
    { mac: "fa:16:3e:00:00:01" },
  ])
    expect(
      await refusal(member().port.create({ id: newId(), projectId, networkId: shared.id, ...wild })),
    ).toMatchObject({ code: "Forbidden", reason: "portNotTame" });
  const port = { id: newId(), projectId, networkId: shared.id };
  await member().port.create(port);
  expect(await refusal(admin.network.update({ id: shared.id, shared: false }))).toMatchObject({
    ...{ reason: "networkSharedInUse", params: { ports: 1 } },
  });
  const into = { id: newId(), projectId, networkId: external.id };
  expect(await refusal(member().port.create(into))).toMatchObject({ reason: "networkExternal" });
  expect((await admin.network.list({ filter: { external: true } })).items).toMatchObject([
    { name: "public", physicalNetwork: "public", mtu: 1_500 },
  ]);
  await member().port.delete({ projectId, id: port.id });
  for (const id of [shared.id, external.id]) await admin.network.delete({ id });
});

test("a port that is there is nobody's to make again, whoever made it", async () => {
  const { projectId } = cloud;
  const id = await makeNetwork("10.33.0.0/24");
  const ports = await member().port.list({ projectId, filter: { networkId: id } });
  const [own] = ports.items;
  if (!own) throw new Error("no metadata port");
  const other = await makeNetwork("10.34.0.0/24");
  const again = member().port.create({ id: own.id, projectId, networkId: other });
  expect(await refusal(again)).toMatchObject({ code: "Conflict", reason: "idInUse" });
  expect((await member().port.list({ projectId, filter: { networkId: id } })).items).toEqual(ports.items);
});

test("a MAC is one port's in its network, and what is unguarded has no guards", async () => {
  const { projectId } = cloud;
  const networkId = await makeNetwork("10.40.0.0/24");
  const mac = "FA:16:3E:00:00:01";
  const port = { id: newId(), projectId, networkId, mac };
  await member().port.create(port);
  expect(await refusal(member().port.create({ ...port, id: newId() }))).toMatchObject({
    ...{ reason: "macTaken", params: { mac: mac.toLowerCase() }, field: "mac" },
  });
  expect(await refusal(member().port.update({ projectId, id: port.id, portSecurity: false }))).toMatchObject({
    reason: "portUnguarded",
  });
  await member().port.update({ projectId, id: port.id, portSecurity: false, securityGroupIds: [] });
  expect(await member().port.get({ projectId, id: port.id })).toMatchObject({ portSecurity: false });
});

/** How often each table was written to meanwhile, by what goes over the wire. */
async function insertsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const client = await cloud.database.pool.connect();
  const query = vi.spyOn(Object.getPrototypeOf(client), "query");
  client.release();
  await work();
  const texts = query.mock.calls.map(([asked]) => z.union([z.string(), textOf]).parse(asked));
  query.mockRestore();
  const inserts = texts.flatMap((text) => [...text.matchAll(/INSERT INTO (?:"public"\.)?"?(\w+)/g)]);
  const tables = inserts.map(([, table]) => table);
  return Object.fromEntries(
    ["instance", "port", "port_security_group", "ip_allocation", "operation"].map((table) => [
      table,
      tables.filter((one) => one === table).length,
    ]),
  );
}
const textOf = z.object({ text: z.string() }).transform(({ text }) => text);

test("fifty instances get fifty addresses, each table in one statement", async () => {
  const { projectId } = cloud;
  const networkId = await makeNetwork("10.50.0.0/24");
  const networks = [{ networkId, address: null }];
  const ids = Array.from({ length: 50 }, newId);
  const inserts = await insertsOf(() => launch({ networks, name: "many", ids }));
  expect(inserts).toEqual({ instance: 1, port: 1, port_security_group: 1, ip_allocation: 1, operation: 1 });
  const listed = await member().instance.list({ projectId, filter: { text: "many" }, limit: 100 });
  const addresses = new Set(listed.items.flatMap((item) => item.addresses.map(({ address }) => address)));
  expect([listed.items.length, addresses.size]).toEqual([50, 50]);
});

test("a launch that can't have its address leaves nothing, and names the subnet that is full", async () => {
  const { projectId, database } = cloud;
  const networkId = await makeNetwork("10.51.0.0/29");
  const networks = [{ networkId, address: null }];
  const ids = Array.from({ length: 5 }, newId);
  expect(await refusal(launch({ networks, ids }))).toMatchObject({
    ...{
      code: "Conflict",
      reason: "subnetExhausted",
      params: { subnet: "of 10.51.0.0/29 (10.51.0.0/29)", missing: 1 },
    },
  });
  expect(await database.prisma.instance.count({ where: { id: { in: ids } } })).toBe(0);
  await launch({ networks, ids: ids.slice(0, 4) });
  expect(await database.prisma.port.count({ where: { projectId, networkId, owner: "instance" } })).toBe(4);
});

test("nothing said is the only network, or none among several; none is none", async () => {
  const projectId = cloud.otherProjectId;
  const quota = ["instances", "cores", "ram"].map((resource) => ({ projectId, resource, limit: -1 }));
  await cloud.database.prisma.quota.createMany({ data: quota });
  const start = async (networks: ReturnType<typeof launchOf>["networks"]) => {
    const { ids } = await outsider().instance.launch(launchOf(cloud, { projectId, networks }));
    const { addresses } = await outsider().instance.get({ projectId, id: ids[0] ?? "" });
    return addresses.length;
  };
  const [only] = (await outsider().network.list({ projectId, filter: { own: true } })).items;
  expect([await start([]), await start("none")]).toEqual([1, 0]);
  await outsider().network.create({
    id: newId(),
    projectId,
    name: "second",
    subnet: subnetOf("10.52.0.0/24"),
  });
  expect(await start([])).toBe(0);
  expect(await start([{ networkId: only?.id ?? "", address: "10.11.0.77" }])).toBe(1);
});

test("ports and addresses go to one instance, and are checked", async () => {
  const { projectId } = cloud;
  const networkId = await makeNetwork("10.53.0.0/24");
  const port = { id: newId(), projectId, networkId, name: "kept", addresses: [{ address: "10.53.0.9" }] };
  await member().port.create(port);
  const two = [newId(), newId()];
  const own = [{ portId: port.id }];
  expect(await refusal(launch({ networks: own, ids: two }))).toMatchObject({ reason: "portWithSeveral" });
  const fixed = [{ networkId, address: "10.53.0.8" }];
  expect(await refusal(launch({ networks: fixed, ids: two }))).toMatchObject({
    reason: "addressWithSeveral",
  });
  expect(await refusal(launch({ networks: [...own, ...own] }))).toMatchObject({ reason: "portTwice" });
  const outside = [{ networkId, address: "10.54.0.8" }];
  expect(await refusal(launch({ networks: outside }))).toMatchObject({
    reason: "addressNotInSubnet",
    field: "networks",
  });
  const { ids } = await launch({ networks: [...own, ...fixed] });
  expect(await addressesOf(ids[0] ?? "")).toEqual(["10.53.0.9", "10.53.0.8"]);
  expect(await refusal(launch({ networks: own }))).toMatchObject({ reason: "portTaken" });
  expect(await refusal(launch({ networks: fixed }))).toMatchObject({
    ...{ reason: "addressTaken", params: { address: "10.53.0.8" } },
  });
  expect(await refusal(member().port.delete({ projectId, id: port.id }))).toMatchObject({
    ...{ reason: "portInUse", params: { instance: "web" } },
  });
  for (const text of ["10.53.0.9", "10.53.0.", "53.0.9"]) {
    const found = await member().instance.list({ projectId, filter: { text } });
    expect(
      found.items.map(({ id }) => id),
      text,
    ).toEqual(ids);
  }
  const { mac } = await member().port.get({ projectId, id: port.id });
  const byMac = await member().instance.list({ projectId, filter: { text: mac.toUpperCase() } });
  expect(byMac.items.map(({ id }) => id)).toEqual(ids);
});

test("an interface is attached and detached under a generation of the instance; twice is once", async () => {
  const { projectId, database } = cloud;
  const networkId = await makeNetwork("10.60.0.0/24");
  const { ids } = await launch({ networks: "none" });
  const [id = ""] = ids;
  await placeGuest(database, id, { observed: "running" });
  const generation = async () => (await member().instance.get({ projectId, id })).generation;
  const before = await generation();
  const wish = { projectId, id, portId: newId(), networkId };
  const first = await member().instance.attachInterface(wish);
  expect(await member().instance.attachInterface(wish)).toEqual(first);
  expect([await addressesOf(id), await generation()]).toEqual([["10.60.0.3"], before + 1]);
  const kept = { id: newId(), projectId, networkId };
  await member().port.create(kept);
  await member().instance.attachInterface({ projectId, id, portId: kept.id });
  expect(await addressesOf(id)).toEqual(["10.60.0.3", "10.60.0.4"]);
  const { ids: others } = await launch({ networks: "none" });
  const stolen = { projectId, id: others[0] ?? "", portId: kept.id };
  expect(await refusal(member().instance.detachInterface(stolen))).toMatchObject({
    reason: "portNotAttached",
  });
  for (const portId of [wish.portId, kept.id])
    await member().instance.detachInterface({ projectId, id, portId });
  expect([await addressesOf(id), await generation()]).toEqual([[], before + 4]);
  expect(await refusal(member().port.get({ projectId, id: wish.portId }))).toMatchObject({
    reason: "portNotFound",
  });
  expect(await member().port.get({ projectId, id: kept.id })).toMatchObject({
    owner: "none",
    instance: null,
  });
  expect(await refusal(callerAs(cloud, "reader").instance.attachInterface(wish))).toMatchObject({
    reason: "roleTooWeak",
  });
});

test("quota counts networks, subnets and ports", async () => {
  const { projectId, database } = cloud;
  const networkId = await makeNetwork("10.70.0.0/24");
  const of = (resource: string) => ({ projectId_resource: { projectId, resource } });
  for (const resource of ["networks", "subnets", "ports"])
    await database.prisma.quota.update({ where: of(resource), data: { limit: 1 } });
  const attempts = {
    networks: () => member().network.create({ id: newId(), projectId, name: "more" }),
    subnets: () => member().subnet.create({ ...subnetOf("10.71.0.0/24"), projectId, networkId }),
    ports: () => launch({ networks: [{ networkId, address: null }] }),
  };
  for (const [resource, attempt] of Object.entries(attempts))
    expect(await refusal(attempt()), resource).toMatchObject({
      code: "QuotaExceeded",
      params: { resources: resource },
    });
});
