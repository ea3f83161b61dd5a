import { expect, test } from "vitest";
import { judgeReach } from "./reach.ts";
import type { ReachCheckKey, ReachFacts, ReachInterface, ReachRouter } from "./reach-facts.ts";
import { passes } from "./reach-rule.ts";
import type { RuleMatch } from "./security-rule.ts";

const open: RuleMatch = {
  direction: "ingress",
  etherType: "IPv4",
  protocol: 6,
  portMin: 22,
  portMax: 22,
  remoteCidr: null,
  remoteGroupId: null,
};
const ping: RuleMatch = { ...open, protocol: 1, portMin: 8, portMax: null };
const router: ReachRouter = {
  id: "router",
  name: "door",
  subnetId: "subnet",
  address: "10.0.0.1",
  externalNetworkId: "outside",
  applied: true,
};
const address = { address: "10.0.0.7", subnetId: "subnet", gateway: "10.0.0.1", dhcp: true };
const group = { id: "group", name: "web", isDefault: false, rules: [open, ping] };
const floatingIp = { address: "203.0.113.9", fixedAddress: "10.0.0.7", applied: true };
const port: ReachInterface = {
  portId: "port",
  networkId: "net",
  networkName: "yard",
  external: false,
  addresses: [address],
  bound: true,
  up: true,
  portSecurity: true,
  groups: [group],
  floatingIps: [floatingIp],
  routers: [router],
};
const fine: ReachFacts = {
  status: "ACTIVE",
  taskState: null,
  powerState: "RUNNING",
  hypervisorReachable: true,
  interfaces: [port],
  externalNetworks: [{ id: "outside", name: "public" }],
  freeFloatingIps: [],
  routers: [{ id: "router", name: "door", externalNetworkId: "outside" }],
};
const withPort = (fields: Partial<ReachInterface>): ReachFacts => ({
  ...fine,
  interfaces: [{ ...port, ...fields }],
});
const closed = { ...router, externalNetworkId: null };

function firstOf(facts: ReachFacts) {
  const { first, checks } = judgeReach(facts);
  const check = checks.find(({ key }) => key === first);
  return { first, reason: check?.reason ?? null, remedy: check?.remedy ?? null };
}

test("nothing that can be seen from here stands in the way: only what is inside is unknown", () => {
  const { first, checks, address: at } = judgeReach(fine);
  expect([first, at]).toEqual([null, "203.0.113.9"]);
  expect(checks.filter(({ state }) => state !== "ok")).toMatchObject([
    { key: "service", state: "unknown", remedy: { kind: "openConsole" } },
  ]);
});

const cases: [
  what: string,
  facts: ReachFacts,
  first: ReachCheckKey,
  reason: string,
  remedy: object | null,
][] = [
  [
    "switched off",
    { ...fine, status: "SHUTOFF", powerState: "SHUTDOWN" },
    "guest",
    "stopped",
    { kind: "startInstance" },
  ],
  ["still building", { ...fine, status: "BUILD", powerState: "NOSTATE" }, "guest", "starting", null],
  ["failed", { ...fine, status: "ERROR", powerState: "CRASHED" }, "guest", "error", null],
  ["host away", { ...fine, hypervisorReachable: false }, "hypervisor", "silent", null],
  ["no interface", { ...fine, interfaces: [] }, "interface", "none", { kind: "attachInterface" }],
  ["no address", withPort({ addresses: [], floatingIps: [] }), "address", "none", null],
  ["bound elsewhere", withPort({ bound: false }), "port", "notBound", null],
  ["port down", withPort({ up: false }), "port", "down", null],
  [
    "no router, but the project has one",
    withPort({ routers: [], floatingIps: [] }),
    "router",
    "none",
    { kind: "addRouterInterface", routerId: "router", routerName: "door", subnetId: "subnet" },
  ],
  [
    "no router at all",
    { ...withPort({ routers: [], floatingIps: [] }), routers: [] },
    "router",
    "none",
    { kind: "createRouter", externalNetworkId: "outside", subnetId: "subnet" },
  ],
  [
    "no router and nowhere to go",
    { ...withPort({ routers: [], floatingIps: [] }), routers: [], externalNetworks: [] },
    "router",
    "none",
    null,
  ],
  [
    "no gateway",
    withPort({ routers: [closed], floatingIps: [] }),
    "gateway",
    "none",
    { kind: "setGateway", routerId: "router", routerName: "door", externalNetworkId: "outside" },
  ],
  [
    "no gateway and nowhere to go",
    { ...withPort({ routers: [closed], floatingIps: [] }), externalNetworks: [] },
    "gateway",
    "noExternal",
    null,
  ],
  ["router not ready", withPort({ routers: [{ ...router, applied: false }] }), "gateway", "pending", null],
  [
    "no floating IP",
    withPort({ floatingIps: [] }),
    "floatingIp",
    "none",
    { kind: "allocateFloatingIp", externalNetworkId: "outside", portId: "port", fixedAddress: "10.0.0.7" },
  ],
  [
    "no floating IP, one of that network free",
    {
      ...withPort({ floatingIps: [] }),
      freeFloatingIps: [
        { id: "far", address: "198.51.100.1", networkId: "elsewhere" },
        { id: "free", address: "203.0.113.5", networkId: "outside" },
      ],
    },
    "floatingIp",
    "none",
    {
      kind: "associateFloatingIp",
      floatingIpId: "free",
      address: "203.0.113.5",
      portId: "port",
      fixedAddress: "10.0.0.7",
    },
  ],
  [
    "floating IP not there yet",
    withPort({ floatingIps: [{ ...floatingIp, applied: false }] }),
    "floatingIp",
    "pending",
    null,
  ],
  ["no way back", withPort({ addresses: [{ ...address, gateway: null }] }), "route", "noGateway", null],
  [
    "answers leave elsewhere",
    withPort({ addresses: [{ ...address, gateway: "10.0.0.254" }] }),
    "route",
    "elsewhere",
    null,
  ],
  [
    "SSH closed",
    withPort({
      groups: [
        { ...group, isDefault: true, id: "default" },
        { ...group, rules: [ping] },
      ].slice(1),
    }),
    "ssh",
    "closed",
    { kind: "addRule", securityGroupId: "group", securityGroupName: "web", preset: "ssh" },
  ],
  [
    "only ping closed",
    withPort({ groups: [{ ...group, rules: [open] }] }),
    "ping",
    "closed",
    { kind: "addRule", securityGroupId: "group", securityGroupName: "web", preset: "ping" },
  ],
  ["no group at all", withPort({ groups: [] }), "ssh", "noGroup", { kind: "setSecurityGroups" }],
];

