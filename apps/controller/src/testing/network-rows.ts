/** Rows of tenant networks as admission writes them, for the controller's tests. */
import type { TestCloud } from "./rows.ts";

let serial = 0;
const mac = () => {
  serial++;
  const pair = (shift: number) => ((serial >> shift) & 0xff).toString(16).padStart(2, "0");
  return `fa:16:3e:${pair(16)}:${pair(8)}:${pair(0)}`;
};

type Cloud = Pick<TestCloud, "database" | "projectId">;

export type TestNetwork = { id: string; subnetId: string; prefix: string };

/** A network with one subnet, 10.x.y.0/24, and its metadata port. */
export async function addNetwork(
  { database: { prisma }, projectId }: Cloud,
  fields: { external?: boolean; name?: string } = {},
): Promise<TestNetwork> {
  const [id, subnetId] = [crypto.randomUUID(), crypto.randomUUID()];
  serial++;
  const prefix = `10.${(serial >> 8) & 0xff}.${serial & 0xff}`;
  await prisma.network.create({
    data: {
      id,
      projectId,
      name: fields.name ?? "net",
      mtu: 1442,
      ...(fields.external ? { external: true, type: "flat" as const, physicalNetwork: id } : {}),
    },
  });
  await prisma.subnet.create({
    data: {
      id: subnetId,
      networkId: id,
      projectId,
      name: "subnet",
      cidr: `${prefix}.0/24`,
      gateway: `${prefix}.1`,
      allocationPools: [{ start: `${prefix}.2`, end: `${prefix}.254` }],
      dnsServers: ["192.0.2.53"],
    },
  });
  const network = { id, subnetId, prefix };
  if (!fields.external) await addPort({ database: { prisma }, projectId }, network, 2, { owner: "metadata" });
  return network;
}

type PortFields = {
  owner?: "none" | "instance" | "metadata" | "router_interface" | "router_gateway";
  instanceId?: string;
  routerId?: string;
  deleteWithInstance?: boolean;
  securityGroupIds?: string[];
};

/** `host`: the last number of its address. */
export async function addPort(
  { database: { prisma }, projectId }: { database: Pick<Cloud["database"], "prisma">; projectId: string },
  network: TestNetwork,
  host: number,
  { securityGroupIds = [], ...fields }: PortFields = {},
): Promise<string> {
  const id = crypto.randomUUID();
  await prisma.port.create({
    data: {
      id,
      projectId,
      networkId: network.id,
      mac: mac(),
      owner: fields.instanceId ? "instance" : "none",
      ...fields,
      addresses: { create: [{ subnetId: network.subnetId, address: `${network.prefix}.${host}` }] },
      securityGroups: { create: securityGroupIds.map((securityGroupId) => ({ securityGroupId })) },
    },
  });
  return id;
}

/** A router between a network and an external one. */
export async function addRouter(cloud: Cloud, inside: TestNetwork, outside: TestNetwork): Promise<string> {
  const id = crypto.randomUUID();
  const { prisma } = cloud.database;
  const { projectId } = cloud;
  await prisma.router.create({
    data: { id, projectId, name: "router", externalNetworkId: outside.id, routes: [] },
  });
  await addPort(cloud, inside, 1, { owner: "router_interface", routerId: id });
  await addPort(cloud, outside, 100 + (serial++ % 50), { owner: "router_gateway", routerId: id });
  return id;
}

export async function addSecurityGroup({ database: { prisma }, projectId }: Cloud): Promise<string> {
  const id = crypto.randomUUID();
  await prisma.securityGroup.create({
    data: {
      id,
      projectId,
      name: id,
      rules: {
        create: [
          { id: crypto.randomUUID(), direction: "egress" },
          { id: crypto.randomUUID(), direction: "ingress", remoteGroupId: id },
        ],
      },
    },
  });
  return id;
}

/** That points to the first address of a port. */
export async function addFloatingIp(
  { database: { prisma }, projectId }: Cloud,
  outside: TestNetwork,
  routerId: string,
  portId: string,
): Promise<string> {
  const id = crypto.randomUUID();
  const { address: fixedAddress } = await prisma.ipAllocation.findFirstOrThrow({ where: { portId } });
  const address = `${outside.prefix}.${200 + (serial++ % 50)}`;
  await prisma.floatingIp.create({
    data: {
      id,
      projectId,
      networkId: outside.id,
      address,
      portId,
      fixedAddress,
      routerId,
      allocations: { create: [{ subnetId: outside.subnetId, address }] },
    },
  });
  return id;
}
