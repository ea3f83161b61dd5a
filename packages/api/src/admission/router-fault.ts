/** Why a router can't be changed so, always with the names of what stands in the way. */
import { CloudError } from "@madang/core/errors";
import type { RouteFault, RouterSubnet, StaticRoute } from "@madang/core/network/router";

type Named = Pick<RouterSubnet, "subnetName" | "cidr">;

function textOf({ subnetName, cidr }: Named): string {
  return `${subnetName} (${cidr})`;
}

export function overlaps(connected: Named, added: Named, field: string): CloudError {
  const [there, wanted] = [textOf(connected), textOf(added)];
  return new CloudError("Conflict", `${wanted} overlaps ${there}, which the router connects already.`, {
    reason: "routerSubnetsOverlap",
    params: { added: wanted, connected: there },
    field,
  });
}

export function floatingIpsNeedIt(addresses: readonly string[]): CloudError {
  const named = addresses.join(", ");
  return new CloudError("Conflict", `Floating IPs lead through it: ${named}. Disassociate them first.`, {
    reason: "floatingIpsNeedRouter",
    params: { addresses: named, count: addresses.length },
  });
}

export function routesNeedIt(routes: readonly StaticRoute[]): CloudError {
  const named = routes.map(({ destination, nextHop }) => `${destination} → ${nextHop}`).join(", ");
  return new CloudError("Conflict", `Static routes of the router need it: ${named}. Remove them first.`, {
    reason: "routesNeedInterface",
    params: { routes: named, count: routes.length },
  });
}

export function stillConnected(names: readonly string[]): CloudError {
  const subnets = names.join(", ");
  return new CloudError("Conflict", `The router still connects ${subnets}. Remove those interfaces first.`, {
    reason: "routerHasInterfaces",
    params: { subnets, count: names.length },
  });
}

const routeMessages: Record<RouteFault, string> = {
  routeRepeats: "There is a route to this destination already.",
  nextHopUnreachable: "The next hop is in no subnet that the router connects.",
  nextHopOfSubnet: "The next hop is a subnet's own or its broadcast address.",
  nextHopIsRouter: "The next hop is the router itself.",
  nextHopIsHost: "The next hop belongs to the cloud's own machines.",
  nextHopIsMetadata: "The next hop belongs to the metadata service, which forwards nothing.",
  routeTooWide: "The destination is too wide: at least /8, or 0.0.0.0/0.",
  routeReserved: "The destination belongs to the metadata service.",
  defaultRouteTaken: "The router's gateway leads to everywhere already.",
};

export function badRoute(fault: RouteFault, route: StaticRoute, index: number): CloudError {
  return new CloudError("InvalidInput", routeMessages[fault], {
    reason: fault,
    params: route,
    field: `routes.${index}.${fault.startsWith("nextHop") ? "nextHop" : "destination"}`,
  });
}
