/** What a router may be: decided here from plain facts, for the verbs, the forms and the tests alike. */
import { z } from "zod";
import { cidr, contains, ipv4, overlap, toAddress, toNumber } from "./cidr.ts";
import { type DestinationFault, destinationFault } from "./route.ts";
import { isHostOf } from "./subnet.ts";

/** Neutron's own bound for a router (max_routes). */
const routeLimit = 30;

export const staticRoute = z.object({ destination: cidr, nextHop: ipv4 });
export type StaticRoute = z.infer<typeof staticRoute>;
export const staticRoutes = z.array(staticRoute).max(routeLimit, { error: "staticRoutesTooMany" });

/** A router's leg in a subnet. `external`: its gateway is there. */
export type RouterSubnet = {
  subnetId: string;
  subnetName: string;
  networkName: string;
  cidr: string;
  /** The router's own there. */
  address: string;
  external: boolean;
};

/** The connected one that the new one overlaps. */
export function overlapping<Range extends { cidr: string }>(
  connected: readonly Range[],
  added: { cidr: string },
): Range | null {
  return connected.find((one) => overlap(one.cidr, added.cidr)) ?? null;
}

export type RouteFault =
  | DestinationFault
  | "routeRepeats"
  | "nextHopUnreachable"
  | "nextHopOfSubnet"
  | "nextHopIsRouter"
  | "nextHopIsHost"
  | "nextHopIsMetadata"
  | "defaultRouteTaken";

/** Addresses that are no instance's. */
export type CloudAddresses = Readonly<Record<"hosts" | "metadata", readonly string[]>>;

/**
 * The first route that can't be, and why. `hosts`: this cloud's own machines in external networks; a guest's traffic that was
 * sent there would reach the host itself. `metadata`: where instances ask who they are, which forwards nothing.
 */
export function routeFault(
  routes: readonly StaticRoute[],
  connected: readonly RouterSubnet[],
  cloud: CloudAddresses,
): { index: number; fault: RouteFault } | null {
  for (const [index, route] of routes.entries()) {
    const earlier = routes.slice(0, index);
    const fault = faultOf(route, earlier, connected, cloud);
    if (fault) return { index, fault };
  }
  return null;
}

function faultOf(
  { destination, nextHop }: StaticRoute,
  earlier: readonly StaticRoute[],
  connected: readonly RouterSubnet[],
  { hosts, metadata }: CloudAddresses,
): RouteFault | null {
  const wrong = destinationFault(destination);
  if (wrong) return wrong;
  if (earlier.some((route) => route.destination === destination)) return "routeRepeats";
  // The gateway is the way to everywhere already.
  if (destination === "0.0.0.0/0" && connected.some(({ external }) => external)) return "defaultRouteTaken";
  const leg = connected.find((one) => contains(one.cidr, nextHop));
  if (!leg) return "nextHopUnreachable";
  if (leg.address === nextHop) return "nextHopIsRouter";
  if (hosts.includes(nextHop)) return "nextHopIsHost";
  if (metadata.includes(nextHop)) return "nextHopIsMetadata";
  return isHostOf(leg.cidr, nextHop) ? null : "nextHopOfSubnet";
}

/** The routes that go nowhere once the router leaves that subnet. */
export function routesBy(routes: readonly StaticRoute[], range: string): StaticRoute[] {
  return routes.filter(({ nextHop }) => contains(range, nextHop));
}

/** A subnet for a project that has no network: the first of these that overlaps nothing which is there. */
export function freeRange(taken: readonly string[]): string | null {
  const candidates = Array.from(
    { length: 256 },
    (_, third) => `${toAddress(toNumber(`10.0.${third}.0`))}/24`,
  );
  return candidates.find((candidate) => taken.every((range) => !overlap(range, candidate))) ?? null;
}
