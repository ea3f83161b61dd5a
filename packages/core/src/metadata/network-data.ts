/** network_data.json of OpenStack: interfaces by MAC, and what to set on those that get nothing by DHCP. */
import ipaddr from "ipaddr.js";
import { tapDevice } from "../network/tap.ts";
import type { GuestNic } from "../wire/guest.ts";

type Address = GuestNic["addresses"][number];

export function networkData(nics: readonly GuestNic[]): Record<string, unknown> {
  const servers = nics.flatMap(({ addresses }) => addresses.flatMap(({ dnsServers }) => dnsServers));
  return {
    links: nics.map(link),
    networks: nics.flatMap((nic, index) =>
      nic.addresses.map((address, nth) => network(nic, address, `network${index}-${nth}`)),
    ),
    services: [...new Set(servers)].map((address) => ({ type: "dns", address })),
  };
}

const linkId = ({ portId }: GuestNic) => tapDevice(portId);

function link(nic: GuestNic): Record<string, unknown> {
  return { id: linkId(nic), vif_id: nic.portId, type: "ovs", mtu: nic.mtu, ethernet_mac_address: nic.mac };
}

function network(nic: GuestNic, given: Address, id: string): Record<string, unknown> {
  const common = { id, network_id: nic.networkId, link: linkId(nic) };
  if (given.dhcp) return { ...common, type: "ipv4_dhcp" };
  const services = given.dnsServers.map((address) => ({ type: "dns", address }));
  const netmask = ipaddr.IPv4.subnetMaskFromPrefixLength(given.prefixLength).toString();
  return {
    ...{ ...common, type: "ipv4", ip_address: given.address, netmask, services },
    routes: given.gateway ? [{ network: "0.0.0.0", netmask: "0.0.0.0", gateway: given.gateway }] : [],
  };
}
