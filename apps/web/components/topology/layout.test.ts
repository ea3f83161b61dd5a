import { expect, test } from "vitest";
import type { TopologyInstanceRow, TopologyView } from "../../lib/rows.ts";
import { type Box, layoutTopology, type TopologyNode } from "./layout.ts";
import { neighbour } from "./neighbour.ts";

const width = 1_200;

function network(id: string, external = false): TopologyView["networks"][number] {
  return { id, name: id, external, shared: false, own: !external, status: "ACTIVE", cidrs: ["10.0.0.0/24"] };
}

function router(id: string, outside: string | null, networks: string[]): TopologyView["routers"][number] {
  const legs = networks.map((networkId) => ({ networkId, address: "10.0.0.1" }));
  return { id, name: id, externalNetworkId: outside, gatewayAddress: null, snat: true, applied: true, legs };
}

function instance(
  id: string,
  networks: string[],
  fields: Partial<TopologyInstanceRow> = {},
): TopologyInstanceRow {
  const ports = networks.map((networkId) => ({
    networkId,
    addresses: ["10.0.0.9"],
    floatingIps: [],
    up: true,
  }));
  const state = { status: "ACTIVE", taskState: null, powerState: "RUNNING" } as const;
  return { id, name: id, ...state, waiting: false, hypervisorReachable: true, ports, ...fields };
}

function viewOf(fields: Partial<TopologyView>): TopologyView {
  return { networks: [], routers: [], instances: [], instanceTotal: 0, ...fields };
}

const none = new Set<string>();
const small = viewOf({
  networks: [network("back"), network("front"), network("public", true), network("alone")],
  routers: [router("inner", null, ["front", "back"]), router("door", "public", ["front"])],
  instances: [instance("web", ["front", "back"]), instance("db", ["back"]), instance("lost", [])],
});
const large = viewOf({
  networks: [network("net", false)],
  instances: Array.from({ length: 500 }, (_, index) =>
    instance(`i${String(index).padStart(3, "0")}`, ["net"], index === 400 ? { status: "ERROR" } : {}),
  ),
});

function overlaps(left: Box, right: Box): boolean {
  return (
    left.x < right.x + right.width &&
    right.x < left.x + left.width &&
    left.y < right.y + right.height &&
    right.y < left.y + left.height
  );
}

function isBand({ kind }: TopologyNode): boolean {
  return kind === "network" || kind === "loose";
}

test("bands stand in the order of the way out, routers above what they alone connect", () => {
  const { nodes } = layoutTopology(small, none, width);
  const rows = nodes.filter((node) => isBand(node) || node.kind === "router").map(({ key }) => key);
  expect(rows).toEqual(["public", "door", "front", "inner", "back", "alone", "loose"]);
});

test("an instance stands in each of its networks, but is itself only in the first", () => {
  const { nodes } = layoutTopology(small, none, width);
  const webs = nodes.flatMap((node) =>
    node.kind === "instance" && node.instance.id === "web" ? [[node.key, node.again]] : [],
  );
  expect(webs).toEqual([
    ["front/web", false],
    ["back/web", true],
  ]);
});

test.each([
  ["5 nodes", small, none, 1_200],
  ["5 nodes on a phone", small, none, 343],
  ["500 nodes", large, none, 1_200],
  ["500 nodes, all shown", large, new Set(["net"]), 1_200],
])("%s: nothing lies over another, everything is within", (_name, view, opened, frame) => {
  const { nodes, lines, width: wide, height } = layoutTopology(view, opened, frame);
  const bands = nodes.filter(isBand);
  const others = nodes.filter((node) => !isBand(node));
  const over = [bands, others].flatMap((group) =>
    group.flatMap((node, index) =>
      group.slice(index + 1).flatMap((other) => (overlaps(node, other) ? [[node.key, other.key]] : [])),
    ),
  );
  expect(over).toEqual([]);
  for (const node of nodes) {
    expect(node.x + node.width).toBeLessThanOrEqual(wide);
    expect(node.y + node.height).toBeLessThanOrEqual(height);
  }
  const left = Math.min(...nodes.map(({ x }) => x));
  // Only where they end under a router's round side do they go further.
  for (const { points } of lines) for (const [x] of points) expect(x).toBeLessThanOrEqual(left + 4);
  expect(wide).toBeLessThanOrEqual(frame);
});

test("beyond a limit instances are counted, those in trouble are shown, and all on demand", () => {
  const { nodes } = layoutTopology(large, none, width);
  const cards = nodes.filter(({ kind }) => kind === "instance");
  expect(cards[0]?.key).toBe("net/i400");
  expect(cards.length).toBeLessThan(30);
  const more = nodes.find((node) => node.kind === "more");
  expect(more).toMatchObject({ hidden: 500 - cards.length, open: false, counts: [{ status: "ACTIVE" }] });
  const whole = layoutTopology(large, new Set(["net"]), width).nodes;
  expect(whole.filter(({ kind }) => kind === "instance")).toHaveLength(500);
  expect(whole.find((node) => node.kind === "more")).toMatchObject({ hidden: 0, open: true });
});

test("with many networks each shows fewer, in the order that people count in", () => {
  const names = Array.from({ length: 20 }, (_, index) => `net-${index}`);
  const instances = names.flatMap((name) =>
    Array.from({ length: 24 }, (_, index) => instance(`${name}-web-${index}`, [name])),
  );
  const { nodes } = layoutTopology(
    viewOf({ networks: names.map((name) => network(name)), instances }),
    none,
    width,
  );
  const first = nodes.flatMap((node) =>
    node.key.startsWith("net-0/") && node.kind === "instance" ? node.key : [],
  );
  expect(first).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `net-0/net-0-web-${index}`));
  expect(nodes.filter(({ kind }) => kind === "more")).toHaveLength(20);
});

test("legs of routers that are abreast go down lanes of their own", () => {
  const view = viewOf({
    networks: [network("a"), network("b"), network("c")],
    routers: [router("one", null, ["a", "c"]), router("two", null, ["b", "c"])],
  });
  const { lines } = layoutTopology(view, none, width);
  const laneOf = (key: string) => lines.find((line) => line.key.startsWith(key))?.points[1]?.[0];
  expect(laneOf("one/a")).toBe(laneOf("one/c"));
  expect(laneOf("one/")).not.toBe(laneOf("two/"));
});

test("arrow keys go through all of it", () => {
  const { nodes } = layoutTopology(small, none, width);
  const seen = new Set<string>();
  const waiting = [nodes[0]?.key ?? ""];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    for (const direction of ["up", "down", "left", "right"] as const) {
      const next = neighbour(nodes, key, direction);
      if (next) waiting.push(next);
    }
  }
  expect([...seen].toSorted()).toEqual(nodes.map(({ key }) => key).toSorted());
  expect(neighbour(nodes, "public", "up")).toBeNull();
  expect(neighbour(nodes, "public", "down")).toBe("door");
});
