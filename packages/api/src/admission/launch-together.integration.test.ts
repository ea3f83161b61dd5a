/** Launches that come at the same moment share a transaction, and nothing else. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, type Person, refusal, type TestCloud } from "../testing.ts";
import { addNetwork } from "../testing-network.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());
beforeEach(async () => {
  const { prisma } = cloud.database;
  await prisma.ipAllocation.deleteMany();
  await prisma.port.deleteMany();
  await prisma.subnet.deleteMany();
  await prisma.network.deleteMany();
  await prisma.instance.deleteMany();
  await prisma.quota.deleteMany();
  for (const projectId of [cloud.projectId, cloud.otherProjectId])
    await prisma.quota.createMany({
      data: ["instances", "cores", "ram"].map((resource) => ({ projectId, resource, limit: -1 })),
    });
});

type Fields = Parameters<typeof launchOf>[1];
const launch = (person: Person, fields: Fields = {}) =>
  callerAs(cloud, person).instance.launch(launchOf(cloud, fields));
const limit = (resource: string, most: number) =>
  cloud.database.prisma.quota.updateMany({
    where: { projectId: cloud.projectId, resource },
    data: { limit: most },
  });

/** How many transactions made the instances that are there. */
async function transactions(): Promise<number> {
  const { rows } = await cloud.database.pool.query<{ count: number }>(
    "SELECT count(DISTINCT xmin::text)::int AS count FROM instance",
  );
  return rows[0]?.count ?? 0;
}

test("thirty at once in two projects are few transactions, and each is told of his own", async () => {
  const mine = Array.from({ length: 20 }, (_, index) => launch("member", { name: `mine ${index}` }));
  const theirs = Array.from({ length: 10 }, () => launch("outsider", { projectId: cloud.otherProjectId }));
  const launched = await Promise.all([...mine, ...theirs]);
  const { prisma } = cloud.database;
  for (const [index, { ids, operationIds }] of launched.entries()) {
    const operation = await prisma.operation.findUniqueOrThrow({ where: { id: operationIds[0] ?? "" } });
    expect(operation.resourceId).toBe(ids[0]);
    if (index < 20) expect(operation.resourceName).toBe(`mine ${index}`);
  }
  expect(await prisma.instance.count({ where: { projectId: cloud.otherProjectId } })).toBe(10);
  expect(await transactions()).toBeLessThan(15);
});

test("who is refused among them leaves nothing and touches nobody", async () => {
  await limit("instances", 12);
  const before = await cloud.database.prisma.resourceId.count();
  const twice = launchOf(cloud, { name: "asked twice" });
  const attempts = [
    launch("member", { flavorId: crypto.randomUUID() }),
    launch("reader"),
    launch("member", { ids: Array.from({ length: 50 }, () => crypto.randomUUID()) }),
    callerAs(cloud, "member").instance.launch(twice),
    callerAs(cloud, "member").instance.launch(twice),
    launch("outsider"),
    launch("member", { availabilityZone: "nowhere" }),
    ...Array.from({ length: 9 }, () => launch("member")),
  ];
  const answers = await Promise.all(
    attempts.map((attempt) =>
      attempt.then(
        ({ ids }) => ids[0],
        async () => (await refusal(attempt)).reason,
      ),
    ),
  );
  const [twiceId] = twice.ids;
  expect(answers.slice(0, 7)).toEqual([
    ...["flavorNotFound", "roleTooWeak", "quotaExceeded", twiceId, twiceId],
    ...["projectNotFound", "zoneNotFound"],
  ]);
  const { prisma } = cloud.database;
  expect(await prisma.instance.count()).toBe(10);
  expect(await prisma.resourceId.count()).toBe(before + 10);
});

test("each of those that are too many hears what was in use when his turn came", async () => {
  await limit("instances", 7);
  const attempts = Array.from({ length: 20 }, () => launch("member"));
  const settled = await Promise.allSettled(attempts);
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
  const refused = attempts.filter((_, index) => settled[index]?.status === "rejected");
  for (const attempt of refused)
    expect((await refusal(attempt)).quota).toEqual([
      { resource: "instances", limit: 7, inUse: 7, requested: 1 },
    ]);
});

test("those that join a network go together as well, until no address is left", async () => {
  // Of a /28 thirteen are left beside the network's own name, the broadcast and the gateway.
  const network = await addNetwork(cloud, "10.6.0.0/28");
  const { prisma } = cloud.database;
  const first = await Promise.all(Array.from({ length: 9 }, () => launch("member")));
  expect(await transactions()).toBeLessThan(7);
  const addresses = await prisma.ipAllocation.findMany({
    where: { port: { instanceId: { in: first.flatMap(({ ids }) => ids) } } },
  });
  expect(new Set(addresses.map(({ address }) => address)).size).toBe(9);
  const rest = Array.from({ length: 8 }, () =>
    launch("member", { networks: [{ networkId: network.id, address: null }] }),
  );
  const settled = await Promise.allSettled(rest);
  const room = 13 - 9;
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(room);
  for (const [index, attempt] of rest.entries())
    if (settled[index]?.status === "rejected")
      expect(await refusal(attempt)).toMatchObject({ code: "Conflict", reason: "subnetExhausted" });
  expect(await prisma.instance.count()).toBe(9 + room);
  expect(await prisma.port.count({ where: { owner: "instance" } })).toBe(9 + room);
});

