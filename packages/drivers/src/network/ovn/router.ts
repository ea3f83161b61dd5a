/** Routers, their legs, routes, and the translation of addresses at their gateways. Floating IPs are centralised. */
import type {
  FloatingIpSpec,
  NetworkSpec,
  RouterLeg,
  RouterSpec,
  SubnetSpec,
  Topology,
} from "@madang/core/network/topology";
import type { Pieces } from "@madang/core/turns";
import { type DesiredRow, references } from "./desired-row.ts";
import { gatewayChassisName, routerName, routerPortName } from "./names.ts";

/** How many chassis stand in for each other: each pair of them watches the other by BFD. */
const mostGateways = 5;

type Around = {
  networks: ReadonlyMap<string, NetworkSpec>;
  subnets: ReadonlyMap<string, SubnetSpec>;
  chassis: readonly string[];
  reaches: Reaches;
};

/** Whether a chassis has a bridge into that physical network. */
export type Reaches = (chassis: string, physicalNetwork: string) => boolean;

export function* routerRows(topology: Topology, reaches: Reaches): Pieces<DesiredRow[]> {
  const around: Around = {
    networks: new Map(topology.networks.map((network) => [network.id, network])),
    subnets: new Map(topology.networks.flatMap(({ subnets }) => subnets.map((one) => [one.id, one]))),
    chassis: topology.chassis,
    reaches,
  };
  const floating = Map.groupBy(topology.floatingIps, ({ routerId }) => routerId);
  const rows: DesiredRow[] = [];
  for (const router of topology.routers) {
    yield;
    rows.push(...rowsOf(router, floating.get(router.id) ?? [], around));
  }
  return rows;
}

function rowsOf(router: RouterSpec, floating: readonly FloatingIpSpec[], around: Around): DesiredRow[] {
  const { gateway } = router;
  const candidates = gateway ? gatewayChassisRows(gateway, around) : [];
  const outer = gateway ? legRow(gateway, gatewayOptions(router, gateway, around), candidates, around) : [];
  // Without its leg nothing has them.
  const chassis = outer.length > 0 ? candidates : [];
  const legs = [
    ...router.interfaces.flatMap((leg) => legRow(leg, interfaceOptions(router, leg, around), [], around)),
    ...outer,
  ];
  const routes = routeRows(router, around);
  const nat = gateway ? [...snatRows(router, gateway, around), ...floating.map(floatingRow)] : [];
  const self: DesiredRow = {
    table: "Logical_Router",
    kind: "router",
    id: router.id,
    cells: {
      name: routerName(router.id),
      enabled: [],
      // As Neutron does it: neighbours are asked for, not written down for each pair of routers on one network.
      options: { always_learn_from_arp_request: "false", dynamic_neigh_routers: "true" },
      ports: references("Logical_Router_Port", legs),
      static_routes: references("Logical_Router_Static_Route", routes),
      nat: references("NAT", nat),
    },
    remarks: { name: router.name },
  };
  return [self, ...legs, ...chassis, ...routes, ...nat];
}

/** A leg without an address has no place in OVN. */
function legRow(
  leg: RouterLeg,
  options: Readonly<Record<string, string>>,
  chassis: readonly DesiredRow[],
  { subnets }: Around,
): DesiredRow[] {
  const networks = leg.addresses.flatMap(({ address, subnetId }) => {
    const subnet = subnets.get(subnetId);
    return subnet ? [`${address}/${subnet.cidr.split("/")[1]}`] : [];
  });
  if (networks.length === 0) return [];
  const name = routerPortName(leg.portId);
  const gateway_chassis = references("Gateway_Chassis", chassis);
  const cells = { name, mac: leg.mac, networks, options, enabled: [], gateway_chassis };
  return [{ table: "Logical_Router_Port", kind: "router-port", id: leg.portId, cells }];
}

/** In a physical network only one chassis at a time may speak as the router, or its MAC is in many places. */
function interfaceOptions(router: RouterSpec, leg: RouterLeg, { networks }: Around): Record<string, string> {
  const physical = networks.get(leg.networkId)?.type !== "geneve";
  return physical && router.gateway ? { "reside-on-redirect-chassis": "true" } : {};
}

/**
 * Where networks on the two sides differ in what they carry, senders are told by ICMP what gets through (ovn-nb(5),
 * `gateway_mtu`); without it their large packets would just be lost between them.
 */
function gatewayOptions(
  { interfaces }: RouterSpec,
  gateway: RouterLeg,
  { networks }: Around,
): Record<string, string> {
  const mtus = [gateway, ...interfaces].flatMap(({ networkId }) => networks.get(networkId)?.mtu ?? []);
  const least = Math.min(...mtus);
  return mtus.some((mtu) => mtu !== least) ? { gateway_mtu: String(least) } : {};
}

function gatewayChassisRows(gateway: RouterLeg, { networks, chassis, reaches }: Around): DesiredRow[] {
  const physical = networks.get(gateway.networkId)?.physicalNetwork ?? null;
  const able = chassis.filter((one) => physical === null || reaches(one, physical));
  const candidates = able.slice(0, mostGateways);
  return candidates.map((chassis_name, index) => ({
    table: "Gateway_Chassis",
    kind: "gateway",
    id: `${gateway.portId}/${chassis_name}`,
    cells: {
      name: gatewayChassisName(gateway.portId, chassis_name),
      chassis_name,
      priority: candidates.length - index,
    },
  }));
}

function routeRows(router: RouterSpec, { subnets }: Around): DesiredRow[] {
  const told = router.routes.map(({ destination, nextHop }) => ({ destination, nextHop }));
  const [address] = router.gateway?.addresses ?? [];
  const outside = address ? subnets.get(address.subnetId)?.gateway : null;
  const hasDefault = told.some(({ destination }) => destination === "0.0.0.0/0");
  const all = outside && !hasDefault ? [...told, { destination: "0.0.0.0/0", nextHop: outside }] : told;
  return all.map(({ destination, nextHop }) => ({
    table: "Logical_Router_Static_Route",
    kind: "route",
    id: `${router.id}/${destination}/${nextHop}`,
    cells: { ip_prefix: destination, nexthop: nextHop },
  }));
}

function snatRows(router: RouterSpec, gateway: RouterLeg, { subnets }: Around): DesiredRow[] {
  const external = gateway.addresses[0]?.address;
  if (!router.snat || !external) return [];
  const inside = new Set(router.interfaces.flatMap(({ addresses }) => addresses.map((one) => one.subnetId)));
  return [...inside].flatMap((subnetId) => {
    const subnet = subnets.get(subnetId);
    return subnet ? [natRow("snat", `${router.id}/${subnetId}`, "snat", external, subnet.cidr)] : [];
  });
}

function floatingRow({ id, address, fixedAddress }: FloatingIpSpec): DesiredRow {
  return natRow("floating-ip", id, "dnat_and_snat", address, fixedAddress);
}

function natRow(kind: string, id: string, type: string, external: string, logical: string): DesiredRow {
  const cells = { type, external_ip: external, logical_ip: logical, external_mac: [], logical_port: [] };
  return { table: "NAT", kind, id, cells };
}
