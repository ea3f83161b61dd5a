import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";
import { addNetwork, addPort, type TestNetwork } from "../testing-network.ts";

let cloud: TestCloud;
let outside: TestNetwork;
let inner: TestNetwork;
let router: { projectId: string; id: string };
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
  outside = await addNetwork(cloud, "172.24.4.0/28", { external: true, name: "outside" });
  inner = await addNetwork(cloud, "10.0.0.0/24");
  router = { projectId: cloud.projectId, id: crypto.randomUUID() };
  const wish = { name: "way", externalNetworkId: outside.id, subnetIds: [inner.subnetId] };
  await as("member").router.create({ ...router, ...wish });
});

const as = (person: Person) => callerAs(cloud, person);

async function allocate(fields: { address?: string } = {}) {
  const ref = { projectId: cloud.projectId, id: crypto.randomUUID() };
  const { address } = await as("member").floatingIp.allocate({ ...ref, networkId: outside.id, ...fields });
  return { ...ref, address };
}

async function read(ref: { id: string }) {
  const { items } = await as("reader").floatingIp.list({ projectId: cloud.projectId });
  const found = items.find(({ id }) => id === ref.id);
  if (!found) throw new Error("not listed");
  return found;
}

function fulfilled(attempts: PromiseSettledResult<unknown>[]): number {
  return attempts.filter(({ status }) => status === "fulfilled").length;
}

test("no address is given twice, and exhaustion names the subnet", async () => {
  // 14 hosts: the gateway, the router's own, and twelve that are free.
  const attempts = await Promise.allSettled(Array.from({ length: 15 }, () => allocate()));
  const given = attempts.flatMap((attempt) =>
    attempt.status === "fulfilled" ? [attempt.value.address] : [],
  );
  expect(given).toHaveLength(12);
  expect(new Set(given).size).toBe(12);
  expect(given).not.toContain("172.24.4.1");
  expect(given).not.toContain("172.24.4.2");
  expect(await refusal(allocate())).toMatchObject({
    ...{ code: "Conflict", reason: "subnetExhausted" },
    params: { subnet: "subnet 172.24.4.0/28 (172.24.4.0/28)" },
  });
  const { total, items } = await as("reader").floatingIp.list({ projectId: cloud.projectId, limit: 5 });
  expect(total).toBe(12);
  // Sorted as addresses, not as text: .10 is after .9.
  expect(items.map(({ address }) => address)).toEqual([3, 4, 5, 6, 7].map((last) => `172.24.4.${last}`));
});

test("a chosen address is had by one, whoever races, and not when it is kept", async () => {
  const wishes = await Promise.allSettled(
    Array.from({ length: 6 }, () => allocate({ address: "172.24.4.9" })),
  );
  expect(fulfilled(wishes)).toBe(1);
  expect(await refusal(allocate({ address: "172.24.4.9" }))).toMatchObject({
    ...{ code: "Conflict", reason: "addressTaken", field: "address" },
  });
  expect(await refusal(allocate({ address: "10.0.0.9" }))).toMatchObject({ reason: "addressNotInSubnet" });
  expect(await refusal(allocate({ address: "172.24.4.1" }))).toMatchObject({ reason: "addressReserved" });
  const { prisma } = cloud.database;
  await prisma.ipAllocation.create({ data: { subnetId: outside.subnetId, address: "172.24.4.14" } });
  expect(await refusal(allocate({ address: "172.24.4.14" }))).toMatchObject({ reason: "addressTaken" });
  // Beside the pools of an external network are machines of others.
  const allocationPools = [{ start: "172.24.4.2", end: "172.24.4.12" }];
  await prisma.subnet.update({ where: { id: outside.subnetId }, data: { allocationPools } });
  expect(await refusal(allocate({ address: "172.24.4.13" }))).toMatchObject({ reason: "addressNotInPools" });
});

test("asked twice with one id it is one, and an id is nobody else's", async () => {
  const ref = { projectId: cloud.projectId, id: crypto.randomUUID(), networkId: outside.id };
  const answers = await Promise.all(Array.from({ length: 4 }, () => as("member").floatingIp.allocate(ref)));
  expect(new Set(answers.map(({ address }) => address)).size).toBe(1);
  const other = { ...ref, projectId: cloud.otherProjectId };
  expect(await refusal(as("outsider").floatingIp.allocate(other))).toMatchObject({ reason: "idInUse" });
});

