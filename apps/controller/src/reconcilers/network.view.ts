/**
 * All rows of tenant networks as the network driver is told them, in one statement: one statement is one snapshot, and
 * costs one round trip whether there are ten ports or ten thousand.
 */
import type {
  FloatingIpSpec,
  NetworkSpec,
  PortSpec,
  RouterLeg,
  RouterSpec,
  SecurityGroupSpec,
  SubnetSpec,
  Topology,
} from "@madang/core/network/topology";
import { inTurns, type Pieces } from "@madang/core/turns";
import type { Database } from "@madang/db";
import type { Refusal } from "@madang/drivers/network/driver";
import { z } from "zod";
import { bindingOf, type PortFacts, type RouterFacts, type Wish } from "./network.plan.ts";

export type PortRow = PortFacts & {
  projectId: string | null;
  name: string;
  mac: string;
  owner: PortSpec["owner"] | "router_interface" | "router_gateway";
  networkId: string;
  instanceId: string | null;
  routerId: string | null;
};
export type OwnedRow = Wish & { projectId: string | null; name: string };
export type RouterRow = RouterFacts & OwnedRow;
export type FloatingIpRow = OwnedRow & { associated: boolean };

/** `topology` and the rows that it was made of, to be compared with what comes of it. */
export type NetworkReading = {
  topology: Topology;
  networks: readonly OwnedRow[];
  ports: readonly PortRow[];
  routers: readonly RouterRow[];
  floatingIps: readonly FloatingIpRow[];
  securityGroups: readonly OwnedRow[];
  /** Rows with a column that is not what it should be, and was taken for empty. */
  unreadable: readonly Refusal[];
};

export async function readTopology({ pool }: Pick<Database, "pool">): Promise<NetworkReading> {
  const { rows } = await pool.query<Stored>({ name: "madang_topology", text: topologySql });
  const [stored] = rows;
  if (!stored) throw new TypeError("no topology");
  return inTurns(readingOf(stored));
}

type Address = { subnetId: string; address: string };
type StoredPort = Omit<PortRow, "hypervisorId"> & {
  portSecurity: boolean;
  allowedAddressPairs: unknown;
  addresses: Address[];
  groups: string[];
  bodies: { hypervisorId: string; active: boolean }[];
};
type Stored = {
  networks: (OwnedRow & Omit<NetworkSpec, "subnets"> & { subnets: StoredSubnet[] })[];
  ports: StoredPort[];
  routers: (RouterRow & { snat: boolean; routes: unknown })[];
  floatingIps: (OwnedRow & Nullable<Omit<FloatingIpSpec, "id">>)[];
  securityGroups: (OwnedRow & { rules: SecurityGroupSpec["rules"] })[];
  chassis: string[];
  goneChassis: string[];
};
type StoredSubnet = Omit<SubnetSpec, "hostRoutes" | "metadataAddress"> & { hostRoutes: unknown };
type Nullable<T> = { [K in keyof T]: T[K] | null };

const port = `SELECT p.id, p.project_id AS "projectId", p.name, p.mac, p.owner, p.network_id AS "networkId",
    p.instance_id AS "instanceId", p.router_id AS "routerId", p.port_security AS "portSecurity",
    p.allowed_address_pairs AS "allowedAddressPairs", p.generation, p.realised_generation AS "realisedGeneration",
    p.realised_hypervisor_id AS "realisedHypervisorId", p.up,
    coalesce(a.list, '[]') AS addresses, coalesce(s.list, '[]') AS groups, coalesce(g.list, '[]') AS bodies
  FROM port p
  LEFT JOIN (SELECT port_id, json_agg(json_build_object('subnetId', subnet_id, 'address', host(address)) ORDER BY address) AS list
    FROM ip_allocation WHERE port_id IS NOT NULL GROUP BY port_id) a ON a.port_id = p.id
  LEFT JOIN (SELECT port_id, json_agg(security_group_id ORDER BY security_group_id) AS list
    FROM port_security_group GROUP BY port_id) s ON s.port_id = p.id
  LEFT JOIN (SELECT g.instance_id, json_agg(json_build_object('hypervisorId', g.hypervisor_id,
      'active', g.id = i.active_guest_id AND g.desired <> 'absent')) AS list
    FROM guest g JOIN instance i ON i.id = g.instance_id
    WHERE g.instance_id IN (SELECT instance_id FROM port) GROUP BY g.instance_id) g ON g.instance_id = p.instance_id`;

