/** Where ports belong, what a guest waits for, and what is written after a pass. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bindingOf,
  isSurprise,
  newlyRealised,
  type PortFacts,
  portChanges,
  portReadiness,
  refusedRows,
  routerChanges,
} from "./network.plan.ts";

describe("a port", () => {
  it.each([
    ["nowhere while there is no guest", null, null, [], null],
    ["where its guest is placed", null, "a", ["a"], "a"],
    ["where it is bound, while a guest row is left there", "a", "b", ["a", "b"], "a"],
    ["elsewhere once none is", "a", "b", ["b"], "b"],
    ["nowhere once the last is gone", "a", null, [], null],
    ["where it is bound, while its guest is on its way out", "a", null, ["a"], "a"],
    ["not where a guest is on its way out", null, null, ["a"], null],
  ])("belongs %s", (_, bound, active, bodies, expected) => {
    expect(bindingOf(bound, active, bodies)).toBe(expected);
  });

  it("never leaves a hypervisor on which its instance has a guest row", () => {
    const host = fc.constantFrom("a", "b", "c");
    fc.assert(
      fc.property(host, fc.option(host), fc.array(host), (bound, active, others) => {
        expect(bindingOf(bound, active, [...others, bound])).toBe(bound);
      }),
    );
  });
});

describe("a guest", () => {
  const port = (realisedGeneration: number) => ({
    generation: 2,
    realisedGeneration,
    realisedHypervisorId: "a",
  });
  const stopped = [{ desired: "stopped" }];

  it("that is to be started waits for the latest that was asked of its ports", () => {
    expect(portReadiness([port(1)], stopped, false)).toEqual([
      { condition: "PortsBound", hypervisorId: null },
    ]);
    expect(portReadiness([port(2)], stopped, false)).toEqual([
      { condition: "PortsBound", hypervisorId: "a" },
    ]);
  });

  it("that runs is left alone by a change", () => {
    expect(portReadiness([port(1)], [{ desired: "running" }], false)).toEqual([
      { condition: "PortsBound", hypervisorId: "a" },
    ]);
  });

  it("that is deleted waits for no port", () => expect(portReadiness([port(2)], stopped, true)).toEqual([]));
});

describe("after a pass", () => {
  const port = (change: Partial<PortFacts>): PortFacts => ({
    id: "p",
    generation: 2,
    realisedGeneration: 2,
    realisedHypervisorId: "a",
    hypervisorId: "a",
    up: true,
    ...change,
  });
  const seen = (up: boolean) => ({ ports: [{ portId: "p", up }], gateways: new Map() });

  it.each([
    ["nothing of a port that is as it was", {}, true, []],
    ["of one that was bound", { realisedHypervisorId: null }, true, [{ up: true, bound: true }]],
    ["of one that was changed", { realisedGeneration: 1 }, true, [{ up: true, bound: true }]],
    ["of one that came up", { up: false }, true, [{ up: true, bound: false }]],
    ["of one that went down", {}, false, [{ up: false, bound: false }]],
  ])("is written %s", (_, change, up, expected) => {
    expect(portChanges([port(change)], seen(up))).toMatchObject(expected);
  });

  it("a port of which the network says nothing is down", () => {
    expect(portChanges([port({})], { ports: [], gateways: new Map() })).toMatchObject([{ up: false }]);
  });

  it("only what happens to a port where it stays is a surprise", () => {
    const [lost] = portChanges([port({})], seen(false));
    const [launched] = portChanges([port({ realisedHypervisorId: null, up: false })], seen(true));
    const [free] = portChanges([port({ realisedHypervisorId: null, hypervisorId: null })], seen(false));
    expect([lost, launched, free].map((change) => change && isSurprise(change))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("a router's gateway is one of our hypervisors, or none", () => {
    const router = { id: "r", generation: 1, realisedGeneration: 1, gatewayHypervisorId: "a" };
    const through = (name: string) => ({ ports: [], gateways: new Map([["r", name]]) });
    expect(routerChanges([router], through("a"), ["a", "b"])).toEqual([]);
    expect(routerChanges([router], through("b"), ["a", "b"])).toEqual([{ router, gateway: "b" }]);
    expect(routerChanges([router], through("theirs"), ["a", "b"])).toEqual([{ router, gateway: null }]);
    expect(routerChanges([router], { ports: [], gateways: new Map() }, ["a"])).toEqual([
      { router, gateway: null },
    ]);
  });

  it("a router's gateway stays as it was seen last while nobody can say where it is", () => {
    const unknown = { ports: [], gateways: null };
    const router = { id: "r", generation: 1, realisedGeneration: 1, gatewayHypervisorId: "a" };
    expect(routerChanges([router], unknown, [])).toEqual([]);
    const changed = { ...router, generation: 2 };
    expect(routerChanges([changed], unknown, ["b"])).toEqual([{ router: changed, gateway: "a" }]);
  });

  it("a row is written once for each wish", () => {
    const rows = [0, 1, 2].map((realisedGeneration) => ({ id: "n", generation: 2, realisedGeneration }));
    expect(newlyRealised(rows).map((row) => row.realisedGeneration)).toEqual([0, 1]);
  });
});

it("what is refused of a part is said of the whole that somebody looks at", () => {
  const topology = {
    networks: [{ id: "n", subnets: [{ id: "s" }] }],
    securityGroups: [
      { id: "g", rules: [{ id: "rule" }] },
      { id: "h", rules: [] },
    ],
  };
  const ports = [
    { id: "leg", routerId: "r" },
    { id: "p", routerId: null },
  ];
  const refused = ["subnet s", "rule rule", "port leg", "port p", "floating-ip f", "shared shared"].map(
    (line) => {
      const [kind = "", id = ""] = line.split(" ");
      return { kind, id };
    },
  );
  expect(refusedRows(refused, topology, ports)).toEqual({
    networks: new Set(["n"]),
    ports: new Set(["leg", "p"]),
    routers: new Set(["r"]),
    floatingIps: new Set(["f"]),
    securityGroups: new Set(["g"]),
  });
});