test("it leads to a port's address, elsewhere in one act, and nowhere", async () => {
  const [first, second] = [await addPort(cloud, inner, "10.0.0.5"), await addPort(cloud, inner, "10.0.0.6")];
  const ref = await allocate();
  expect(await read(ref)).toMatchObject({ status: "DOWN", fixedAddress: null, routerName: null });
  await as("member").floatingIp.associate({ ...ref, portId: first });
  expect(await read(ref)).toMatchObject({
    ...{ status: "BUILD", portId: first, fixedAddress: "10.0.0.5", routerName: "way" },
  });
  await as("member").floatingIp.associate({ ...ref, portId: second, from: first });
  expect(await read(ref)).toMatchObject({ portId: second, fixedAddress: "10.0.0.6", generation: 3 });
  await as("member").floatingIp.associate({ ...ref, portId: second, from: second });
  expect((await read(ref)).generation).toBe(3);
  const { prisma } = cloud.database;
  await prisma.floatingIp.update({ where: { id: ref.id }, data: { realisedGeneration: 3 } });
  expect((await read(ref)).status).toBe("ACTIVE");
  await as("member").floatingIp.disassociate(ref);
  await as("member").floatingIp.disassociate(ref);
  expect(await read(ref)).toMatchObject({ status: "DOWN", portId: null, fixedAddress: null, routerId: null });
  await as("member").floatingIp.update({ ...ref, description: "for the press" });
  await as("member").floatingIp.release(ref);
  expect(await prisma.ipAllocation.count({ where: { floatingIpId: ref.id } })).toBe(0);
  const events = await prisma.event.findMany({ where: { resourceId: ref.id }, orderBy: { id: "asc" } });
  expect(events.map(({ action }) => action.replace("floating_ip.", ""))).toEqual([
    ...["allocate", "associate", "move", "disassociate", "update", "release"],
  ]);
});

test("of those who associate at once exactly one wins, on one floating IP and on one address", async () => {
  const ports = await Promise.all([5, 6, 7, 8].map((last) => addPort(cloud, inner, `10.0.0.${last}`)));
  const ref = await allocate();
  const elsewhere = await Promise.allSettled(
    ports.map((portId) => as("member").floatingIp.associate({ ...ref, portId })),
  );
  expect(fulfilled(elsewhere)).toBe(1);
  const { portId: held } = await read(ref);
  const at = ports.findIndex((portId) => portId !== held);
  const free = ports[at] ?? "";
  expect(await refusal(as("member").floatingIp.associate({ ...ref, portId: free }))).toMatchObject({
    ...{ code: "Conflict", reason: "floatingIpInUse" },
  });
  const others = await Promise.all([allocate(), allocate(), allocate()]);
  const onOne = await Promise.allSettled(
    others.map((other) => as("member").floatingIp.associate({ ...other, portId: free })),
  );
  expect(fulfilled(onOne)).toBe(1);
  const loser = others.find((_, index) => onOne[index]?.status === "rejected") ?? ref;
  expect(await refusal(as("member").floatingIp.associate({ ...loser, portId: free }))).toMatchObject({
    ...{ code: "Conflict", reason: "fixedAddressTaken", params: { fixedAddress: `10.0.0.${5 + at}` } },
  });
});

test("without a router between the two networks it says so, and none that is needed goes away", async () => {
  const alone = await addNetwork(cloud, "10.5.0.0/24", { name: "alone" });
  const [near, far] = [await addPort(cloud, inner, "10.0.0.5"), await addPort(cloud, alone, "10.5.0.5")];
  const ref = await allocate();
  expect(await refusal(as("member").floatingIp.associate({ ...ref, portId: far }))).toMatchObject({
    ...{ code: "Conflict", reason: "noRouterToExternal" },
    params: { network: "outside", subnet: "subnet 10.5.0.0/24" },
  });
  const targets = await as("reader").floatingIp.targets({
    projectId: cloud.projectId,
    networkId: outside.id,
  });
  expect(targets.map(({ fixedAddress, routerName }) => [fixedAddress, routerName])).toEqual([
    ["10.0.0.5", "way"],
    ["10.5.0.5", null],
  ]);
  await as("member").floatingIp.associate({ ...ref, portId: near });
  const { interfaces } = await as("reader").router.get(router);
  expect(interfaces).toMatchObject([{ floatingIps: [ref.address] }]);
  const portId = interfaces[0]?.portId ?? "";
  const needed = { code: "Conflict", reason: "floatingIpsNeedRouter", params: { addresses: ref.address } };
  expect(await refusal(as("member").router.removeInterface({ ...router, portId }))).toMatchObject(needed);
  expect(await refusal(as("member").router.setGateway({ ...router, networkId: null }))).toMatchObject(needed);
  await as("member").floatingIp.disassociate(ref);
  await as("member").router.setGateway({ ...router, networkId: null });
  await as("member").router.removeInterface({ ...router, portId });
});

