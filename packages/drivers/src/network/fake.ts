/**
 * The simulated network: a topology that is only remembered, for hypervisors that are simulated too. Honest, since the
 * portal says so. A port that is bound to a hypervisor carries traffic at once, for nothing is plugged there; the first
 * chassis is every router's gateway. Its faults are data that a test sets.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { CloudError } from "@madang/core/errors";
import type { PortSpec, Topology } from "@madang/core/network/topology";
import type { NetworkDriver, NetworkObservation, Refusal } from "./driver.ts";

export type SimulatedNetworkKnobs = {
  /** While true nothing answers, as when the databases of the network are gone; what was committed stays. */
  vanish: boolean;
  /** Added to every commit, ms. */
  slowMs: number;
  /** Ports that carry nothing though they are bound. */
  down: ReadonlySet<string>;
  /** Rows that it will not have as they are told: they stay as they were. */
  refuse: ReadonlySet<string>;
  /** Where routers have their gateway can't be asked. */
  gatewaysUnknown: boolean;
};

export type SimulatedNetworkOptions = {
  /** Keeps what was committed over a restart of the process, and for others with the same file. */
  stateFile?: string;
  knobs?: Partial<SimulatedNetworkKnobs>;
};

export type SimulatedNetwork = NetworkDriver & {
  knobs: SimulatedNetworkKnobs;
  /** What is committed, also while it answers nothing. */
  held(): Topology;
  /** Takes a row away by hand, as somebody might who has the databases open. */
  lose(kind: Exclude<keyof Topology, "chassis" | "goneChassis">, id: string): void;
};

const nothing: Topology = {
  networks: [],
  ports: [],
  routers: [],
  floatingIps: [],
  securityGroups: [],
  chassis: [],
};
const rowKinds = ["networks", "ports", "routers", "floatingIps", "securityGroups"] as const;
const nouns = {
  networks: "network",
  ports: "port",
  routers: "router",
  floatingIps: "floating-ip",
  securityGroups: "security-group",
} as const;

export function openSimulatedNetwork(options: SimulatedNetworkOptions = {}): SimulatedNetwork {
  const knobs: SimulatedNetworkKnobs = {
    vanish: false,
    slowMs: 0,
    down: new Set(),
    refuse: new Set(),
    gatewaysUnknown: false,
    ...options.knobs,
  };
  const watchers = new Set<() => void>();
  const store = openStore(options.stateFile ?? null);
  const answering = () => {
    if (knobs.vanish) throw unreachable();
  };
  return {
    kind: "simulated",
    knobs,
    held: store.read,
    lose(kind, id) {
      const held = store.read();
      const left = (rows: readonly { id: string }[]) => rows.filter((row) => row.id !== id);
      store.write({ ...held, [kind]: left(held[kind]) });
      for (const watcher of watchers) watcher();
    },
    async ensure(topology, signal) {
      signal.throwIfAborted();
      answering();
      if (knobs.slowMs > 0) await sleep(knobs.slowMs, undefined, { signal });
      answering();
      const held = store.read();
      const { taken, refused } = withoutRefused(held, topology, knobs.refuse);
      const changed = countDifferences(held, taken);
      if (changed > 0) store.write(taken);
      return { changed, refused };
    },
    async observe() {
      answering();
      const seen = observationOf(store.read(), knobs.down);
      return knobs.gatewaysUnknown ? { ...seen, gateways: null } : seen;
    },
    watch(onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
    close: async () => watchers.clear(),
  };
}

const unreachable = () =>
  new CloudError("Unavailable", "The network's control plane does not answer.", {
    reason: "networkUnreachable",
    retry: "later",
  });

type Store = { read: () => Topology; write: (topology: Topology) => void };

/** A whole file at a time, put in place of the one before it. */
function openStore(file: string | null): Store {
  let held = nothing;
  if (file === null)
    return {
      read: () => held,
      write: (topology) => {
        held = structuredClone(topology);
      },
    };
  return {
    read() {
      try {
        return { ...nothing, ...JSON.parse(readFileSync(file, "utf8")) };
      } catch {
        return nothing;
      }
    },
    write(topology) {
      const next = `${file}.${process.pid}`;
      writeFileSync(next, JSON.stringify(topology), { mode: 0o600 });
      renameSync(next, file);
    },
  };
}

function withoutRefused(
  held: Topology,
  wanted: Topology,
  refuse: ReadonlySet<string>,
): { taken: Topology; refused: Refusal[] } {
  if (refuse.size === 0) return { taken: wanted, refused: [] };
  const refused = rowKinds.flatMap((kind) =>
    wanted[kind]
      .filter(({ id }) => refuse.has(id))
      .map(({ id }): Refusal => ({ kind: nouns[kind], id, detail: "refused by a knob" })),
  );
  const asBefore = <Row extends { id: string }>(before: readonly Row[], rows: readonly Row[]) =>
    rows.flatMap((row) => (refuse.has(row.id) ? before.filter(({ id }) => id === row.id) : [row]));
  const taken = {
    ...wanted,
    networks: asBefore(held.networks, wanted.networks),
    ports: asBefore(held.ports, wanted.ports),
    routers: asBefore(held.routers, wanted.routers),
    floatingIps: asBefore(held.floatingIps, wanted.floatingIps),
    securityGroups: asBefore(held.securityGroups, wanted.securityGroups),
  };
  return { taken, refused };
}

/** Rows that are missing, left over or different; and one more where the chassis are. */
function countDifferences(held: Topology, wanted: Topology): number {
  const rows = rowKinds.flatMap((kind) => {
    const before = new Map(held[kind].map((row) => [row.id, row]));
    const after = new Map(wanted[kind].map((row) => [row.id, row]));
    const ids = new Set([...before.keys(), ...after.keys()]);
    return [...ids].filter((id) => !isDeepStrictEqual(before.get(id), after.get(id)));
  });
  return rows.length + (isDeepStrictEqual(held.chassis, wanted.chassis) ? 0 : 1);
}

function observationOf(held: Topology, down: ReadonlySet<string>): NetworkObservation {
  const isUp = ({ id, hypervisorId }: PortSpec) => hypervisorId !== null && !down.has(id);
  const [gateway] = held.chassis;
  const routed = gateway ? held.routers.filter((router) => router.gateway !== null) : [];
  return {
    ports: held.ports.map((port) => ({ portId: port.id, up: isUp(port), hypervisorId: port.hypervisorId })),
    gateways: new Map(routed.map(({ id }) => [id, gateway ?? ""])),
  };
}
