import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureExternalNetwork } from "./external-network.ts";
import { callerAs, openTestCloud, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const wish = {
  name: "public",
  physicalNetwork: "public",
  cidr: "172.24.4.0/24",
  gateway: "172.24.4.1",
  pool: { start: "172.24.4.128", end: "172.24.4.254" },
  hostAddress: "172.24.4.2",
};
const other = {
  ...wish,
  cidr: "172.24.9.0/24",
  gateway: "172.24.9.1",
  pool: { start: "172.24.9.128", end: "172.24.9.254" },
  hostAddress: "172.24.9.2",
};

async function rows() {
  const networks = await cloud.database.prisma.network.findMany({
    include: { subnets: { include: { addresses: true } } },
  });
  return networks.map(({ name, external, type, subnets, realisedGeneration, generation }) => ({
    ...{ name, external, type, wished: generation > realisedGeneration },
    subnets: subnets.map(({ cidr, gateway, dhcp, allocationPools, addresses }) => ({
      ...{ cidr, gateway, dhcp, allocationPools },
      addresses: addresses.map(({ address }) => address),
    })),
  }));
}

const rowOf = ({ cidr, gateway, pool, hostAddress }: typeof wish, name = "public") => ({
  ...{ name, external: true, type: "flat", wished: true },
  subnets: [{ cidr, gateway, dhcp: false, allocationPools: [pool], addresses: [hostAddress] }],
});

it("is made once, follows its range until somebody holds an address of it, and keeps the name that people gave it", async () => {
  expect(await ensureExternalNetwork(cloud.database.prisma, wish)).toBe("made");
  expect(await ensureExternalNetwork(cloud.database.prisma, wish)).toBe("same");
  expect(await rows()).toEqual([rowOf(wish)]);

  await cloud.database.prisma.network.updateMany({ data: { name: "outside" } });
  expect(await ensureExternalNetwork(cloud.database.prisma, other)).toBe("made");
  expect(await rows()).toEqual([rowOf(other, "outside")]);

  const network = await cloud.database.prisma.network.findFirstOrThrow({ include: { subnets: true } });
  const { projectId } = cloud;
  const floatingIp = { id: randomUUID(), projectId, networkId: network.id, address: "172.24.9.130" };
  await cloud.database.prisma.floatingIp.create({ data: floatingIp });
  await cloud.database.prisma.ipAllocation.create({
    data: {
      subnetId: network.subnets[0]?.id ?? "",
      address: floatingIp.address,
      floatingIpId: floatingIp.id,
    },
  });
  expect(await ensureExternalNetwork(cloud.database.prisma, wish)).toBe("held");
  const [held] = await rows();
  expect(held?.subnets.map(({ cidr, addresses }) => [cidr, addresses.toSorted()])).toEqual([
    [other.cidr, ["172.24.9.130", "172.24.9.2"]],
  ]);
});

it("forgets the address of a host that has none there any more", async () => {
  const held = await cloud.database.prisma.network.findFirstOrThrow({ include: { subnets: true } });
  expect(held.subnets[0]?.cidr).toBe(other.cidr);
  expect(await ensureExternalNetwork(cloud.database.prisma, { ...other, hostAddress: null })).toBe("same");
  const [left] = await rows();
  expect(left?.subnets[0]?.addresses).toEqual(["172.24.9.130"]);
});

it("follows a gateway and a pool that are set otherwise, and leaves to administrators what is set as before", async () => {
  const { prisma } = cloud.database;
  const now = { ...other, hostAddress: null };
  const { gateway, pool } = now;
  const before = { gateway, pool };
  const subnet = async () => (await rows())[0]?.subnets[0];
  const narrower = { start: "172.24.9.200", end: "172.24.9.210" };
  await prisma.subnet.updateMany({ data: { allocationPools: [narrower] } });
  expect(await ensureExternalNetwork(prisma, { ...now, before })).toBe("same");
  const set = { ...now, gateway: "172.24.9.254", before };
  expect(await ensureExternalNetwork(prisma, set)).toBe("changed");
  expect(await subnet()).toMatchObject({ gateway: "172.24.9.254", allocationPools: [narrower] });
  const wider = { start: "172.24.9.64", end: "172.24.9.253" };
  expect(await ensureExternalNetwork(prisma, { ...set, pool: wider, before: set })).toBe("changed");
  expect(await subnet()).toMatchObject({ allocationPools: [wider], addresses: ["172.24.9.130"] });
  const held = { ...set, gateway: "172.24.9.130", before: set };
  expect(await ensureExternalNetwork(prisma, held), "a floating IP's address").toBe("held");
  expect(await subnet()).toMatchObject({ gateway: "172.24.9.254" });
});

it("is deleted with its host's address once nobody uses it, and comes back with the next start", async () => {
  const { admin } = callerAs(cloud, "cloudAdmin");
  const { prisma } = cloud.database;
  await ensureExternalNetwork(prisma, other);
  const network = await prisma.network.findFirstOrThrow({ include: { subnets: true } });
  const { id } = network;
  expect(await refusal(admin.network.delete({ id }))).toMatchObject({ reason: "networkInUse" });
  await prisma.floatingIp.deleteMany();
  await admin.network.delete({ id });
  expect(await prisma.subnet.count()).toBe(0);
  expect(await ensureExternalNetwork(prisma, wish)).toBe("made");
});
