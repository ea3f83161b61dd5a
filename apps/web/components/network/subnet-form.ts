/** The form of a subnet: what is typed, as text, and what it comes to. */
import { cidr, cidrOf, ipv4, toAddress, toNumber } from "@madang/core/network/cidr";
import {
  isFault,
  type Pool,
  planSubnet,
  poolSize,
  type SubnetFault,
  type SubnetPlan,
} from "@madang/core/network/subnet";
import type { Route } from "@madang/core/network/topology";
import type { SubnetRow } from "../../lib/rows.ts";

export type SubnetForm = {
  name: string;
  cidr: string;
  gatewayKind: "first" | "own" | "none";
  gateway: string;
  dhcp: boolean;
  /** One `start-end` a line; empty: all. */
  pools: string;
  /** Separated by commas, spaces or lines. */
  dnsServers: string;
  /** One `destination via nextHop` a line. */
  hostRoutes: string;
};

export const emptySubnet: SubnetForm = {
  name: "",
  cidr: "",
  gatewayKind: "first",
  gateway: "",
  dhcp: true,
  pools: "",
  dnsServers: "",
  hostRoutes: "",
};

export type SubnetAsked = SubnetPlan & { dhcp: boolean; dnsServers: string[] };

export function asksFor(read: SubnetAsked | SubnetFault): read is SubnetAsked {
  return !("reason" in read);
}

/** What the form asks for, or what is wrong with it first, under the name of the form's field. */
export function readSubnet(values: SubnetForm): SubnetAsked | SubnetFault {
  const range = cidr.safeParse(values.cidr);
  if (!range.success) return { reason: "cidrInvalid", field: "cidr" };
  const own = values.gatewayKind === "own" ? ipv4.safeParse(values.gateway) : null;
  if (own && !own.success) return { reason: "addressInvalid", field: "gateway" };
  const pools = readPools(values.pools);
  if (pools === null) return { reason: "addressInvalid", field: "pools" };
  const dnsServers = readAddresses(values.dnsServers);
  if (dnsServers === null) return { reason: "addressInvalid", field: "dnsServers" };
  const hostRoutes = readRoutes(values.hostRoutes);
  if (hostRoutes === null) return { reason: "addressInvalid", field: "hostRoutes" };
  const gateway = { first: undefined, own: own?.data, none: null }[values.gatewayKind];
  const planned = planSubnet({ cidr: range.data, gateway, pools, hostRoutes });
  if (isFault(planned)) return { ...planned, field: planned.field.split(".")[0] ?? "cidr" };
  return { ...planned, dhcp: values.dhcp, dnsServers };
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** null: not understood. */
function allOrNull<T>(items: readonly (T | null)[]): T[] | null {
  const known = items.flatMap((item) => (item === null ? [] : [item]));
  return known.length === items.length ? known : null;
}

function readPools(text: string): Pool[] | null {
  return allOrNull(
    lines(text).map((line) => {
      const [start = "", end = start] = line.split(/\s*[-–~]\s*|\s+/);
      return ipv4.safeParse(start).success && ipv4.safeParse(end).success ? { start, end } : null;
    }),
  );
}

function readAddresses(text: string): string[] | null {
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  return allOrNull(words.map((word) => (ipv4.safeParse(word).success ? word : null)));
}

function readRoutes(text: string): Route[] | null {
  return allOrNull(
    lines(text).map((line) => {
      const [destination = "", nextHop = ""] = line.split(/\s+via\s+|\s*,\s*|\s+/);
      const to = cidr.safeParse(destination);
      return to.success && ipv4.safeParse(nextHop).success ? { destination: to.data, nextHop } : null;
    }),
  );
}

/** For editing: what was filled in by itself is shown as left open. */
export function formOf(subnet: SubnetRow): SubnetForm {
  const usual = planSubnet({ cidr: subnet.cidr, gateway: subnet.gateway });
  const isUsual = !isFault(usual) && JSON.stringify(usual.pools) === JSON.stringify(subnet.pools);
  const range = cidrOf(subnet.cidr);
  const first = range && toAddress(range.first + 1);
  return {
    name: subnet.name,
    cidr: subnet.cidr,
    gatewayKind: gatewayKindOf(subnet.gateway, first),
    gateway: subnet.gateway ?? "",
    dhcp: subnet.dhcp,
    pools: isUsual ? "" : subnet.pools.map(({ start, end }) => `${start}-${end}`).join("\n"),
    dnsServers: subnet.dnsServers.join(", "),
    hostRoutes: subnet.hostRoutes
      .map(({ destination, nextHop }) => `${destination} via ${nextHop}`)
      .join("\n"),
  };
}

function gatewayKindOf(gateway: string | null, first: string | null): SubnetForm["gatewayKind"] {
  if (gateway === null) return "none";
  return gateway === first ? "first" : "own";
}

/** How many addresses ports can have: the pools' without the one that metadata is served at. */
export function roomOf(asked: SubnetAsked): number {
  return Math.max(0, poolSize(asked.pools) - (asked.dhcp ? 1 : 0));
}

/** The first /24 of 10.0.0.0/8 that overlaps nothing the project can reach; "": there is none. */
export function freeRange(taken: readonly string[]): string {
  const ranges = taken.flatMap((one) => cidrOf(one) ?? []);
  const first = toNumber("10.0.0.0");
  const starts = Array.from({ length: 65_536 }, (_, index) => first + index * 256);
  const free = starts.find((start) => ranges.every((one) => one.last < start || one.first > start + 255));
  return free === undefined ? "" : `${toAddress(free)}/24`;
}
