/** What networks, subnets and ports keep to when they are changed, or asked for twice. */
import type { NewSubnet } from "@madang/core/network/subnet-input";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "./testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

const member = () => callerAs(cloud, "member");
const newId = () => crypto.randomUUID();

function subnetOf(cidr: string, more: Partial<NewSubnet> = {}) {
  return { id: newId(), name: `of ${cidr}`, cidr, ...more };
}

async function makeNetwork(cidr: string, more: Partial<NewSubnet> = {}): Promise<string> {
  const wish = { id: newId(), name: "net", subnet: subnetOf(cidr, more) };
  return (await member().network.create({ ...wish, projectId: cloud.projectId })).id;
}

test("a network and its subnet are two, a port has five addresses at most, and a rule's first id is taken", async () => {
  const { projectId } = cloud;
  const id = newId();
  const subnet = { ...subnetOf("10.60.0.0/24"), id };
  expect(await refusal(member().network.create({ id, projectId, name: "one id", subnet }))).toMatchObject({
    ...{ code: "InvalidInput", reason: "idsRepeat" },
  });
  const networkId = await makeNetwork("10.60.0.0/24");
  const port = { projectId, networkId, addresses: Array.from({ length: 6 }, () => ({})) };
  expect(await refusal(member().port.create({ ...port, id: newId() }))).toMatchObject({
    ...{ reason: "addressesTooMany", field: "addresses" },
  });
  await member().port.create({ ...port, id: newId(), addresses: port.addresses.slice(1) });
  const group = { projectId, id: newId() };
  await member().securityGroup.create({ ...group, name: "with rules" });
  const [first] = await cloud.database.prisma.securityGroupRule.findMany({
    where: { securityGroupId: group.id },
  });
  const rules = [{ id: first?.id ?? "", direction: "ingress" as const }];
  expect(await refusal(member().securityGroup.addRules({ ...group, rules }))).toMatchObject({
    reason: "idInUse",
  });
});

test("a gateway that moves leaves the pools that somebody chose", async () => {
  const { projectId } = cloud;
  const { prisma } = cloud.database;
  const pools = [{ start: "10.61.0.100", end: "10.61.0.150" }];
  const id = await makeNetwork("10.61.0.0/24", { pools });
  const of = async (networkId: string) => await prisma.subnet.findFirstOrThrow({ where: { networkId } });
  const chosen = await of(id);
  await member().subnet.update({ projectId, id: chosen.id, gateway: "10.61.0.254" });
  expect(await of(id)).toMatchObject({ gateway: "10.61.0.254", allocationPools: pools });
  expect(
    await refusal(member().subnet.update({ projectId, id: chosen.id, gateway: "10.61.0.120" })),
  ).toMatchObject({ reason: "poolHasGateway" });
  const whole = await of(await makeNetwork("10.62.0.0/24"));
  await member().subnet.update({ projectId, id: whole.id, gateway: "10.62.0.254" });
  expect(await of(whole.networkId)).toMatchObject({
    allocationPools: [{ start: "10.62.0.1", end: "10.62.0.253" }],
  });
});

test("who is in a shared network, or on his way into it, keeps it shared", async () => {
  const { projectId, database } = cloud;
  const { network } = callerAs(cloud, "cloudAdmin").admin;
  const id = newId();
  await network.create({ id, name: "shared", shared: true, subnet: subnetOf("10.63.0.0/24") });
  const holder = await database.pool.connect();
  try {
    // As a port's transaction holds it that has not committed yet.
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM network WHERE id = $1 FOR KEY SHARE", [id]);
    let done = false;
    const unshared = refusal(network.update({ id, shared: false })).finally(() => {
      done = true;
    });
    const waiting = () =>
      database.pool.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
    await vi.waitFor(async () => expect((await waiting()).rowCount).toBe(1), { timeout: 15_000 });
    expect(done).toBe(false);
    await holder.query(
      "INSERT INTO port (id, project_id, network_id, mac) VALUES ($1, $2, $3, 'fa:16:3e:00:00:63')",
      [newId(), projectId, id],
    );
    await holder.query("COMMIT");
    expect(await unshared).toMatchObject({
      code: "Conflict",
      reason: "networkSharedInUse",
      params: { ports: 1 },
    });
  } finally {
    holder.release();
  }
});

test("an interface asked for again is the same; with anything else in the request it is refused", async () => {
  const { projectId } = cloud;
  const networkId = await makeNetwork("10.64.0.0/24");
  const [id = ""] = (await member().instance.launch(launchOf(cloud, { networks: "none" }))).ids;
  await placeGuest(cloud.database, id, { observed: "running" });
  const wish = { projectId, id, portId: newId(), networkId };
  const first = await member().instance.attachInterface(wish);
  expect(await member().instance.attachInterface(wish)).toEqual(first);
  for (const other of [{ address: "10.64.0.77" }, { networkId: newId() }, { securityGroupIds: [] }])
    expect(await refusal(member().instance.attachInterface({ ...wish, ...other }))).toMatchObject({
      ...{ code: "Conflict", reason: "idInUse" },
    });
  expect(await cloud.database.prisma.port.count({ where: { instanceId: id } })).toBe(1);
});
