/**
 * "Reachable over SSH": what lies between the world and a new instance, what of it is there already and what the launch
 * must make. Decided here for the form, which says so beforehand, and for the transaction, which does it.
 */
import type { Usage } from "../quota/resource.ts";
import { contains } from "./cidr.ts";
import { defaultGroupUsage, needsDefaultGroup } from "./default-group.ts";
import type { LaunchNetworks } from "./interface-input.ts";
import { passes } from "./reach-rule.ts";
import { freeRange, overlapping } from "./router.ts";
import type { RuleMatch } from "./security-rule.ts";

type Named = { id: string; name: string };

export type SshPathFacts = {
  /** External networks that addresses can be had of, in the order of their names. */
  externals: readonly (Named & { ranges: readonly string[] })[];
  /** Those that instances of the project may be joined to, `own` ones first. */
  networks: readonly (Named & { own: boolean; subnets: readonly SubnetFacts[] })[];
  routers: readonly RouterFacts[];
  groups: readonly (Named & { isDefault: boolean; rules: readonly RuleMatch[] })[];
};
/** `gateway` null: a router has no address to take there. */
type SubnetFacts = Named & { cidr: string; gateway: string | null };
type RouterFacts = Named & {
  externalNetworkId: string | null;
  legs: readonly { subnetId: string; cidr: string }[];
  /** A static route of it leads to everywhere, so it can't have a gateway. */
  hasDefaultRoute: boolean;
};

export type SshPathWish = {
  networks: LaunchNetworks;
  securityGroupIds: readonly string[] | null;
  /** Without a key and without a password nobody could sign in. */
  canSignIn: boolean;
};

/** "made": by this launch. */
export type SshPath = {
  external: Named;
  network: { kind: "there"; id: string; name: string } | { kind: "made"; name: string };
  subnet: { kind: "there"; id: string; name: string; cidr: string } | { kind: "made"; cidr: string };
  /** "gateway", "interface": it is there, and gets one. */
  router:
    | { kind: "there" | "gateway" | "interface"; id: string; name: string }
    | { kind: "made"; name: string };
  /** "there": what the instance gets lets SSH in already; "added": it gets this one too. */
  group:
    | { kind: "there"; name: string }
    | { kind: "added"; id: string; name: string }
    | { kind: "made"; name: string };
  /** The project's default group comes with it. */
  makesDefaultGroup: boolean;
};

export const sshPathFaults = [
  "sshNeedsKey",
  "sshNeedsExternal",
  "sshNeedsNetwork",
  "sshChooseNetwork",
  "sshNetworkWithoutSubnet",
  "sshNetworkForeign",
  "sshSubnetWithoutGateway",
  "sshNoRange",
] as const;
export type SshPathFault = { fault: (typeof sshPathFaults)[number]; name: string };

export function isSshPath(found: SshPath | SshPathFault): found is SshPath {
  return !("fault" in found);
}

/** What a project without a network gets; as in OpenStack, a default is called so. */
const madeName = "default";
export const sshGroupName = "ssh";

export function planSshPath(facts: SshPathFacts, wish: SshPathWish): SshPath | SshPathFault {
  if (!wish.canSignIn) return faultOf("sshNeedsKey");
  if (facts.externals.length === 0) return faultOf("sshNeedsExternal");
  const chosen = chosenNetwork(facts, wish.networks);
  if (chosen === "made") return allNew(facts, wish);
  if ("fault" in chosen) return chosen;
  const way = wayOut(facts, chosen);
  if ("fault" in way) return way;
  const { id, name } = chosen;
  return { ...way, network: { kind: "there", id, name }, ...groupsFor(facts, wish) };
}

function faultOf(fault: SshPathFault["fault"], name = ""): SshPathFault {
  return { fault, name };
}

type NetworkFacts = SshPathFacts["networks"][number];

/** The first that was chosen; nothing said: the project's only one. */
function chosenNetwork(
  { networks }: SshPathFacts,
  wanted: LaunchNetworks,
): NetworkFacts | "made" | SshPathFault {
  if (wanted === "none") return faultOf("sshNeedsNetwork");
  if (wanted.length > 0) {
    const first = wanted.find((one) => "networkId" in one);
    const found = first && networks.find(({ id }) => id === first.networkId);
    if (!found) return faultOf("sshNeedsNetwork");
    if (found.subnets.length === 0) return faultOf("sshNetworkWithoutSubnet", found.name);
    return { ...found, subnets: subnetsFor(found.subnets, first.address) };
  }
  const usable = networks.filter(({ own, subnets }) => own && subnets.length > 0);
  const [only] = usable;
  if (!only) return "made";
  return usable.length === 1 ? only : faultOf("sshChooseNetwork");
}

/** Of an address that is in none of them the launch itself says so. */
function subnetsFor(subnets: readonly SubnetFacts[], address: string | null): readonly SubnetFacts[] {
  const holding = subnets.filter(({ cidr }) => address !== null && contains(cidr, address));
  return holding.length > 0 ? holding : subnets;
}

type Way = Pick<SshPath, "external" | "subnet" | "router">;

/** By the router that connects it; else by one of the project's that can; else by a new one. */
function wayOut(facts: SshPathFacts, { name, own, subnets }: NetworkFacts): Way | SshPathFault {
  const connected = connectedBy(facts, subnets);
  if (connected) return connected;
  if (!own) return faultOf("sshNetworkForeign", name);
  const subnet = subnets.find(({ gateway }) => gateway !== null);
  if (!subnet) return faultOf("sshSubnetWithoutGateway", name);
  return { ...routerFor(facts, subnet), subnet: there(subnet) };
}

