/** What networks and ports are, in OpenStack's words, derived from what is wanted and what the network driver has done. */
type Realised = { generation: number; realisedGeneration: number };

export const networkStatuses = ["ACTIVE", "BUILD"] as const;
export type NetworkStatus = (typeof networkStatuses)[number];

/** Carried by the network driver as it is wanted, or on its way there. */
export function networkStatus({ generation, realisedGeneration }: Realised): NetworkStatus {
  return realisedGeneration >= generation ? "ACTIVE" : "BUILD";
}

export const portStatuses = ["ACTIVE", "BUILD", "DOWN"] as const;
export type PortStatus = (typeof portStatuses)[number];

/** Such a port is on every hypervisor at once, and so up nowhere in particular. */
const everywhere: readonly string[] = ["metadata", "router_interface", "router_gateway"];

/** ACTIVE carries traffic, DOWN does not: nobody is at it, or whoever is has not started. */
export function portStatus(port: Realised & { up: boolean; owner: string }): PortStatus {
  if (networkStatus(port) === "BUILD") return "BUILD";
  return port.up || everywhere.includes(port.owner) ? "ACTIVE" : "DOWN";
}
