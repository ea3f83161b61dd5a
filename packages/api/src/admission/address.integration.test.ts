/** No address is given twice, whoever races, and "there is none left" is exact. */

import { CloudError } from "@madang/core/errors";
import { toAddress, toNumber } from "@madang/core/network/cidr";
import { newMac } from "@madang/core/network/port-input";
import { openDatabase, transaction } from "@madang/db";
import { freshDatabase } from "@madang/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AddressWish, allocateAddresses } from "./address.ts";

const connections = 4;
let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let databases: ReturnType<typeof openDatabase>[];
beforeAll(async () => {
  fresh = await freshDatabase();
  databases = Array.from({ length: connections }, () => openDatabase(fresh.url, 6));
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await fresh.drop();
});

function databaseAt(index: number) {
  const database = databases[index % connections];
  if (!database) throw new TypeError("no database");
  return database;
}

type Pools = { start: string; end: string }[];

async function network(cidrs: { cidr: string; gateway: string | null; pools: Pools }[]): Promise<string> {
  const { prisma } = databaseAt(0);
  const id = crypto.randomUUID();
  await prisma.network.create({ data: { id, name: "raced", mtu: 1_442, shared: true } });
  for (const { pools, ...subnet } of cidrs) {
    const data = { id: crypto.randomUUID(), networkId: id, name: subnet.cidr, ...subnet };
    await prisma.subnet.create({ data: { ...data, allocationPools: pools } });
  }
  return id;
}

type Wanted = readonly Omit<AddressWish, "holder">[];

/** As a verb does it: the ports, then their addresses, in one transaction. */
async function takeOnce(networkId: string, at: number, wanted: Wanted): Promise<string[]> {
  return await transaction(databaseAt(at).prisma, async (tx) => {
    const ports = wanted.map((wish) => ({ wish, id: crypto.randomUUID() }));
    await tx.port.createMany({ data: ports.map(({ id }) => ({ id, networkId, mac: newMac() })) });
    const wishes = ports.map(({ wish, id }) => ({ ...wish, holder: { portId: id } }));
    return (await allocateAddresses(tx, networkId, wishes)).map(({ address }) => address);
  });
}

/** Who waited too long for a lock is told to try later, which on a slow machine happens in such a crowd; he does. */
async function take(networkId: string, at: number, wanted: Wanted): Promise<string[]> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const taken = await takeOnce(networkId, at, wanted).catch((error: unknown) => {
      if (error instanceof CloudError && error.code === "Unavailable") return null;
      throw error;
    });
    if (taken) return taken;
  }
  throw new Error("never came to the lock");
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof CloudError)) throw thrown;
  return thrown.options.reason ?? thrown.code;
}

const next = { address: null };

test("hundreds at once get each their own, and exactly as many as there are", {
  timeout: 120_000,
}, async () => {
  const pools = [
    { start: "10.1.0.10", end: "10.1.0.99" },
    { start: "10.1.0.200", end: "10.1.0.249" },
  ];
  const id = await network([{ cidr: "10.1.0.0/24", gateway: "10.1.0.1", pools }]);
  // 140 addresses for 50 who want three each: 46 get all, the last two are given to nobody who wants three.
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, at) => take(id, at, [next, next, next])),
  );
  const got = outcomes.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [reasonOf(one.reason)] : []));
  expect(new Set(got).size).toBe(got.length);
  expect(got.length).toBe(138);
  expect(refused).toEqual(Array.from({ length: 4 }, () => "subnetExhausted"));
  expect((await Promise.all([take(id, 0, [next]), take(id, 1, [next])])).flat()).toHaveLength(2);
  await expect(take(id, 2, [next])).rejects.toMatchObject({
    code: "Conflict",
    options: { reason: "subnetExhausted", params: { subnet: "10.1.0.0/24 (10.1.0.0/24)", missing: 1 } },
  });
  const rows = await databaseAt(0).prisma.ipAllocation.findMany({ where: { subnet: { networkId: id } } });
  const inPools = rows.filter(({ address }) =>
    pools.some(
      ({ start, end }) => toNumber(address) >= toNumber(start) && toNumber(address) <= toNumber(end),
    ),
  );
  expect([rows.length, inPools.length]).toEqual([140, 140]);
  expect(await databaseAt(0).prisma.port.count({ where: { networkId: id } })).toBe(140);
});

test("of many who want one address one gets it", { timeout: 300_000 }, async () => {
  const pools = [{ start: "10.2.0.77", end: "10.2.0.77" }];
  const id = await network([{ cidr: "10.2.0.0/24", gateway: "10.2.0.1", pools }]);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, at) => take(id, at, [{ address: "10.2.0.77" }])),
  );
  const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [reasonOf(one.reason)] : []));
  expect(refused).toEqual(Array.from({ length: 39 }, () => "addressTaken"));
});

test("the next free one is the lowest, also where one was given back; chosen ones are jumped over", async () => {
  const pools = [{ start: "10.3.0.2", end: "10.3.0.254" }];
  const id = await network([{ cidr: "10.3.0.0/24", gateway: "10.3.0.1", pools }]);
  expect(await take(id, 0, [next, { address: "10.3.0.3" }, next])).toEqual([
    "10.3.0.3",
    "10.3.0.2",
    "10.3.0.4",
  ]);
  const freed = { subnet: { networkId: id }, address: "10.3.0.2" };
  await databaseAt(0).prisma.ipAllocation.deleteMany({ where: freed });
  expect(await take(id, 0, [next, next])).toEqual(["10.3.0.2", "10.3.0.5"]);
});

test("what one subnet has no room for comes from the next", async () => {
  const id = await network([
    { cidr: "10.4.0.0/30", gateway: "10.4.0.1", pools: [{ start: "10.4.0.2", end: "10.4.0.2" }] },
    { cidr: "10.4.1.0/30", gateway: null, pools: [{ start: "10.4.1.1", end: "10.4.1.2" }] },
  ]);
  expect(await take(id, 0, [next, next])).toEqual(["10.4.0.2", "10.4.1.1"]);
  await expect(take(id, 0, [next, next])).rejects.toMatchObject({ options: { params: { missing: 1 } } });
});

test.each([
  ["10.5.1.1", "addressNotInSubnet"],
  ["10.5.0.0", "addressReserved"],
  ["10.5.0.255", "addressReserved"],
  ["10.5.0.1", "addressReserved"],
])("%s: %s", async (address, reason) => {
  const id = await network([{ cidr: "10.5.0.0/24", gateway: "10.5.0.1", pools: [] }]);
  await expect(take(id, 0, [{ address }])).rejects.toMatchObject({
    code: "InvalidInput",
    options: { reason },
  });
  if (address === "10.5.0.1") expect(await take(id, 0, [{ address, asGateway: true }])).toEqual([address]);
});

test("a network without subnets has none to give", async () => {
  const id = await network([]);
  await expect(take(id, 0, [next])).rejects.toMatchObject({ options: { reason: "networkWithoutSubnet" } });
});

test("a large subnet is not searched through", { timeout: 300_000 }, async () => {
  const first = toNumber("10.0.0.2");
  const id = await network([
    { cidr: "10.0.0.0/8", gateway: "10.0.0.1", pools: [{ start: "10.0.0.2", end: "10.255.255.254" }] },
  ]);
  const all = await take(
    id,
    0,
    Array.from({ length: 300 }, () => next),
  );
  expect(all).toEqual(Array.from({ length: 300 }, (_, at) => toAddress(first + at)));
});