function there({ id, name, cidr }: SubnetFacts): SshPath["subnet"] {
  return { kind: "there", id, name, cidr };
}

function connectedBy(facts: SshPathFacts, subnets: readonly SubnetFacts[]): Way | null {
  const ways = subnets.flatMap((subnet) =>
    facts.routers
      .filter(({ legs }) => legs.some(({ subnetId }) => subnetId === subnet.id))
      .map((router) => ({ subnet, router })),
  );
  for (const { subnet, router } of ways) {
    const external = facts.externals.find(({ id }) => id === router.externalNetworkId);
    if (external) return { external: named(external), subnet: there(subnet), router: as("there", router) };
  }
  for (const { subnet, router } of ways) {
    const external = facts.externals.find((one) => mayLeadTo(router, one));
    if (external) return { external: named(external), subnet: there(subnet), router: as("gateway", router) };
  }
  return null;
}

function mayLeadTo(router: RouterFacts, external: SshPathFacts["externals"][number]): boolean {
  if (router.externalNetworkId !== null || router.hasDefaultRoute) return false;
  return external.ranges.every((cidr) => overlapping(router.legs, { cidr }) === null);
}

function routerFor(facts: SshPathFacts, subnet: { cidr: string }): Pick<SshPath, "external" | "router"> {
  for (const external of facts.externals) {
    const router = facts.routers.find(
      ({ externalNetworkId, legs }) =>
        externalNetworkId === external.id && overlapping(legs, subnet) === null,
    );
    if (router) return { external: named(external), router: as("interface", router) };
  }
  const apart = facts.externals.find(({ ranges }) =>
    ranges.every((cidr) => !overlapping([{ cidr }], subnet)),
  );
  const external = apart ?? facts.externals[0];
  return {
    external: named(external ?? { id: "", name: "" }),
    router: { kind: "made", name: freeName(madeName, facts.routers) },
  };
}

function as(kind: "there" | "gateway" | "interface", { id, name }: Named): SshPath["router"] {
  return { kind, id, name };
}

function named({ id, name }: Named): Named {
  return { id, name };
}

function allNew(facts: SshPathFacts, wish: SshPathWish): SshPath | SshPathFault {
  const taken = [
    ...facts.externals.flatMap(({ ranges }) => ranges),
    ...facts.routers.flatMap(({ legs }) => legs.map(({ cidr }) => cidr)),
  ];
  const cidr = freeRange(taken);
  if (cidr === null) return faultOf("sshNoRange");
  const own = facts.networks.filter((network) => network.own);
  return {
    ...routerFor(facts, { cidr }),
    network: { kind: "made", name: freeName(madeName, own) },
    subnet: { kind: "made", cidr },
    ...groupsFor(facts, wish),
  };
}

function groupsFor(facts: SshPathFacts, wish: SshPathWish): Pick<SshPath, "group" | "makesDefaultGroup"> {
  const makesDefaultGroup = needsDefaultGroup(facts.groups, wish.securityGroupIds);
  return { group: groupFor(facts, wish), makesDefaultGroup };
}

/** Never by a rule in a group that other instances have: they would be opened with it. */
function groupFor({ groups }: SshPathFacts, { securityGroupIds }: SshPathWish): SshPath["group"] {
  const gets = groups.filter(({ id, isDefault }) =>
    securityGroupIds === null ? isDefault : securityGroupIds.includes(id),
  );
  const open = (group: { rules: readonly RuleMatch[] }) => passes(group.rules, "ssh") === "anybody";
  const opening = gets.find(open);
  if (opening) return { kind: "there", name: opening.name };
  const other = groups.find((group) => !group.isDefault && open(group) && opensNothingElse(group.rules));
  if (other) return { kind: "added", id: other.id, name: other.name };
  return { kind: "made", name: freeName(sshGroupName, groups) };
}

function opensNothingElse(rules: readonly RuleMatch[]): boolean {
  return rules.filter(({ direction }) => direction === "ingress").length === 1;
}

function freeName(name: string, taken: readonly Named[]): string {
  const isFree = (candidate: string) => taken.every((one) => one.name !== candidate);
  const numbered = Array.from({ length: taken.length + 1 }, (_, index) => `${name}-${index + 2}`);
  return [name, ...numbered].find(isFree) ?? name;
}

/** Rules of a group that the launch makes: SSH in, and anything out by either family. */
const madeRules = 3;

/** What the launch of `count` instances takes of the quota beside themselves and their own ports. */
export function sshPathUsage(path: SshPath, count: number): Usage {
  const { network, subnet, router, group, makesDefaultGroup } = path;
  const made = (part: { kind: string }) => (part.kind === "made" ? 1 : 0);
  const usual = makesDefaultGroup ? defaultGroupUsage : { security_groups: 0, security_group_rules: 0 };
  return {
    networks: made(network),
    subnets: made(subnet),
    routers: made(router),
    ports: router.kind === "made" || router.kind === "interface" ? 1 : 0,
    floating_ips: count,
    security_groups: usual.security_groups + made(group),
    security_group_rules: usual.security_group_rules + made(group) * madeRules,
  };
}
