import { describe, expect, test } from "vitest";
import type { RuleMatch } from "./security-rule.ts";
import { isSshPath, planSshPath, type SshPathFacts, type SshPathWish, sshPathUsage } from "./ssh-path.ts";

const outside = { id: "out", name: "outside", ranges: ["172.24.4.0/24"] };
const subnet = { id: "s1", name: "inner", cidr: "10.0.0.0/24", gateway: "10.0.0.1" };
const network = { id: "n1", name: "yard", own: true, subnets: [subnet] };
const router = {
  ...{ id: "r1", name: "way", externalNetworkId: "out", hasDefaultRoute: false },
  legs: [{ subnetId: "s1", cidr: "10.0.0.0/24" }],
};
const rule = (fields: Partial<RuleMatch>): RuleMatch => ({
  ...{ direction: "ingress", etherType: "IPv4", protocol: 6, portMin: 22, portMax: 22 },
  ...{ remoteCidr: null, remoteGroupId: null },
  ...fields,
});
const group = (name: string, rules: RuleMatch[], isDefault = false) => ({ id: name, name, isDefault, rules });

const none: SshPathFacts = { externals: [outside], networks: [], routers: [], groups: [] };
const usual: SshPathWish = { networks: [], securityGroupIds: null, canSignIn: true };
const plan = (facts: Partial<SshPathFacts>, wish: Partial<SshPathWish> = {}) =>
  planSshPath({ ...none, ...facts }, { ...usual, ...wish });

function pathOf(facts: Partial<SshPathFacts>, wish: Partial<SshPathWish> = {}) {
  const found = plan(facts, wish);
  if (!isSshPath(found)) throw new Error(found.fault);
  return found;
}

test("from nothing all of it is made, and the quota is told of all of it", () => {
  const path = pathOf({});
  expect(path).toEqual({
    external: { id: "out", name: "outside" },
    makesDefaultGroup: true,
    network: { kind: "made", name: "default" },
    subnet: { kind: "made", cidr: "10.0.0.0/24" },
    router: { kind: "made", name: "default" },
    group: { kind: "made", name: "ssh" },
  });
  expect(sshPathUsage(path, 3)).toEqual({
    ...{ networks: 1, subnets: 1, routers: 1, ports: 1, floating_ips: 3 },
    // The default group is made too.
    ...{ security_groups: 2, security_group_rules: 7 },
  });
});

test("what is there is used, and only the floating IPs are taken", () => {
  const path = pathOf({
    ...{ networks: [network], routers: [router] },
    groups: [group("default", [rule({})], true)],
  });
  expect(path).toMatchObject({
    network: { kind: "there", id: "n1" },
    subnet: { kind: "there", id: "s1" },
    router: { kind: "there", id: "r1" },
    group: { kind: "there", name: "default" },
  });
  expect(sshPathUsage(path, 1)).toMatchObject({ networks: 0, routers: 0, ports: 0, floating_ips: 1 });
});

describe("the router", () => {
  const facts = { networks: [network] };
  test("without a gateway gets one", () => {
    const found = pathOf({ ...facts, routers: [{ ...router, externalNetworkId: null }] });
    expect(found.router).toEqual({ kind: "gateway", id: "r1", name: "way" });
  });
  test("with a default route of its own is left alone", () => {
    const stubborn = { ...router, externalNetworkId: null, hasDefaultRoute: true };
    expect(pathOf({ ...facts, routers: [stubborn] }).router).toMatchObject({ kind: "made" });
  });
  test("of another network connects this one too", () => {
    const other = { ...router, legs: [{ subnetId: "s2", cidr: "10.1.0.0/24" }] };
    expect(pathOf({ ...facts, routers: [other] }).router).toMatchObject({ kind: "interface", id: "r1" });
  });
  test("whose subnets overlap does not, and the new one has a name of its own", () => {
    const other = { ...router, name: "default", legs: [{ subnetId: "s2", cidr: "10.0.0.0/16" }] };
    expect(pathOf({ ...facts, routers: [other] }).router).toEqual({ kind: "made", name: "default-2" });
  });
  test("leads to the external network that it is joined to", () => {
    const second = { id: "out2", name: "second", ranges: ["192.0.2.0/24"] };
    const found = pathOf({
      ...{ ...facts, externals: [outside, second] },
      routers: [{ ...router, externalNetworkId: "out2" }],
    });
    expect(found.external).toEqual({ id: "out2", name: "second" });
  });
});

describe("the security group", () => {
  const facts = { networks: [network], routers: [router] };
  test.each([
    ["a closed default is not opened", [group("default", [], true)], null, { kind: "made", name: "ssh" }],
    [
      "one that is only for it is added",
      [group("default", [], true), group("door", [rule({})])],
      null,
      { kind: "added", id: "door", name: "door" },
    ],
    [
      "one that opens more is not",
      [group("door", [rule({}), rule({ portMin: 80, portMax: 80 })])],
      null,
      { kind: "made", name: "ssh" },
    ],
    [
      "a range is not anybody",
      [group("ssh", [rule({ remoteCidr: "10.0.0.0/8" })])],
      ["ssh"],
      { kind: "made", name: "ssh-2" },
    ],
    [
      "a chosen one that opens it is enough",
      [group("web", [rule({ portMin: 1, portMax: 1000 })])],
      ["web"],
      { kind: "there", name: "web" },
    ],
  ])("%s", (_, groups, securityGroupIds, expected) => {
    expect(pathOf({ ...facts, groups }, { securityGroupIds }).group).toEqual(expected);
  });
});

const faults: [string, Partial<SshPathFacts>, Partial<SshPathWish>][] = [
  ["sshNeedsKey", {}, { canSignIn: false }],
  ["sshNeedsExternal", { externals: [] }, {}],
  ["sshNeedsNetwork", {}, { networks: "none" }],
  ["sshNeedsNetwork", {}, { networks: [{ portId: "p" }] }],
  ["sshChooseNetwork", { networks: [network, { ...network, id: "n2" }] }, {}],
  [
    "sshNetworkWithoutSubnet",
    { networks: [{ ...network, subnets: [] }] },
    { networks: [{ networkId: "n1", address: null }] },
  ],
  [
    "sshNetworkForeign",
    { networks: [{ ...network, own: false }] },
    { networks: [{ networkId: "n1", address: null }] },
  ],
  ["sshSubnetWithoutGateway", { networks: [{ ...network, subnets: [{ ...subnet, gateway: null }] }] }, {}],
  ["sshNoRange", { externals: [{ ...outside, ranges: ["10.0.0.0/8"] }] }, {}],
];
test.each(faults)("%s is said", (fault, facts, wish) => {
  expect(plan(facts, wish)).toMatchObject({ fault });
});

test("a shared network is used where a router of the project is in it by a port", () => {
  const shared = { ...network, own: false };
  const networks = [{ networkId: "n1", address: null }];
  expect(pathOf({ networks: [shared], routers: [router] }, { networks }).router.kind).toBe("there");
});