const wish = `id, project_id AS "projectId", name, generation, realised_generation AS "realisedGeneration"`;

const network = `SELECT n.id, n.project_id AS "projectId", n.name, n.type, n.physical_network AS "physicalNetwork",
    n.segmentation_id AS "segmentationId", n.mtu, n.external, n.generation, n.realised_generation AS "realisedGeneration",
    coalesce(s.list, '[]') AS subnets
  FROM network n LEFT JOIN (SELECT network_id, json_agg(json_build_object('id', id, 'cidr', cidr, 'gateway', gateway,
      'dhcp', dhcp, 'dnsServers', dns_servers, 'hostRoutes', host_routes) ORDER BY id) AS list
    FROM subnet GROUP BY network_id) s ON s.network_id = n.id`;

const router = `SELECT ${wish}, snat, routes, gateway_hypervisor_id AS "gatewayHypervisorId" FROM router`;

const floatingIp = `SELECT id, project_id AS "projectId", host(address) AS name, generation,
    realised_generation AS "realisedGeneration", router_id AS "routerId", host(address) AS address,
    port_id AS "portId", host(fixed_address) AS "fixedAddress" FROM floating_ip`;

const securityGroup = `SELECT ${wish}, coalesce(r.list, '[]') AS rules FROM security_group
  LEFT JOIN (SELECT security_group_id, json_agg(json_build_object('id', id, 'direction', direction,
      'etherType', ether_type, 'protocol', protocol, 'portMin', port_min, 'portMax', port_max,
      'remoteCidr', remote_cidr, 'remoteGroupId', remote_group_id) ORDER BY id) AS list
    FROM security_group_rule GROUP BY security_group_id) r ON r.security_group_id = security_group.id`;

/** Those that stay come first, for a gateway should not move without need. */
const chassis = `SELECT id FROM hypervisor
  WHERE revoked_at IS NULL AND coalesce(network ->> 'datapath', '') <> 'none'
    AND coalesce((network ->> 'leadsOut')::boolean, true)
  ORDER BY NOT enabled, fenced_at IS NOT NULL, created_at, id`;

const listOf = (query: string) =>
  `(SELECT coalesce(json_agg(row ORDER BY row.id), '[]') FROM (${query}) row)`;

const topologySql = `SELECT ${listOf(network)} AS networks, ${listOf(port)} AS ports, ${listOf(router)} AS routers,
  ${listOf(floatingIp)} AS "floatingIps", ${listOf(securityGroup)} AS "securityGroups",
  (SELECT coalesce(json_agg(id), '[]') FROM (${chassis}) row) AS chassis,
  (SELECT coalesce(json_agg(id), '[]') FROM hypervisor WHERE revoked_at IS NOT NULL) AS "goneChassis"`;

const route = z.object({ destination: z.string(), nextHop: z.string() });
const routes = z.array(route);
const addressPairs = z.array(z.object({ address: z.string(), mac: z.string().nullable() }));

/** One row that can't be read is nobody else's trouble. */
function openReader(): { unreadable: Refusal[]; read: Read } {
  const unreadable: Refusal[] = [];
  const read: Read = (schema, json, kind, id) => {
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    unreadable.push({ kind, id, detail: z.prettifyError(parsed.error) });
    return [];
  };
  return { unreadable, read };
}

type Read = <Item>(
  schema: z.ZodType<Item[]>,
  json: unknown,
  kind: Refusal["kind"],
  id: string,
) => readonly Item[];