test("who is refused by the network is refused alone, and a flood of such keeps nobody from going together", async () => {
  const { prisma } = cloud.database;
  const mine = await addNetwork(cloud, "10.7.0.0/24");
  const theirs = await addNetwork(cloud, "10.7.1.0/24", { projectId: cloud.otherProjectId });
  const external = await addNetwork(cloud, "172.30.0.0/24", { external: true });
  await launch("member", { networks: [{ networkId: mine.id, address: "10.7.0.9" }] });
  await prisma.quota.create({ data: { projectId: cloud.projectId, resource: "ports", limit: 11 } });
  const before = await prisma.resourceId.count();
  const into = (network: { id: string }, address: string | null = null) =>
    launch("member", { networks: [{ networkId: network.id, address }] });
  const bad = [
    ...[into(theirs), into(external), into({ id: crypto.randomUUID() }), into(mine, "10.9.0.1")],
    launch("member", {
      networks: [{ networkId: mine.id, address: null }],
      securityGroupIds: [crypto.randomUUID()],
    }),
    into(mine, "10.7.0.9"),
  ];
  // One too many for the ports.
  const own = Array.from({ length: 11 }, () => into(mine));
  const elsewhere = Array.from({ length: 12 }, () => launch("outsider", { projectId: cloud.otherProjectId }));
  const reasons = await Promise.all(bad.map(async (attempt) => (await refusal(attempt)).reason));
  expect(reasons).toEqual([
    ...["networkNotFound", "networkExternal", "networkNotFound", "addressNotInSubnet"],
    ...["securityGroupNotFound", "addressTaken"],
  ]);
  await Promise.all(elsewhere);
  const settled = await Promise.allSettled(own);
  const tooMany = own.filter((_, index) => settled[index]?.status === "rejected");
  expect(tooMany).toHaveLength(1);
  expect(await refusal(tooMany[0] ?? launch("member"))).toMatchObject({
    quota: [{ resource: "ports", limit: 11, inUse: 11, requested: 1 }],
  });
  expect(await prisma.instance.count()).toBe(1 + 10 + 12);
  expect(await prisma.resourceId.count()).toBe(before + 10 + 12 + addedByFirstUse);
  const { rows } = await cloud.database.pool.query<{ count: number }>(
    `SELECT count(DISTINCT xmin::text)::int AS count FROM instance WHERE project_id = $1`,
    [cloud.otherProjectId],
  );
  expect(rows[0]?.count).toBeLessThan(8);
});

/** The other project's default group with its four rules. */
const addedByFirstUse = 5;

test("an id in upper case is the same id", async () => {
  const id = crypto.randomUUID();
  const input = launchOf(cloud, { ids: [id.toUpperCase()], projectId: cloud.projectId.toUpperCase() });
  const [first, again] = [
    await callerAs(cloud, "member").instance.launch(input),
    await callerAs(cloud, "member").instance.launch({ ...input, ids: [id], projectId: cloud.projectId }),
  ];
  expect(first.ids).toEqual([id]);
  expect(again).toEqual(first);
  const twice = { ids: [crypto.randomUUID(), crypto.randomUUID()] };
  const repeats = { ids: [twice.ids[0] ?? "", twice.ids[0]?.toUpperCase() ?? ""] };
  expect(await refusal(launch("member", repeats))).toMatchObject({ reason: "idsRepeat" });
});

test("a request of which one id is in use claims none of the others", async () => {
  const { prisma } = cloud.database;
  const { ids } = await launch("member");
  const fresh = crypto.randomUUID();
  const attempts = [launch("member", { ids: [ids[0] ?? "", fresh] }), launch("member"), launch("member")];
  expect(await refusal(attempts[0] ?? launch("member"))).toMatchObject({ reason: "idInUse" });
  await Promise.all(attempts.slice(1));
  expect(await prisma.resourceId.count({ where: { id: fresh } })).toBe(0);
  expect((await launch("member", { ids: [fresh] })).ids).toEqual([fresh]);
});

test("the room of one that could not be made is there for those after it", async () => {
  const network = await addNetwork(cloud, "10.8.0.0/24");
  const join = (address: string | null) =>
    launch("member", { networks: [{ networkId: network.id, address }] });
  await join("10.8.0.9");
  await limit("instances", 3);
  // The second and third wait for the first, and go together.
  const [first, taken, last] = [join(null), join("10.8.0.9"), join(null)];
  // Whichever order they came in: last of all it finds no room either.
  expect(["addressTaken", "quotaExceeded"]).toContain((await refusal(taken)).reason);
  await Promise.all([first, last]);
  expect(await cloud.database.prisma.instance.count()).toBe(3);
});
