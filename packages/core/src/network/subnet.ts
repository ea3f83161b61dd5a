/** The arithmetic of a subnet, the same in the admission transaction and live in the form. IPv4. */
import { type Cidr, cidrOf, contains, overlap, toAddress, toNumber } from "./cidr.ts";
import { destinationFault } from "./route.ts";
import type { Route } from "./topology.ts";

/** Both ends are given out. */
export type Pool = { start: string; end: string };

/** As somebody asks for it: no gateway named is the first address, no pools are all that may be given out. */
export type SubnetWish = {
  cidr: string;
  gateway?: string | null | undefined;
  pools?: readonly Pool[] | undefined;
  hostRoutes?: readonly Route[] | undefined;
};
export type SubnetPlan = {
  cidr: string;
  gateway: string | null;
  pools: Pool[];
  hostRoutes: readonly Route[];
};

/** `reason` is a key of the catalogues (`errors.<reason>`), `field` the dotted path of what is at fault. */
export type SubnetFault = { reason: string; field: string; params?: { [key: string]: string } };

/** A /30 has two addresses, fewer leave none beside a gateway; more than a /8 nobody owns. */
export const prefixBounds = { min: 8, max: 30 } as const;

/**
 * IANA's ranges (RFC 6890) that a guest's own kernel treats as something else: "this network", loopback, link-local (where
 * 169.254.169.254 is), multicast and beyond.
 */
const reservedRanges = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"] as const;

/** The first and last address that a host may have. */
export function hostRange({ first, last }: Cidr): { first: number; last: number } {
  return { first: first + 1, last: last - 1 };
}

/** Whether an address belongs to a subnet, and is neither its own name nor its broadcast. */
export function isHostOf(cidr: string, address: string): boolean {
  const range = cidrOf(cidr);
  if (range === null) return false;
  const [number, hosts] = [toNumber(address), hostRange(range)];
  return number >= hosts.first && number <= hosts.last;
}

/** How many addresses all pools together give out. */
export function poolSize(pools: readonly Pool[]): number {
  return pools.reduce((sum, { start, end }) => sum + toNumber(end) - toNumber(start) + 1, 0);
}

/** All that may be given out: every host but the gateway. */
export function wholePools(range: Cidr, gateway: string | null): Pool[] {
  const { first, last } = hostRange(range);
  if (gateway === null) return poolOf(first, last);
  return [...poolOf(first, toNumber(gateway) - 1), ...poolOf(toNumber(gateway) + 1, last)];
}

function poolOf(start: number, end: number): Pool[] {
  return start <= end ? [{ start: toAddress(start), end: toAddress(end) }] : [];
}

/** The subnet with everything that was left open filled in, pools in order; or what is wrong with it first. */
export function planSubnet(wish: SubnetWish): SubnetPlan | SubnetFault {
  const range = cidrOf(wish.cidr);
  if (range === null) return { reason: "cidrInvalid", field: "cidr" };
  const cidr = `${toAddress(range.first)}/${range.prefix}`;
  const gateway = wish.gateway === undefined ? toAddress(range.first + 1) : wish.gateway;
  const fault =
    rangeFault(cidr, range) ?? gatewayFault(cidr, gateway) ?? poolFault(cidr, gateway, wish.pools);
  if (fault) return fault;
  const pools = wish.pools?.length
    ? [...wish.pools].sort((left, right) => toNumber(left.start) - toNumber(right.start))
    : wholePools(range, gateway);
  const hostRoutes = wish.hostRoutes ?? [];
  return routeFault(cidr, hostRoutes) ?? { cidr, gateway, pools, hostRoutes };
}

export function isFault(planned: SubnetPlan | SubnetFault): planned is SubnetFault {
  return "reason" in planned;
}

function rangeFault(cidr: string, { prefix }: Cidr): SubnetFault | null {
  const field = "cidr";
  if (prefix > prefixBounds.max) return { reason: "cidrTooSmall", field, params: { cidr } };
  if (prefix < prefixBounds.min) return { reason: "cidrTooLarge", field, params: { cidr } };
  const taken = reservedRanges.find((range) => overlap(range, cidr));
  return taken ? { reason: "cidrReserved", field, params: { cidr, range: taken } } : null;
}

function gatewayFault(cidr: string, gateway: string | null): SubnetFault | null {
  if (gateway === null || isHostOf(cidr, gateway)) return null;
  const reason = contains(cidr, gateway) ? "gatewayReserved" : "gatewayOutside";
  return { reason, field: "gateway", params: { cidr, gateway } };
}

function poolFault(
  cidr: string,
  gateway: string | null,
  pools: readonly Pool[] | undefined = [],
): SubnetFault | null {
  const faults = pools.flatMap((pool, index) => onePoolFault(cidr, gateway, pool, index) ?? []);
  if (faults[0]) return faults[0];
  const index = pools.findIndex((pool, at) =>
    pools.some((other, before) => before < at && meet(pool, other)),
  );
  if (index < 0) return null;
  return { reason: "poolsOverlap", field: `pools.${index}.start`, params: textOf(pools[index]) };
}

function onePoolFault(cidr: string, gateway: string | null, pool: Pool, index: number): SubnetFault | null {
  const [start, end] = [toNumber(pool.start), toNumber(pool.end)];
  const params = { cidr, ...textOf(pool) };
  if (start > end) return { reason: "poolBackwards", field: `pools.${index}.end`, params };
  if (!isHostOf(cidr, pool.start)) return { reason: "poolOutside", field: `pools.${index}.start`, params };
  if (!isHostOf(cidr, pool.end)) return { reason: "poolOutside", field: `pools.${index}.end`, params };
  const within = gateway !== null && toNumber(gateway) >= start && toNumber(gateway) <= end;
  if (!within) return null;
  return { reason: "poolHasGateway", field: `pools.${index}.start`, params: { ...params, gateway } };
}

function textOf(pool: Pool | undefined): { pool: string } {
  return { pool: pool ? `${pool.start}–${pool.end}` : "" };
}

function meet(left: Pool, right: Pool): boolean {
  return toNumber(left.start) <= toNumber(right.end) && toNumber(right.start) <= toNumber(left.end);
}

/** A guest can only send to a next hop that is on its own subnet. */
function routeFault(cidr: string, routes: readonly Route[]): SubnetFault | null {
  for (const [index, { destination }] of routes.entries()) {
    const reason = destinationFault(destination);
    if (reason) return { reason, field: `hostRoutes.${index}.destination`, params: { destination } };
  }
  const index = routes.findIndex(({ nextHop }) => !isHostOf(cidr, nextHop));
  const route = routes[index];
  if (!route) return null;
  return { reason: "nextHopOutside", field: `hostRoutes.${index}.nextHop`, params: { cidr, ...route } };
}
