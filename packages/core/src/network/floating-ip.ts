/** Where a floating IP may lead: decided from plain facts, in the transaction and in the form alike. */

/** A router of the project with a gateway, in one subnet that it connects. */
export type WayOut = { routerId: string; routerName: string; externalNetworkId: string; subnetId: string };

/**
 * The router through which the external network reaches the subnet. Where several do, the first by id: the same for whoever
 * asks.
 */
export function wayTo(ways: readonly WayOut[], externalNetworkId: string, subnetId: string): WayOut | null {
  const found = ways.filter(
    (way) => way.externalNetworkId === externalNetworkId && way.subnetId === subnetId,
  );
  return found.toSorted((left, right) => left.routerId.localeCompare(right.routerId))[0] ?? null;
}

export type FixedAddress = { address: string; subnetId: string };

/** "several": one must be named. null: the port has no such address. */
export function fixedAddressOf(
  addresses: readonly FixedAddress[],
  named: string | null,
): FixedAddress | "several" | null {
  if (named !== null) return addresses.find(({ address }) => address === named) ?? null;
  const [only] = addresses;
  if (addresses.length > 1) return "several";
  return only ?? null;
}

/** OpenStack's words. DOWN: it leads nowhere; BUILD: the network does not know yet what it leads to. */
export type FloatingIpStatus = "ACTIVE" | "BUILD" | "DOWN";

export function floatingIpStatus(ip: {
  portId: string | null;
  generation: number;
  realisedGeneration: number;
}): FloatingIpStatus {
  if (ip.portId === null) return "DOWN";
  return ip.realisedGeneration >= ip.generation ? "ACTIVE" : "BUILD";
}