test("who associates while the router's leg is taken away: one of the two is refused", async () => {
  for (let round = 0; round < 4; round += 1) {
    const port = await addPort(cloud, inner, `10.0.0.${20 + round}`);
    const ref = await allocate();
    const [leg] = (await as("reader").router.get(router)).interfaces;
    const outcome = await Promise.allSettled([
      as("member").floatingIp.associate({ ...ref, portId: port }),
      as("member").router.removeInterface({ ...router, portId: leg?.portId ?? "" }),
    ]);
    expect(fulfilled(outcome)).toBe(1);
    const target = { subnetId: inner.subnetId };
    if (outcome[1].status === "fulfilled") await as("member").router.addInterface({ ...router, target });
    else await as("member").floatingIp.release(ref);
  }
});

test("several addresses of a port must be named, and a foreign port is none", async () => {
  const portId = await addPort(cloud, inner, "10.0.0.5");
  const { prisma } = cloud.database;
  await prisma.ipAllocation.create({ data: { subnetId: inner.subnetId, address: "10.0.0.15", portId } });
  const ref = await allocate();
  expect(await refusal(as("member").floatingIp.associate({ ...ref, portId }))).toMatchObject({
    ...{ code: "InvalidInput", reason: "fixedAddressNeeded" },
  });
  const unknown = { ...ref, portId, fixedAddress: "10.0.0.99" };
  expect(await refusal(as("member").floatingIp.associate(unknown))).toMatchObject({
    reason: "fixedAddressUnknown",
  });
  await as("member").floatingIp.associate({ ...ref, portId, fixedAddress: "10.0.0.15" });
  const leg = (await as("reader").router.get(router)).interfaces[0]?.portId ?? "";
  const toRouter = { ...ref, from: portId, portId: leg };
  expect(await refusal(as("member").floatingIp.associate(toRouter))).toMatchObject({
    reason: "portNotFound",
  });
  const theirs = { ...ref, projectId: cloud.otherProjectId };
  expect(await refusal(as("outsider").floatingIp.release(theirs))).toMatchObject({
    reason: "floatingIpNotFound",
  });
  await prisma.quota.create({ data: { projectId: cloud.projectId, resource: "floating_ips", limit: 1 } });
  expect(await refusal(allocate())).toMatchObject({
    quota: [{ resource: "floating_ips", limit: 1, inUse: 1, requested: 1 }],
  });
});

test("the same association asked twice is one, also when the first answer was lost", async () => {
  const [first, second] = [await addPort(cloud, inner, "10.0.0.5"), await addPort(cloud, inner, "10.0.0.6")];
  const ref = await allocate();
  await Promise.all(
    Array.from({ length: 3 }, () => as("member").floatingIp.associate({ ...ref, portId: first })),
  );
  expect(await read(ref)).toMatchObject({ portId: first, generation: 2 });
  const named = { ...ref, portId: first, fixedAddress: "10.0.0.5" };
  await as("member").floatingIp.associate(named);
  expect(
    await refusal(as("member").floatingIp.associate({ ...named, fixedAddress: "10.0.0.6" })),
  ).toMatchObject({
    reason: "floatingIpInUse",
  });
  expect(await refusal(as("member").floatingIp.associate({ ...ref, portId: second }))).toMatchObject({
    reason: "floatingIpInUse",
  });
});

test("a port that goes frees what led to it, and that is told", async () => {
  const portId = await addPort(cloud, inner, "10.0.0.5");
  const ref = await allocate();
  await as("member").floatingIp.associate({ ...ref, portId });
  await as("member").port.delete({ projectId: cloud.projectId, id: portId });
  expect(await read(ref)).toMatchObject({ status: "DOWN", portId: null, fixedAddress: null, routerId: null });
  const { prisma } = cloud.database;
  const events = await prisma.event.findMany({ where: { resourceId: ref.id }, orderBy: { id: "asc" } });
  expect(events.at(-1)).toMatchObject({
    ...{ action: "floating_ip.disassociate", actorName: "member" },
    changes: { portId: [portId, null], fixedAddress: ["10.0.0.5", null] },
  });
});
