/** What a search may do: how many hosts and guests there are, and how much of each wish and each kind of bad luck. */
import { adoptedGeneration } from "./controller.ts";
import { type Body, type Budget, noBody, type State } from "./state.ts";

export type Bound = {
  hosts: number;
  /** Guest ids there are, over the whole life of the instance. */
  guests: number;
  /** Ports and volumes that it needs. */
  needs: number;
  crashPolicy: "restart" | "stop";
  /** It begins with an instance that runs and has settled, instead of with none. */
  runs: boolean;
  /** The first host has a guest that nobody knows, and the instance is made for it. */
  adopts: boolean;
  /** Reports of one host that may be on their way at once. */
  mailbox: number;
  budget: Partial<Budget>;
};

export const noBudget: Budget = {
  wishes: 0,
  deletes: 0,
  resets: 0,
  forces: 0,
  powerLosses: 0,
  partitions: 0,
  fences: 0,
  restarts: 0,
  failures: 0,
  selfStops: 0,
  crashes: 0,
  duplicates: 0,
  slowIngests: 0,
  emptySnapshots: 0,
  stalePlans: 0,
  deadlines: 0,
  silences: 0,
};

const orphan: Body = {
  ...noBody,
  there: "running",
  ranGeneration: adoptedGeneration,
  ranBoot: 1,
  acked: adoptedGeneration,
  left: true,
};

export function initialState({ hosts, guests, needs, crashPolicy, adopts, budget }: Bound): State {
  const each = <T>(make: (host: number) => T): T[] => Array.from({ length: hosts }, (_, host) => make(host));
  return {
    instance: {
      phase: "none",
      power: "running",
      generation: 1,
      rebootSeq: 0,
      crashPolicy,
      deleteRequested: false,
      force: "none",
      resetRequested: false,
      adopts,
      selfStoppedAt: null,
      launched: false,
      fault: null,
      observedGeneration: 0,
      active: null,
      excluded: 0,
      overdue: false,
      used: adopts ? 1 : 0,
      leftGeneration: 0,
      bound: Array.from({ length: needs }, () => null),
    },
    guests: Array.from({ length: guests }, () => null),
    rows: each((host) => ({
      boot: 1,
      run: 1,
      sequence: 0,
      fresh: true,
      fenceRequested: false,
      seenSince: false,
      fencedBoot: null,
      orphans: adopts && host === 0 ? 1 : 0,
    })),
    machines: each(() => ({ on: true, partitioned: false, boot: 1, run: 1, specs: [], fetchedIn: 1 })),
    bodies: each((host) =>
      Array.from({ length: guests }, (_, guest) => (adopts && host === 0 && guest === 0 ? orphan : noBody)),
    ),
    mail: each(() => []),
    budget: { ...noBudget, ...budget },
    ghost: { held: null, mayBeOff: false },
  };
}

/** `least`: it has at least so many states, so that a model that lost its moves does not pass. */
export type NamedBound = { name: string; least: number; bound: Bound };

const running: Bound = {
  hosts: 2,
  guests: 4,
  needs: 1,
  crashPolicy: "restart",
  runs: true,
  adopts: false,
  mailbox: 1,
  budget: {},
};
const building: Bound = { ...running, runs: false };

