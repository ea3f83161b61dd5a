/**
 * What tenant networks should be bound to, and what is then written of them. Pure: it sees rows and what the driver
 * observed. The topology itself needs no plan, for a driver is told all of it each time.
 */
import type { ReadinessFact } from "./instance.plan.ts";

/** What a driver says of the network, as far as it is judged here. */
export type Observed = {
  ports: readonly { portId: string; up: boolean }[];
  /** null: nobody can say. */
  gateways: ReadonlyMap<string, string> | null;
};

/**
 * The hypervisor that a port of an instance belongs to: where it is bound already as long as the instance has a guest row
 * there, whatever else is asked for meanwhile; else where its active guest is. `bodies` are the hypervisors of all guest
 * rows, `active` that of the guest which is there to stay. `tools/model` shows what breaks without it.
 */
export function bindingOf(
  bound: string | null,
  active: string | null,
  bodies: readonly string[],
): string | null {
  return bound !== null && bodies.includes(bound) ? bound : active;
}

type PortState = { generation: number; realisedGeneration: number; realisedHypervisorId: string | null };

/**
 * A guest that is to be started waits until the network has taken all that was asked of its ports. Placing it is such a
 * wish: so a pass that read before it, and may be about to unbind a port there, lets nothing start. A guest that runs is
 * left alone by a change. A deletion waits for nothing: without its row a port is taken out of the network.
 */
export function portReadiness(
  ports: readonly PortState[],
  guests: readonly { desired: string }[],
  deleteRequested: boolean,
): ReadinessFact[] {
  if (deleteRequested) return [];
  const starts = guests.every(({ desired }) => desired !== "running");
  return ports.map(({ generation, realisedGeneration, realisedHypervisorId }) => ({
    condition: "PortsBound",
    hypervisorId: starts && realisedGeneration < generation ? null : realisedHypervisorId,
  }));
}

/** A row whose desired columns have a generation. */
export type Wish = { id: string; generation: number; realisedGeneration: number };

/** Rows of which something is committed that was not before. */
export function newlyRealised<T extends Wish>(rows: readonly T[]): T[] {
  return rows.filter(({ generation, realisedGeneration }) => realisedGeneration < generation);
}

export type PortFacts = Wish & {
  realisedHypervisorId: string | null;
  up: boolean;
  /** To which it was bound in the topology that is committed now. */
  hypervisorId: string | null;
};

export type PortChange<T> = { port: T; up: boolean; bound: boolean };

/** `bound`: what its instance waits for may have come true. */
export function portChanges<T extends PortFacts>(
  ports: readonly T[],
  observation: Observed,
): PortChange<T>[] {
  const seen = new Map(observation.ports.map((port) => [port.portId, port.up]));
  return ports.flatMap((port) => {
    const up = seen.get(port.id) ?? false;
    const bound =
      port.realisedGeneration < port.generation || port.realisedHypervisorId !== port.hypervisorId;
    return bound || up !== port.up ? [{ port, up, bound }] : [];
  });
}

/** Worth a line in the trail: an interface lost or regained its network where it stayed. Coming up with a launch is not. */
export function isSurprise({ port, up, bound }: PortChange<PortFacts>): boolean {
  return !bound && up !== port.up && port.realisedHypervisorId !== null;
}

export type RouterFacts = Wish & { gatewayHypervisorId: string | null };
export type RouterChange<T> = { router: T; gateway: string | null };

/** `gateways` may name chassis that are not ours: those are left out. What can't be asked is as it was last seen. */
export function routerChanges<T extends RouterFacts>(
  routers: readonly T[],
  { gateways }: Observed,
  chassis: readonly string[],
): RouterChange<T>[] {
  return routers.flatMap((router) => {
    const through = gateways ? (gateways.get(router.id) ?? null) : router.gatewayHypervisorId;
    const isKnown = gateways === null || (through !== null && chassis.includes(through));
    const gateway = isKnown ? through : null;
    const differs = router.realisedGeneration < router.generation || router.gatewayHypervisorId !== gateway;
    return differs ? [{ router, gateway }] : [];
  });
}

/** What is refused, as a driver tells it. */
export type Refused = { kind: string; id: string };

export type RefusedRows = Readonly<
  Record<"networks" | "ports" | "routers" | "floatingIps" | "securityGroups", ReadonlySet<string>>
>;

const none: ReadonlySet<string> = new Set();
export const nothingRefused: RefusedRows = {
  networks: none,
  ports: none,
  routers: none,
  floatingIps: none,
  securityGroups: none,
};

type Nouns = {
  networks: readonly { id: string; subnets: readonly { id: string }[] }[];
  securityGroups: readonly { id: string; rules: readonly { id: string }[] }[];
};
type Legs = readonly { id: string; routerId: string | null }[];

/** The rows that are not as they are wished to be: a subnet is its network's, a rule its group's, a leg its router's. */
export function refusedRows(
  refused: readonly Refused[],
  { networks, securityGroups }: Nouns,
  ports: Legs,
): RefusedRows {
  const ids = (kind: string) => new Set(refused.filter((one) => one.kind === kind).map(({ id }) => id));
  const [subnets, rules, refusedPorts] = [ids("subnet"), ids("rule"), ids("port")];
  const owners = networks.filter((network) => network.subnets.some(({ id }) => subnets.has(id)));
  const groups = securityGroups.filter((group) => group.rules.some(({ id }) => rules.has(id)));
  const legs = ports.flatMap(({ id, routerId }) => (refusedPorts.has(id) ? (routerId ?? []) : []));
  return {
    networks: new Set([...ids("network"), ...owners.map(({ id }) => id)]),
    ports: refusedPorts,
    routers: new Set([...ids("router"), ...legs]),
    floatingIps: ids("floating-ip"),
    securityGroups: new Set([...ids("security-group"), ...groups.map(({ id }) => id)]),
  };
}
