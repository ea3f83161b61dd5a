import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureExternalNetwork } from "./external-network.ts";
import { openTestCloud, type TestCloud } from "./testing.ts";

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
