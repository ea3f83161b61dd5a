/** Networks as logical switches, and what is plugged into them. */
import type { NetworkSpec, PortSpec, RouterSpec, SubnetSpec, Topology } from "@madang/core/network/topology";
import type { Pieces } from "@madang/core/turns";
import type { Cell } from "../ovsdb/value.ts";
import { type DesiredRow, keyOf, type References, references } from "./desired-row.ts";
import { dhcpRow } from "./dhcp.ts";
import { localnetName, nowhere, routerPortName, switchName } from "./names.ts";

export function* switchRows(topology: Topology): Pieces<DesiredRow[]> {
  const dhcp = new Map<string, SubnetSpec>();
  for (const { subnets } of topology.networks) {
    for (const subnet of subnets.filter((one) => one.dhcp)) dhcp.set(subnet.id, subnet);
  }
  const ports = Map.groupBy(topology.ports, (port) => port.networkId);
  const legs = Map.groupBy(topology.routers.flatMap(legRows), ({ networkId }) => networkId);
  const rows: DesiredRow[] = [];
  for (const network of topology.networks) {
    yield;
    const plugged = [
      ...localnetRows(network),
      ...(legs.get(network.id) ?? []).map(({ row }) => row),
      ...(ports.get(network.id) ?? []).map((port) => portRow(port, dhcp)),
    ];
    const options = network.subnets.filter((subnet) => subnet.dhcp).map((subnet) => dhcpRow(network, subnet));
    for (const row of [switchRow(network, plugged), ...plugged, ...options]) rows.push(row);
  }
  return rows;
}

function switchRow(network: NetworkSpec, plugged: readonly DesiredRow[]): DesiredRow {
  return {
    table: "Logical_Switch",
    kind: "network",
    id: network.id,
    cells: { name: switchName(network.id), ports: references("Logical_Switch_Port", plugged) },
    remarks: { name: network.name },
  };
}

/** The way out of OVN, by the bridge that the chassis map the physical network to. */
function localnetRows(network: NetworkSpec): DesiredRow[] {
  if (network.physicalNetwork === null) return [];
  return [
    switchPort("localnet", network.id, {
      name: localnetName(network.id),
      type: "localnet",
      addresses: ["unknown"],
      options: { network_name: network.physicalNetwork },
      tag: network.type === "vlan" && network.segmentationId !== null ? [network.segmentationId] : [],
    }),
  ];
}

/** The switches' side of a router's legs. */
function legRows({ gateway, interfaces }: RouterSpec): { networkId: string; row: DesiredRow }[] {
  const legs = gateway ? [...interfaces, gateway] : interfaces;
  return legs.map((leg) => ({
    networkId: leg.networkId,
    row: switchPort("port", leg.portId, {
      name: leg.portId,
      type: "router",
      addresses: ["router"],
      options: {
        "router-port": routerPortName(leg.portId),
        // Tells the network outside where the router's addresses are, again after each failover.
        ...(leg === gateway ? { "nat-addresses": "router" } : {}),
      },
    }),
  }));
}

function portRow(port: PortSpec, dhcp: ReadonlyMap<string, SubnetSpec>): DesiredRow {
  const own = [port.mac, ...port.addresses.map(({ address }) => address)].join(" ");
  // On every chassis at once, and answered on the one where it was asked.
  if (port.owner === "metadata") {
    return switchPort("port", port.id, { name: port.id, type: "localport", addresses: [own] });
  }
  const lease = port.addresses.find(({ subnetId }) => dhcp.has(subnetId));
  const options: References = {
    to: "DHCP_Options",
    single: true,
    keys: lease ? [keyOf("subnet", lease.subnetId)] : [],
  };
  return switchPort("port", port.id, {
    name: port.id,
    type: "",
    addresses: [own, ...otherMacs(port), ...(port.portSecurity ? [] : ["unknown"])],
    port_security: port.portSecurity ? allowedSources(port) : [],
    options: { "requested-chassis": port.hypervisorId ?? nowhere },
    dhcpv4_options: options,
  });
}

function switchPort(
  kind: string,
  id: string,
  cells: Readonly<Record<string, Cell | References>>,
): DesiredRow {
  const nothing = { options: {}, port_security: [], tag: [], enabled: [], dhcpv4_options: noOptions };
  return { table: "Logical_Switch_Port", kind, id, cells: { ...nothing, ...cells } };
}

const noOptions: References = { to: "DHCP_Options", keys: [], single: true };

function otherMacs(port: PortSpec): string[] {
  const macs = port.allowedAddressPairs.flatMap(({ mac }) => (mac === null || mac === port.mac ? [] : [mac]));
  return [...new Set(macs)];
}

/** One entry a MAC, the port's own first. */
function allowedSources(port: PortSpec): string[] {
  const own = port.addresses.map(({ address }) => ({ address, mac: port.mac }));
  const byMac = Map.groupBy([...own, ...port.allowedAddressPairs], ({ mac }) => mac ?? port.mac);
  return [...new Set([port.mac, ...byMac.keys()])].map((mac) =>
    [mac, ...(byMac.get(mac) ?? []).map(({ address }) => address)].join(" "),
  );
}
