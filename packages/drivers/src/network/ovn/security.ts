/** Security groups as port groups with ACLs. Every port that they count for is in the drop group too. */
import type { PortSpec, SecurityGroupSpec, SecurityRuleSpec, Topology } from "@madang/core/network/topology";
import type { Pieces } from "@madang/core/turns";
import { type DesiredRow, keyOf, references } from "./desired-row.ts";
import { dhcpServer } from "./dhcp.ts";
import { dhcpServersName, dropGroupName, groupName } from "./names.ts";

/** Neutron's: what is allowed comes before what drops the rest; what no rule may allow comes before both. */
const priority = { drop: 1001, allow: 1002, never: 1003 };

export function* securityRows(topology: Topology, cloudId: string): Pieces<DesiredRow[]> {
  const guarded = topology.ports.filter((port) => port.owner !== "metadata" && port.portSecurity);
  const members = new Map<string, PortSpec[]>(topology.securityGroups.map(({ id }) => [id, []]));
  for (const port of guarded) for (const id of port.securityGroupIds) members.get(id)?.push(port);
  const known = new Set(members.keys());
  if (topology.networks.length + known.size === 0) return [];
  const drop = dropGroupName(cloudId);
  const rows = [
    dhcpServersRow(topology, cloudId),
    ...portGroup("drop-group", "drop", drop, guarded, dropRules(drop, dhcpServersName(cloudId))),
  ];
  yield;
  for (const group of topology.securityGroups) {
    const ports = members.get(group.id) ?? [];
    rows.push(...portGroup("security-group", group.id, groupName(group.id), ports, ruleRows(group, known)));
    yield;
  }
  return rows;
}

function portGroup(
  kind: string,
  id: string,
  name: string,
  ports: readonly PortSpec[],
  acls: readonly DesiredRow[],
): DesiredRow[] {
  const keys = ports.map((port) => keyOf("port", port.id));
  const cells = { name, ports: { to: "Logical_Switch_Port", keys }, acls: references("ACL", acls) } as const;
  return [{ table: "Port_Group", kind, id, cells }, ...acls];
}

function dhcpServersRow({ networks }: Topology, cloudId: string): DesiredRow {
  const servers = networks.flatMap(({ subnets }) => subnets.filter(({ dhcp }) => dhcp).map(dhcpServer));
  const addresses = ["255.255.255.255", ...servers];
  return {
    table: "Address_Set",
    kind: "dhcp-servers",
    id: "dhcp-servers",
    cells: { name: dhcpServersName(cloudId), addresses: [...new Set(addresses)] },
  };
}

function dropRules(group: string, servers: string): DesiredRow[] {
  const from = `inport == @${group}`;
  const to = `outport == @${group}`;
  const lease = `ip4 && ip4.dst == $${servers} && udp && udp.src == 68 && udp.dst == 67`;
  return [
    acl("drop-rule", "drop-in", "to-lport", priority.drop, `${to} && ip`, "drop"),
    acl("drop-rule", "drop-out", "from-lport", priority.drop, `${from} && ip`, "drop"),
    acl("drop-rule", "dhcp", "from-lport", priority.allow, `${from} && ${lease}`, "allow"),
    // A guest that plays DHCP server or router for its neighbours, whom their groups may allow to hear it.
    ...[
      ["dhcp-server", "ip4 && udp && udp.src == 67 && udp.dst == 68"],
      ["dhcpv6-server", "ip6 && udp && udp.src == 547 && udp.dst == 546"],
      ["router-advertisement", "icmp6.type == 134"],
    ].map(([id = "", what]) =>
      acl("drop-rule", id, "from-lport", priority.never, `${from} && ${what}`, "drop"),
    ),
  ];
}

function ruleRows(group: SecurityGroupSpec, known: ReadonlySet<string>): DesiredRow[] {
  return group.rules.flatMap((rule) => {
    const match = matchOf(rule, groupName(group.id), known);
    if (match === null) return [];
    const direction = rule.direction === "ingress" ? "to-lport" : "from-lport";
    return [acl("rule", rule.id, direction, priority.allow, match, "allow-related")];
  });
}

function acl(
  kind: string,
  id: string,
  direction: string,
  rank: number,
  match: string,
  action: string,
): DesiredRow {
  return { table: "ACL", kind, id, cells: { direction, priority: rank, match, action } };
}

/** As ovn-sb(5) writes expressions. null: it can't be said in OVN, or names a group that is gone, and allows nothing. */
export function matchOf(rule: SecurityRuleSpec, group: string, known: ReadonlySet<string>): string | null {
  const { direction, etherType, remoteGroupId } = rule;
  if (remoteGroupId !== null && !known.has(remoteGroupId)) return null;
  const protocol = protocolOf(rule);
  if (protocol === null) return null;
  const family = etherType === "IPv4" ? "ip4" : "ip6";
  const [port, far] = direction === "ingress" ? ["outport", "src"] : ["inport", "dst"];
  const remote = remoteOf(rule, family);
  return [
    `${port} == @${group}`,
    family,
    ...(remote === null ? [] : [`${family}.${far} == ${remote}`]),
    ...protocol,
  ].join(" && ");
}

function remoteOf({ remoteGroupId, remoteCidr }: SecurityRuleSpec, family: "ip4" | "ip6"): string | null {
  // OVN itself makes these address sets of each port group's addresses.
  if (remoteGroupId !== null) return `$${groupName(remoteGroupId)}_${family}`;
  return remoteCidr === null || remoteCidr.endsWith("/0") ? null : remoteCidr;
}

/** Protocols whose ports OVN can tell apart, by IANA's numbers. */
const withPorts: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 132: "sctp" };
const [icmp, icmp6] = [1, 58];

function protocolOf({ protocol, etherType, portMin, portMax }: SecurityRuleSpec): string[] | null {
  if (protocol === null) return [];
  if (protocol === icmp || protocol === icmp6) {
    const name = etherType === "IPv4" ? "icmp4" : "icmp6";
    const type = portMin === null ? [] : [`${name}.type == ${portMin}`];
    return [name, ...type, ...(portMax === null ? [] : [`${name}.code == ${portMax}`])];
  }
  const name = withPorts[protocol];
  if (!name) return portMin === null && portMax === null ? [`ip.proto == ${protocol}`] : null;
  const [low, high] = [portMin ?? 0, portMax ?? 65_535];
  if (portMin === null && portMax === null) return [name];
  return [name, low === high ? `${name}.dst == ${low}` : `${name}.dst >= ${low} && ${name}.dst <= ${high}`];
}
