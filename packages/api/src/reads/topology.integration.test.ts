import { afterAll, beforeAll, expect, test } from "vitest";
import { callerAs, launchOf, openTestCloud, placeGuest, refusal, type TestCloud } from "../testing.ts";
import { readTopology } from "./topology.ts";

let cloud: TestCloud;
let place: Awaited<ReturnType<typeof buildPlace>>;
beforeAll(async () => {
  cloud = await openTestCloud();
  place = await buildPlace();
});
afterAll(() => cloud.close());

const uuid = () => crypto.randomUUID();
const macs = Array.from({ length: 99 }, (_, index) => `fa:16:3e:00:00:${index}`.replace(/:(\d)$/, ":0$1"));

type PortFields = {
  owner: "instance" | "router_interface" | "router_gateway";
  instanceId?: string;
  routerId?: string;
};

async function addPort(networkId: string, subnetId: string, address: string, fields: PortFields) {
  const { prisma } = cloud.database;
  const of = { id: uuid(), projectId: cloud.projectId, networkId, mac: macs.shift() ?? "", ...fields };
  const { id } = await prisma.port.create({ data: of });
  await prisma.ipAllocation.create({ data: { subnetId, address, portId: id } });
  return id;
}

async function addNetwork(name: string, cidr: string, fields: { projectId?: string; external?: boolean }) {
  const { prisma } = cloud.database;
  const network = await prisma.network.create({ data: { id: uuid(), name, mtu: 1442, ...fields } });
  const subnet = { id: uuid(), networkId: network.id, name, cidr, allocationPools: [] };
  const gateway = cidr.replace(/0\/\d+$/, "1");
  await prisma.subnet.create({ data: { ...subnet, gateway } });
  return { networkId: network.id, subnetId: subnet.id };
}

/** An instance behind a router, everything as it should be but the group, which lets nothing in. */
async function buildPlace() {
  const { prisma } = cloud.database;
  const { projectId } = cloud;
  const member = callerAs(cloud, "member");
  const launch = launchOf(cloud);
  const [instanceId = ""] = launch.ids;
  await member.instance.launch(launch);
  const { hypervisorId } = await placeGuest(cloud.database, instanceId, { observed: "running" });
  await prisma.hypervisor.update({ where: { id: hypervisorId }, data: { lastSeenAt: cloud.database.now() } });
  await prisma.instance.update({
    where: { id: instanceId },
    data: { status: "ACTIVE", taskState: null, powerState: "RUNNING" },
  });
  const outside = await addNetwork("public", "203.0.113.0/24", { external: true });
  const inside = await addNetwork("yard", "10.0.0.0/24", { projectId });
  await addNetwork("others", "10.0.0.0/24", { projectId: cloud.otherProjectId });
  const router = { id: uuid(), projectId, name: "door", externalNetworkId: outside.networkId };
  await prisma.router.create({ data: { ...router, realisedGeneration: 1 } });
  const leg = { owner: "router_interface", routerId: router.id } as const;
  await addPort(inside.networkId, inside.subnetId, "10.0.0.1", leg);
  const gateway = { owner: "router_gateway", routerId: router.id } as const;
  await addPort(outside.networkId, outside.subnetId, "203.0.113.2", gateway);
  const own = { owner: "instance", instanceId } as const;
  const portId = await addPort(inside.networkId, inside.subnetId, "10.0.0.7", own);
  const bound = { realisedGeneration: 1, realisedHypervisorId: hypervisorId, up: true };
  await prisma.port.update({ where: { id: portId }, data: bound });
  const group = { projectId, id: uuid() };
  await member.securityGroup.create({ ...group, name: "web" });
  await member.instance.setSecurityGroups({ projectId, id: instanceId, securityGroupIds: [group.id] });
  await prisma.port.update({ where: { id: portId }, data: { realisedGeneration: 2 } });
  return { instanceId, hypervisorId, outside, inside, routerId: router.id, portId, group };
}

const reach = () => {
  const { projectId } = cloud;
  return callerAs(cloud, "reader").instance.reach({ projectId, id: place.instanceId });
};

