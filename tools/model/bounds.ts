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
  slowPasses: 0,
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
      asked: Array.from({ length: needs }, () => false),
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
    ghost: { held: null, reading: null, mayBeOff: false },
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
const bare = { needs: 0 };
const alone = { hosts: 1 };

const small: readonly [name: string, least: number, base: Bound, budget: Partial<Budget>][] = [
  ["a build that fails", 15_000, { ...building, ...bare }, { deletes: 1, failures: 1, deadlines: 1 }],
  ["a build with a port and a volume", 700, { ...building, ...alone, needs: 2 }, { wishes: 1, deletes: 1 }],
  [
    "a build that is reset",
    7_000,
    { ...building, ...alone, ...bare },
    { resets: 1, failures: 1, deletes: 1 },
  ],
  [
    "a port whose network is slow",
    8_000,
    { ...running, ...alone },
    { powerLosses: 1, fences: 1, slowPasses: 1 },
  ],
  [
    "a build whose network answers late",
    300,
    { ...building, ...alone },
    { deletes: 1, deadlines: 1, resets: 1 },
  ],
  ["a life", 5_000, { ...running, ...alone }, { wishes: 2, deletes: 1, selfStops: 1 }],
  [
    "a guest whose death is final",
    6_000,
    { ...running, ...alone, crashPolicy: "stop" },
    { wishes: 1, crashes: 1, selfStops: 1, powerLosses: 1 },
  ],
  ["a fence", 15_000, { ...running, ...bare }, { powerLosses: 1, fences: 1 }],
  ["a partition and a fence", 5_000, running, { partitions: 1, fences: 1 }],
  [
    "letters in any order",
    3_000,
    { ...running, ...alone, mailbox: 2 },
    { wishes: 1, selfStops: 1, duplicates: 1, slowIngests: 1 },
  ],
  ["a forced deletion", 6_000, { ...running, ...alone }, { forces: 1, powerLosses: 1, failures: 1 }],
  [
    "an adoption",
    4_500,
    { ...building, ...alone, ...bare, adopts: true },
    { deletes: 1, powerLosses: 1, deadlines: 1 },
  ],
  ["two controllers", 4_500, { ...building, ...alone, ...bare }, { stalePlans: 1, failures: 1, deletes: 1 }],
  [
    "a snapshot that lost its guests",
    2_000,
    { ...running, ...alone },
    { emptySnapshots: 1, wishes: 1, restarts: 1, silences: 1 },
  ],
  ["a reboot that fails", 7_000, { ...running, ...alone, ...bare }, { wishes: 2, failures: 1, restarts: 1 }],
  [
    "an adoption on a host that is fenced",
    2_200,
    { ...building, ...alone, ...bare, adopts: true },
    { partitions: 1, fences: 1 },
  ],
];

const full: typeof small = [
  ["a fence and a deletion", 80_000, { ...running, ...bare }, { deletes: 1, powerLosses: 1, fences: 1 }],
  [
    "a wish while the host is fenced",
    30_000,
    { ...running, ...bare },
    { wishes: 1, partitions: 1, fences: 1 },
  ],
  ["a build with a port, two hosts", 20_000, building, { deletes: 1, failures: 1, deadlines: 1 }],
  ["a build in the dark", 100_000, { ...building, ...bare }, { failures: 1, powerLosses: 1, deadlines: 1 }],
  ["a build on three hosts", 40_000, { ...building, ...bare, hosts: 3 }, { failures: 2 }],
  [
    "deaths and power cuts",
    40_000,
    { ...running, ...alone, crashPolicy: "stop" },
    { wishes: 1, crashes: 2, selfStops: 1, powerLosses: 1, restarts: 1 },
  ],
  [
    "letters late, twice and in any order",
    700_000,
    { ...running, ...alone, mailbox: 2 },
    { wishes: 2, selfStops: 1, powerLosses: 1, duplicates: 1, slowIngests: 1 },
  ],
  ["a forced deletion and a fence", 45_000, { ...running, ...bare }, { forces: 1, partitions: 1, fences: 1 }],
  [
    "an adoption and a fence, two hosts",
    90_000,
    { ...building, ...bare, adopts: true },
    { deletes: 1, partitions: 1, fences: 1 },
  ],
  [
    "two controllers, two hosts",
    45_000,
    { ...building, ...bare },
    { stalePlans: 1, failures: 1, deletes: 1 },
  ],
  ["two power losses and a fence", 350_000, { ...running, ...bare }, { powerLosses: 2, fences: 1 }],
  ["two fences", 450_000, { ...running, ...bare }, { partitions: 1, silences: 1, fences: 2 }],
];

const named = ([name, least, base, budget]: (typeof small)[number]): NamedBound => ({
  name,
  least,
  bound: { ...base, budget },
});

/** What `npm test` searches to the end, and what `npm run model` does. */
export const sets = { small: small.map(named), full: full.map(named) };