function* readingOf(stored: Stored): Pieces<NetworkReading> {
  const { unreadable, read } = openReader();
  const ports: ReadPort[] = [];
  const specs: PortSpec[] = [];
  for (const row of stored.ports) {
    const port = { ...row, hypervisorId: boundTo(row) };
    ports.push(port);
    specs.push(...portSpec(port, read));
    yield;
  }
  const byRouter = Map.groupBy(ports, ({ routerId }) => routerId);
  yield;
  const metadata = metadataAddresses(ports);
  const topology: Topology = {
    networks: stored.networks.map((row) => networkSpec(row, metadata, read)),
    ports: specs,
    routers: stored.routers.map((row) => routerSpec(row, byRouter.get(row.id) ?? [], read)),
    floatingIps: stored.floatingIps.flatMap(floatingIpSpec),
    securityGroups: stored.securityGroups.map(({ id, rules }) => ({ id, rules })),
    chassis: stored.chassis,
    goneChassis: stored.goneChassis,
  };
  const floatingIps = stored.floatingIps.map((row) => ({ ...row, associated: row.portId !== null }));
  const { networks, routers, securityGroups } = stored;
  return { topology, networks, ports, routers, floatingIps, securityGroups, unreadable };
}

function boundTo({ realisedHypervisorId, bodies }: StoredPort): string | null {
  const active = bodies.find((body) => body.active)?.hypervisorId ?? null;
  return bindingOf(
    realisedHypervisorId,
    active,
    bodies.map(({ hypervisorId }) => hypervisorId),
  );
}

type ReadPort = StoredPort & Pick<PortRow, "hypervisorId">;

function metadataAddresses(ports: readonly ReadPort[]): ReadonlyMap<string, string> {
  const own = ports.filter(({ owner }) => owner === "metadata");
  return new Map(own.flatMap(({ addresses }) => addresses.map((one) => [one.subnetId, one.address])));
}

function networkSpec(
  { id, name, type, physicalNetwork, segmentationId, mtu, external, subnets }: Stored["networks"][number],
  metadata: ReadonlyMap<string, string>,
  read: Read,
): NetworkSpec {
  const specs = subnets.map((subnet) => ({
    ...subnet,
    hostRoutes: read(routes, subnet.hostRoutes, "subnet", subnet.id),
    metadataAddress: metadata.get(subnet.id) ?? null,
  }));
  return { id, name, type, physicalNetwork, segmentationId, mtu, external, subnets: specs };
}

/** A router's are its legs. */
function portSpec(row: ReadPort, read: Read): PortSpec[] {
  const { id, networkId, owner, mac, addresses, hypervisorId, portSecurity } = row;
  if (owner === "router_interface" || owner === "router_gateway") return [];
  const allowedAddressPairs = read(addressPairs, row.allowedAddressPairs, "port", id);
  const securityGroupIds = row.groups;
  return [
    {
      id,
      networkId,
      owner,
      mac,
      addresses,
      hypervisorId,
      portSecurity,
      allowedAddressPairs,
      securityGroupIds,
    },
  ];
}

function routerSpec(row: Stored["routers"][number], ports: readonly ReadPort[], read: Read): RouterSpec {
  const legs = (owner: ReadPort["owner"]) => ports.filter((one) => one.owner === owner).map(legOf);
  return {
    id: row.id,
    name: row.name,
    interfaces: legs("router_interface"),
    gateway: legs("router_gateway")[0] ?? null,
    snat: row.snat,
    routes: read(routes, row.routes, "router", row.id),
  };
}

const legOf = ({ id, networkId, mac, addresses }: ReadPort): RouterLeg => ({
  portId: id,
  networkId,
  mac,
  addresses,
});

function floatingIpSpec(row: Stored["floatingIps"][number]): FloatingIpSpec[] {
  const { id, routerId, address, portId, fixedAddress } = row;
  if (routerId === null || address === null || portId === null || fixedAddress === null) return [];
  return [{ id, routerId, address, portId, fixedAddress }];
}