test("what stands in the way is found in the rows, one thing after the other", async () => {
  const { prisma } = cloud.database;
  const { projectId } = cloud;
  const member = callerAs(cloud, "member");
  const first = async () => {
    const answer = await reach();
    const check = answer.checks.find(({ key }) => key === answer.first);
    return [answer.first, check?.remedy?.kind ?? null];
  };
  expect(await first()).toEqual(["floatingIp", "allocateFloatingIp"]);
  const floatingIp = { id: uuid(), projectId, networkId: place.outside.networkId, address: "203.0.113.9" };
  await prisma.floatingIp.create({ data: floatingIp });
  expect(await first()).toEqual(["floatingIp", "associateFloatingIp"]);
  const association = { portId: place.portId, fixedAddress: "10.0.0.7", routerId: place.routerId };
  await prisma.floatingIp.update({ where: { id: floatingIp.id }, data: association });
  expect((await reach()).checks.find(({ key }) => key === "floatingIp")?.reason).toBe("pending");
  await prisma.floatingIp.update({ where: { id: floatingIp.id }, data: { realisedGeneration: 1 } });
  expect(await first()).toEqual(["ssh", "addRule"]);
  const rule = { direction: "ingress", protocol: "tcp", portMin: 22, portMax: 22 } as const;
  const echo = { direction: "ingress", protocol: "icmp", portMin: 8 } as const;
  const rules = [
    { id: uuid(), ...rule },
    { id: uuid(), ...echo },
  ];
  await member.securityGroup.addRules({ ...place.group, rules });
  expect(await reach()).toMatchObject({ first: null, address: "203.0.113.9" });
  const away = new Date(cloud.database.now().getTime() - 3_600_000);
  await prisma.hypervisor.update({ where: { id: place.hypervisorId }, data: { lastSeenAt: away } });
  expect(await first()).toEqual(["hypervisor", null]);
});

test("nobody learns of an instance of another project", async () => {
  const { otherProjectId: projectId } = cloud;
  const strange = callerAs(cloud, "outsider").instance.reach({ projectId, id: place.instanceId });
  expect(await refusal(strange)).toMatchObject({ reason: "instanceNotFound" });
});

test("the topology tells what the project has and uses, and nothing of others", async () => {
  const { projectId } = cloud;
  const view = await callerAs(cloud, "reader").network.topology({ projectId });
  expect(view.networks).toMatchObject([
    { name: "public", external: true, own: false, cidrs: ["203.0.113.0/24"] },
    { name: "yard", external: false, own: true, cidrs: ["10.0.0.0/24"] },
  ]);
  expect(view.routers).toMatchObject([
    {
      name: "door",
      externalNetworkId: place.outside.networkId,
      gatewayAddress: "203.0.113.2",
      legs: [{ networkId: place.inside.networkId, address: "10.0.0.1" }],
    },
  ]);
  expect(view.instances).toMatchObject([
    {
      name: "web",
      status: "ACTIVE",
      ports: [
        {
          networkId: place.inside.networkId,
          addresses: ["10.0.0.7"],
          floatingIps: ["203.0.113.9"],
          up: true,
        },
      ],
    },
  ]);
  const other = await callerAs(cloud, "outsider").network.topology({ projectId: cloud.otherProjectId });
  expect(other.networks.map(({ name }) => name)).toEqual(["others", "public"]);
  expect([other.routers, other.instances, other.instanceTotal]).toEqual([[], [], 0]);
});

test("five hundred instances are as many statements as one", async () => {
  const { prisma } = cloud.database;
  const { projectId } = cloud;
  const [model] = await prisma.instance.findMany({ where: { id: place.instanceId } });
  if (!model) throw new TypeError("no instance");
  const ids = Array.from({ length: 500 }, uuid);
  await cloud.database.pool.query(
    `INSERT INTO instance SELECT (jsonb_populate_record(i, jsonb_build_object('id', n.id, 'name', 'many-' || n.at,
       'active_guest_id', null))).* FROM instance i, unnest($2::uuid[]) WITH ORDINALITY AS n (id, at) WHERE i.id = $1`,
    [model.id, ids],
  );
  await prisma.port.createMany({
    data: ids.map((instanceId, index) => ({
      id: uuid(),
      projectId,
      networkId: place.inside.networkId,
      owner: "instance" as const,
      instanceId,
      mac: `fa:16:3e:01:${(index >> 8).toString(16).padStart(2, "0")}:${(index & 255).toString(16).padStart(2, "0")}`,
    })),
  });
  const { asked, database } = countingPool();
  const view = await readTopology(database, projectId);
  expect([view.instances.length, view.instanceTotal]).toEqual([501, 501]);
  expect(view.instances.every(({ ports }) => ports.length === 1)).toBe(true);
  expect(asked.count).toBe(4);
});

/** The cloud's pool, counting what it is asked. */
function countingPool() {
  const asked = { count: 0 };
  const pool = new Proxy(cloud.database.pool, {
    get: (target, key) => {
      if (key === "query") asked.count += 1;
      return Reflect.get(target, key);
    },
  });
  return { asked, database: { ...cloud.database, pool } };
}
