/**
 * The whole of what tenant networks should be, as the central part of a network driver is told it. Plain data without
 * order: a driver compares it with what is there and changes the difference. Addresses are canonical IPv4 text, MACs
 * lower case with colons, ids ours.
 */
export type NetworkSpec = {
  id: string;
  name: string;
  type: "geneve" | "flat" | "vlan";
  physicalNetwork: string | null;
  segmentationId: number | null;
  /** bytes, as guests are told */
  mtu: number;
  external: boolean;
  subnets: readonly SubnetSpec[];
};

export type Route = { destination: string; nextHop: string };

export type SubnetSpec = {
  id: string;
  cidr: string;
  gateway: string | null;
  dhcp: boolean;
  dnsServers: readonly string[];
  hostRoutes: readonly Route[];
  /** Of the network's metadata port in this subnet; guests reach 169.254.169.254 by it. null: it has none. */
  metadataAddress: string | null;
};

export type PortAddress = { subnetId: string; address: string };

export type PortSpec = {
  id: string;
  networkId: string;
  owner: "none" | "instance" | "metadata";
  mac: string;
  addresses: readonly PortAddress[];
  /** Where the port's instance has its body, and so the only chassis that may bind it; null: nowhere. */
  hypervisorId: string | null;
  portSecurity: boolean;
  /** `address` may be a CIDR; mac null: the port's own. */
  allowedAddressPairs: readonly { address: string; mac: string | null }[];
  securityGroupIds: readonly string[];
};

/** A router's leg in a network: its port's id, MAC and addresses. */
export type RouterLeg = { portId: string; networkId: string; mac: string; addresses: readonly PortAddress[] };

export type RouterSpec = {
  id: string;
  name: string;
  interfaces: readonly RouterLeg[];
  gateway: RouterLeg | null;
  snat: boolean;
  routes: readonly Route[];
};

/** What is reached at `address` is `fixedAddress`, through the router. Only associated ones are told. */
export type FloatingIpSpec = {
  id: string;
  routerId: string;
  address: string;
  portId: string;
  fixedAddress: string;
};

export type SecurityRuleSpec = {
  id: string;
  direction: "ingress" | "egress";
  etherType: "IPv4" | "IPv6";
  /** IANA's number; null: any */
  protocol: number | null;
  /** Ports, or type and code of icmp; null: any */
  portMin: number | null;
  portMax: number | null;
  remoteCidr: string | null;
  remoteGroupId: string | null;
};

export type SecurityGroupSpec = { id: string; rules: readonly SecurityRuleSpec[] };

export type Topology = {
  networks: readonly NetworkSpec[];
  ports: readonly PortSpec[];
  routers: readonly RouterSpec[];
  floatingIps: readonly FloatingIpSpec[];
  securityGroups: readonly SecurityGroupSpec[];
  /** Hypervisors on which routers may have their gateway, the best first. */
  chassis: readonly string[];
  /** Hypervisors that were revoked: nobody tunnels to them any more. */
  goneChassis?: readonly string[];
};
