/**
 * "Why can't I reach it?": what lies between the world and an instance, looked at in the order in which packets and people
 * need it. Pure: the same facts give the same answer.
 */

import type {
  Reach,
  ReachAddress,
  ReachCheck,
  ReachCheckKey,
  ReachFacts,
  ReachInterface,
  ReachRemedy,
  ReachRouter,
} from "./reach-facts.ts";
import { passes } from "./reach-rule.ts";
import type { PresetName } from "./security-preset.ts";

type Finding = Omit<ReachCheck, "key">;
/** The interface that is looked at, and its first address. */
type Way = { port: ReachInterface; address: ReachAddress | null; router: ReachRouter | null };

export function judgeReach(facts: ReachFacts): Reach {
  const way = wayOf(facts);
  const findings: [ReachCheckKey, Finding][] = [
    ["guest", judgeGuest(facts)],
    ["hypervisor", judgeHypervisor(facts)],
    ["interface", way ? ok("attached", { network: way.port.networkName }) : noInterface()],
    ["address", judge(way, judgeAddress)],
    ["port", judge(way, (found) => judgePort(facts, found))],
    ["router", judge(way, (found) => judgeRouter(facts, found))],
    ["gateway", judge(way, (found) => judgeGateway(facts, found))],
    ["floatingIp", judge(way, (found) => judgeFloatingIp(facts, found))],
    ["route", judge(way, judgeRoute)],
    ["ssh", judge(way, (found) => judgeRules(found, "ssh"))],
    ["ping", judge(way, (found) => judgeRules(found, "ping"))],
    ["service", unknown("lookInside", { kind: "openConsole" })],
  ];
  const checks = findings.map(([key, finding]) => ({ key, ...finding }));
  const first = checks.find(({ state }) => state === "failed")?.key ?? null;
  return { address: way && reachedAt(way), first, checks };
}

function ok(reason: string, params: Finding["params"] = {}): Finding {
  return { state: "ok", reason, params, remedy: null };
}

function failed(reason: string, remedy: ReachRemedy | null, params: Finding["params"] = {}): Finding {
  return { state: "failed", reason, params, remedy };
}

function unknown(reason: string, remedy: ReachRemedy | null = null, params: Finding["params"] = {}): Finding {
  return { state: "unknown", reason, params, remedy };
}

function judge(way: Way | null, check: (way: Way) => Finding): Finding {
  return way ? check(way) : unknown("notYet");
}

/** The interface that is nearest to being reached. */
function wayOf({ interfaces }: ReachFacts): Way | null {
  const ways = interfaces.map(toWay);
  const tests: ((way: Way) => boolean)[] = [
    ({ port }) => port.floatingIps.length > 0,
    ({ port, address }) => port.external && address !== null,
    ({ router }) => router !== null && router.externalNetworkId !== null,
    ({ router }) => router !== null,
    ({ address }) => address !== null,
  ];
  for (const test of tests) {
    const found = ways.find(test);
    if (found) return found;
  }
  return ways[0] ?? null;
}

function toWay(port: ReachInterface): Way {
  const [floatingIp] = port.floatingIps;
  const leading = port.addresses.find(({ address }) => address === floatingIp?.fixedAddress);
  const address = leading ?? port.addresses[0] ?? null;
  const here = port.routers.filter(({ subnetId }) => subnetId === address?.subnetId);
  const router = here.find(({ externalNetworkId }) => externalNetworkId !== null) ?? here[0] ?? null;
  return { port, address, router };
}

function reachedAt({ port, address }: Way): string | null {
  if (port.external) return address?.address ?? null;
  return port.floatingIps[0]?.address ?? null;
}

function judgeGuest({ status, taskState, powerState }: ReachFacts): Finding {
  if (taskState === "deleting") return failed("deleting", null);
  if (status === "ERROR" && powerState !== "RUNNING") return failed("error", null);
  if (status === "BUILD" || taskState === "powering-on") return failed("starting", null);
  if (powerState === "RUNNING") return ok("running");
  return failed("stopped", { kind: "startInstance" });
}

function judgeHypervisor({ hypervisorReachable }: ReachFacts): Finding {
  if (hypervisorReachable === null) return unknown("noGuest");
  return hypervisorReachable ? ok("answers") : failed("silent", null);
}