test.each(cases)("%s", (_what, facts, first, reason, remedy) => {
  expect(firstOf(facts)).toEqual({ first, reason, remedy });
});

test("what others come after is not looked at: it is unknown, not wrong", () => {
  const { checks } = judgeReach({ ...fine, interfaces: [] });
  const failing = checks.filter(({ state }) => state === "failed").map(({ key }) => key);
  expect(failing).toEqual(["interface"]);
});

test("an instance in an external network needs neither router nor floating IP", () => {
  const facts = withPort({ external: true, routers: [], floatingIps: [] });
  expect(judgeReach(facts)).toMatchObject({ first: null, address: "10.0.0.7" });
});

test("without port security no group counts", () => {
  expect(judgeReach(withPort({ portSecurity: false, groups: [] })).first).toBeNull();
});

test("of several interfaces the one nearest to the world is looked at", () => {
  const hidden = { ...port, portId: "hidden", floatingIps: [], routers: [] };
  expect(judgeReach({ ...fine, interfaces: [hidden, port] }).first).toBeNull();
  const half = { ...port, portId: "half", floatingIps: [] };
  expect(firstOf({ ...fine, interfaces: [hidden, half] })).toMatchObject({
    first: "floatingIp",
    remedy: { portId: "half" },
  });
});

test("a stopped guest's port is not judged, and the rule goes into a group that is not the default one", () => {
  const off = judgeReach({ ...fine, powerState: "SHUTDOWN", status: "SHUTOFF" });
  expect(off.checks.find(({ key }) => key === "port")).toMatchObject({ state: "unknown" });
  const groups = [
    { ...group, id: "default", name: "a", isDefault: true, rules: [] },
    { ...group, rules: [] },
  ];
  expect(firstOf(withPort({ groups }))).toMatchObject({ remedy: { securityGroupId: "group" } });
});

test.each<[RuleMatch[], "ssh" | "ping", unknown]>([
  [[open], "ssh", "anybody"],
  [[{ ...open, remoteCidr: "0.0.0.0/0" }], "ssh", "anybody"],
  [[{ ...open, protocol: null, portMin: null, portMax: null }], "ssh", "anybody"],
  [[{ ...open, portMin: 1, portMax: 1024 }], "ssh", "anybody"],
  [[{ ...open, portMin: null, portMax: null }], "ssh", "anybody"],
  [[{ ...open, portMin: 23, portMax: 1024 }], "ssh", "nobody"],
  [[{ ...open, protocol: 17 }], "ssh", "nobody"],
  [[{ ...open, direction: "egress" }], "ssh", "nobody"],
  [[{ ...open, etherType: "IPv6" }], "ssh", "nobody"],
  [[{ ...open, remoteGroupId: "group" }], "ssh", "nobody"],
  [[{ ...open, remoteCidr: "10.0.0.0/8" }], "ssh", { from: ["10.0.0.0/8"] }],
  [[{ ...open, remoteCidr: "10.0.0.0/8" }, open], "ssh", "anybody"],
  [[ping], "ping", "anybody"],
  [[{ ...ping, portMin: null }], "ping", "anybody"],
  [[{ ...ping, portMax: 0 }], "ping", "anybody"],
  [[{ ...ping, portMax: 1 }], "ping", "nobody"],
  [[{ ...ping, portMin: 0 }], "ping", "nobody"],
  [[open], "ping", "nobody"],
])("%o lets in for %s: %o", (rules, preset, passage) => {
  expect(passes(rules, preset)).toEqual(passage);
});