/** What `npm test` searches to the end, and what `npm run model` does. */
export const sets: { small: readonly NamedBound[]; full: readonly NamedBound[] } = {
  small: [
    {
      name: "a build that fails",
      least: 1_000,
      bound: { ...building, needs: 0, budget: { deletes: 1, failures: 1, deadlines: 1 } },
    },
    {
      name: "a build with a port and a volume",
      least: 1_000,
      bound: { ...building, hosts: 1, needs: 2, budget: { wishes: 1, deletes: 1, powerLosses: 1 } },
    },
    {
      name: "a build that is reset",
      least: 1_000,
      bound: { ...building, hosts: 1, needs: 0, budget: { resets: 1, failures: 2, deletes: 1 } },
    },
    {
      name: "a life",
      least: 1_000,
      bound: { ...running, hosts: 1, budget: { wishes: 2, deletes: 1, selfStops: 1, restarts: 1 } },
    },
    {
      name: "a guest whose death is final",
      least: 1_000,
      bound: {
        ...running,
        hosts: 1,
        crashPolicy: "stop",
        budget: { wishes: 1, crashes: 1, selfStops: 1, powerLosses: 1, restarts: 1 },
      },
    },
    { name: "a fence", least: 1_000, bound: { ...running, needs: 0, budget: { powerLosses: 1, fences: 1 } } },
    {
      name: "a partition and a fence",
      least: 1_000,
      bound: { ...running, budget: { partitions: 1, fences: 1, deletes: 1 } },
    },
    {
      name: "letters in any order",
      least: 1_000,
      bound: {
        ...running,
        hosts: 1,
        mailbox: 2,
        budget: { wishes: 1, selfStops: 1, duplicates: 1, slowIngests: 1 },
      },
    },
    {
      name: "a forced deletion",
      least: 1_000,
      bound: { ...running, hosts: 1, budget: { forces: 1, powerLosses: 1, failures: 1 } },
    },
    {
      name: "an adoption",
      least: 1_000,
      bound: {
        ...building,
        needs: 0,
        adopts: true,
        hosts: 1,
        budget: { deletes: 1, powerLosses: 1, deadlines: 1 },
      },
    },
    {
      name: "two controllers",
      least: 1_000,
      bound: { ...building, needs: 0, budget: { stalePlans: 1, failures: 1 } },
    },
    {
      name: "a snapshot that lost its guests",
      least: 1_000,
      bound: { ...running, hosts: 1, budget: { emptySnapshots: 1, wishes: 1, restarts: 1, silences: 1 } },
    },
    {
      name: "a reboot that fails",
      least: 1_000,
      bound: { ...running, hosts: 1, needs: 0, budget: { wishes: 2, failures: 1, restarts: 1 } },
    },
    {
      name: "an adoption on a host that is fenced",
      least: 1_000,
      bound: { ...building, needs: 0, adopts: true, budget: { partitions: 1, fences: 1 } },
    },
  ],
  full: [
    {
      name: "everything happens to a running instance",
      least: 100_000,
      bound: {
        ...running,
        needs: 0,
        budget: { wishes: 1, deletes: 1, powerLosses: 1, fences: 1, selfStops: 1 },
      },
    },
    {
      name: "power losses and a fence",
      least: 100_000,
      bound: { ...running, budget: { powerLosses: 2, fences: 1, deletes: 1 } },
    },
    {
      name: "two fences",
      least: 100_000,
      bound: { ...running, needs: 0, budget: { silences: 1, powerLosses: 1, fences: 2 } },
    },
    {
      name: "a build in the dark",
      least: 100_000,
      bound: { ...building, budget: { deletes: 1, failures: 1, deadlines: 1, powerLosses: 1 } },
    },
    {
      name: "a build on three hosts that fail",
      least: 100_000,
      bound: { ...building, hosts: 3, needs: 0, budget: { failures: 3, deletes: 1, deadlines: 1 } },
    },
    {
      name: "a build that is fenced and reset",
      least: 100_000,
      bound: { ...building, needs: 0, budget: { failures: 1, resets: 1, powerLosses: 1, fences: 1 } },
    },
    {
      name: "deaths and power cuts",
      least: 100_000,
      bound: {
        ...running,
        hosts: 1,
        crashPolicy: "stop",
        budget: { wishes: 2, crashes: 2, selfStops: 1, powerLosses: 1, restarts: 1, deletes: 1 },
      },
    },
    {
      name: "letters late, twice and in any order",
      least: 100_000,
      bound: {
        ...running,
        hosts: 1,
        mailbox: 2,
        budget: { wishes: 2, selfStops: 1, powerLosses: 1, duplicates: 1, slowIngests: 1 },
      },
    },
    {
      name: "a forced deletion in every trouble",
      least: 100_000,
      bound: {
        ...running,
        needs: 1,
        budget: { forces: 1, deletes: 1, powerLosses: 1, partitions: 1, fences: 1 },
      },
    },
    {
      name: "an adoption in every trouble",
      least: 100_000,
      bound: {
        ...building,
        needs: 0,
        adopts: true,
        budget: { deletes: 1, powerLosses: 1, partitions: 1, fences: 1, forces: 1 },
      },
    },
    {
      name: "two controllers and a fence",
      least: 100_000,
      bound: { ...building, needs: 0, budget: { stalePlans: 2, failures: 1, powerLosses: 1, deletes: 1 } },
    },
  ],
};