function noInterface(): Finding {
  return failed("none", { kind: "attachInterface" });
}

function judgeAddress({ port, address }: Way): Finding {
  if (!address) return failed("none", null, { network: port.networkName });
  const params = { address: address.address };
  return address.dhcp ? ok("given", params) : unknown("byHand", { kind: "openConsole" }, params);
}

function judgePort(facts: ReachFacts, { port }: Way): Finding {
  if (facts.powerState !== "RUNNING") return unknown("notRunning");
  if (!port.bound) return failed("notBound", null);
  return port.up ? ok("up") : failed("down", null);
}

function judgeRouter(facts: ReachFacts, { port, address, router }: Way): Finding {
  if (port.external) return ok("notNeeded");
  if (router) return ok("connected", { router: router.name });
  if (!address) return unknown("notYet");
  return failed("none", routerRemedy(facts, address.subnetId), { network: port.networkName });
}

function routerRemedy(facts: ReachFacts, subnetId: string): ReachRemedy | null {
  const own = facts.routers.find(({ externalNetworkId }) => externalNetworkId !== null) ?? facts.routers[0];
  if (own) return { kind: "addRouterInterface", routerId: own.id, routerName: own.name, subnetId };
  const [outside] = facts.externalNetworks;
  return outside ? { kind: "createRouter", externalNetworkId: outside.id, subnetId } : null;
}

function judgeGateway(facts: ReachFacts, { port, router }: Way): Finding {
  if (port.external) return ok("notNeeded");
  if (!router) return unknown("notYet");
  const [outside] = facts.externalNetworks;
  const params = { router: router.name };
  if (router.externalNetworkId === null) {
    if (!outside) return failed("noExternal", null, params);
    const remedy = { kind: "setGateway", routerId: router.id, routerName: router.name } as const;
    return failed("none", { ...remedy, externalNetworkId: outside.id }, params);
  }
  return router.applied ? ok("open", params) : failed("pending", null, params);
}

function judgeFloatingIp(facts: ReachFacts, { port, address, router }: Way): Finding {
  if (port.external) return ok("notNeeded");
  const [floatingIp] = port.floatingIps;
  if (floatingIp) {
    const params = { address: floatingIp.address };
    return floatingIp.applied ? ok("leadsHere", params) : failed("pending", null, params);
  }
  if (!address || !router?.externalNetworkId) return unknown("notYet");
  return failed("none", floatingIpRemedy(facts, port.portId, address.address, router.externalNetworkId));
}

function floatingIpRemedy(
  facts: ReachFacts,
  portId: string,
  fixedAddress: string,
  externalNetworkId: string,
): ReachRemedy {
  const free = facts.freeFloatingIps.find(({ networkId }) => networkId === externalNetworkId);
  if (!free) return { kind: "allocateFloatingIp", externalNetworkId, portId, fixedAddress };
  return { kind: "associateFloatingIp", floatingIpId: free.id, address: free.address, portId, fixedAddress };
}

/** What comes in by a router must go out by the same. */
function judgeRoute({ port, address, router }: Way): Finding {
  if (!address) return unknown("notYet");
  if (address.gateway === null) return failed("noGateway", null, { network: port.networkName });
  if (port.external) return ok("default", { gateway: address.gateway });
  if (!router) return unknown("notYet");
  const params = { gateway: address.gateway, router: router.name, address: router.address };
  return address.gateway === router.address ? ok("default", params) : failed("elsewhere", null, params);
}

function judgeRules({ port }: Way, preset: PresetName): Finding {
  if (!port.portSecurity) return ok("portSecurityOff");
  const [group] = port.groups.toSorted((left, right) => Number(left.isDefault) - Number(right.isDefault));
  if (!group) return failed("noGroup", { kind: "setSecurityGroups" });
  const remedy = {
    kind: "addRule",
    securityGroupId: group.id,
    securityGroupName: group.name,
    preset,
  } as const;
  const params = { group: port.groups.map(({ name }) => name).join(", ") };
  const pass = passes(
    port.groups.flatMap(({ rules }) => rules),
    preset,
  );
  if (pass === "anybody") return ok("open", params);
  if (pass === "nobody") return failed("closed", remedy, params);
  return unknown("some", remedy, { ...params, from: pass.from.join(", ") });
}
