/** What guests are told by DHCP (RFC 2132, 3442), one row a subnet; ovn-controller itself answers them. */
import type { NetworkSpec, SubnetSpec } from "@madang/core/network/topology";
import type { DesiredRow } from "./desired-row.ts";

/** s; Neutron's default */
const leaseTime = 43_200;
const metadataAddress = "169.254.169.254";

export function dhcpRow(network: NetworkSpec, subnet: SubnetSpec): DesiredRow {
  const options = {
    lease_time: String(leaseTime),
    server_id: dhcpServer(subnet),
    server_mac: serverMac(subnet.id),
    mtu: String(network.mtu),
    ...(subnet.gateway === null ? {} : { router: subnet.gateway }),
    ...(subnet.dnsServers.length === 0 ? {} : { dns_server: `{${subnet.dnsServers.join(", ")}}` }),
    ...classlessRoutes(subnet),
  };
  return { table: "DHCP_Options", kind: "subnet", id: subnet.id, cells: { cidr: subnet.cidr, options } };
}

/** The address that answers for DHCP: one that somebody answers ARP for, for leases are renewed there. */
export function dhcpServer({ metadataAddress: own, gateway, cidr }: SubnetSpec): string {
  return own ?? gateway ?? cidr.replace(/\/.*/, "");
}

/** Locally administered, so it meets no port's. */
function serverMac(subnetId: string): string {
  const digits = subnetId.replaceAll("-", "").slice(-10);
  return `0e:${digits.match(/../g)?.join(":")}`;
}

/** Who heeds these ignores `router`, so the default route is among them. */
function classlessRoutes({ gateway, hostRoutes, metadataAddress: hop }: SubnetSpec): Record<string, string> {
  const metadata = hop === null ? [] : [`${metadataAddress}/32,${hop}`];
  const more = hostRoutes.map(({ destination, nextHop }) => `${destination},${nextHop}`);
  if (metadata.length + more.length === 0) return {};
  const hasDefault = hostRoutes.some(({ destination }) => destination === "0.0.0.0/0");
  const last = gateway === null || hasDefault ? [] : [`0.0.0.0/0,${gateway}`];
  return { classless_static_route: `{${[...metadata, ...more, ...last].join(", ")}}` };
}
