/** Two tenants with the same addresses, a router each, and one network outside: what the contract is tried on. */
import { randomUUID } from "node:crypto";
import type {
  FloatingIpSpec,
  NetworkSpec,
  PortSpec,
  RouterSpec,
  SecurityGroupSpec,
  SecurityRuleSpec,
  SubnetSpec,
  Topology,
} from "@madang/core/network/topology";
import { externalGateway, physicalNetwork } from "./ovn-lab.ts";

let macs = 0;

/** Never the same twice in a test's process. */
function nextMac(): string {
  macs += 1;
  return `fa:16:3e:00:00:${macs.toString(16).padStart(2, "0")}`;
}

export function subnetOf(prefix: string, more: Partial<SubnetSpec> = {}): SubnetSpec {
  return {
    id: randomUUID(),
    cidr: `${prefix}.0/24`,
    gateway: `${prefix}.1`,
    dhcp: true,
    dnsServers: [],
    hostRoutes: [],
    metadataAddress: `${prefix}.2`,
    ...more,
  };
}

export function networkOf(name: string, ...subnets: SubnetSpec[]): NetworkSpec {
  const inner = { type: "geneve", physicalNetwork: null, segmentationId: null, mtu: 1442 } as const;
  return { id: randomUUID(), name, ...inner, external: false, subnets };
}

export function externalNetwork(): NetworkSpec {
  const subnet = subnetOf("172.24.4", { gateway: externalGateway, dhcp: false, metadataAddress: null });
  const wired = { type: "flat", physicalNetwork, segmentationId: null, mtu: 1500 } as const;
  return { id: randomUUID(), name: "outside", ...wired, external: true, subnets: [subnet] };
}

export function portOf(
  network: NetworkSpec,
  address: string,
  hypervisorId: string | null,
  ...securityGroupIds: string[]
): PortSpec {
  return {
    id: randomUUID(),
    networkId: network.id,
    owner: "instance",
    mac: nextMac(),
    addresses: [{ subnetId: firstSubnet(network).id, address }],
    hypervisorId,
    portSecurity: true,
    allowedAddressPairs: [],
    securityGroupIds,
  };
}

export function routerOf(inside: readonly NetworkSpec[], outside: NetworkSpec, address: string): RouterSpec {
  const leg = (network: NetworkSpec, at: string) => ({
    portId: randomUUID(),
    networkId: network.id,
    mac: nextMac(),
    addresses: [{ subnetId: firstSubnet(network).id, address: at }],
  });
  return {
    id: randomUUID(),
    name: "router",
    interfaces: inside.map((network) => leg(network, firstSubnet(network).gateway ?? "")),
    gateway: leg(outside, address),
    snat: true,
    routes: [],
  };
}

export function floatingOf(router: RouterSpec, address: string, port: PortSpec): FloatingIpSpec {
  const fixedAddress = port.addresses[0]?.address ?? "";
  return { id: randomUUID(), routerId: router.id, address, portId: port.id, fixedAddress };
}

export function ruleOf(
  direction: "ingress" | "egress",
  more: Partial<SecurityRuleSpec> = {},
): SecurityRuleSpec {
  return {
    id: randomUUID(),
    direction,
    etherType: "IPv4",
    protocol: null,
    portMin: null,
    portMax: null,
    remoteCidr: null,
    remoteGroupId: null,
    ...more,
  };
}

/** As OpenStack makes a project's: out to anybody, in from each other. */
export function defaultGroup(...more: SecurityRuleSpec[]): SecurityGroupSpec {
  const id = randomUUID();
  return { id, rules: [ruleOf("egress"), ruleOf("ingress", { remoteGroupId: id }), ...more] };
}

export const tcp = (port: number, more: Partial<SecurityRuleSpec> = {}): SecurityRuleSpec =>
  ruleOf("ingress", { protocol: 6, portMin: port, portMax: port, ...more });

export const ping = (): SecurityRuleSpec => ruleOf("ingress", { protocol: 1, portMin: 8, portMax: 0 });

/** `chassis`: three. Ports are a1, a2 (one network), a3 (another), loner (a1's, in no group), b1, b2 (with addresses of a1, a2). */
export function office(chassis: readonly string[]) {
  const [one = "", two = "", three = ""] = chassis;
  const outside = externalNetwork();
  const dns = { dnsServers: ["9.9.9.9", "1.1.1.1"] };
  const red = networkOf("red", subnetOf("10.0.1", dns));
  const blue = networkOf("blue", subnetOf("10.0.2"));
  const other = networkOf("other", subnetOf("10.0.1"));
  const ours = defaultGroup(ping(), tcp(8080));
  const theirs = defaultGroup();
  const ports = {
    a1: portOf(red, "10.0.1.11", one, ours.id),
    a2: portOf(red, "10.0.1.12", two, ours.id),
    a3: portOf(blue, "10.0.2.13", three, ours.id),
    loner: portOf(red, "10.0.1.14", one),
    b1: portOf(other, "10.0.1.11", two, theirs.id),
    b2: portOf(other, "10.0.1.12", three, theirs.id),
  };
  const router = routerOf([red, blue], outside, "172.24.4.100");
  const otherRouter = routerOf([other], outside, "172.24.4.101");
  const floating = floatingOf(router, "172.24.4.111", ports.a1);
  const topology: Topology = {
    networks: [outside, red, blue, other],
    ports: Object.values(ports),
    routers: [router, otherRouter],
    floatingIps: [floating],
    securityGroups: [ours, theirs],
    chassis,
  };
  return { topology, outside, red, blue, other, ours, theirs, ports, router, otherRouter, floating };
}

export type Office = ReturnType<typeof office>;

/** The topology with that group's rules. */
export function withRules(topology: Topology, groupId: string, rules: readonly SecurityRuleSpec[]): Topology {
  const securityGroups = topology.securityGroups.map((group) =>
    group.id === groupId ? { id: groupId, rules } : group,
  );
  return { ...topology, securityGroups };
}

export function withPort(topology: Topology, portId: string, change: Partial<PortSpec>): Topology {
  const ports = topology.ports.map((port) => (port.id === portId ? { ...port, ...change } : port));
  return { ...topology, ports };
}

export function withRouter(topology: Topology, routerId: string, change: Partial<RouterSpec>): Topology {
  const routers = topology.routers.map((router) =>
    router.id === routerId ? { ...router, ...change } : router,
  );
  return { ...topology, routers };
}

function firstSubnet({ subnets, name }: NetworkSpec): SubnetSpec {
  const [subnet] = subnets;
  if (!subnet) throw new Error(`${name} has no subnet`);
  return subnet;
}
