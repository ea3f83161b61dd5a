/**
 * What /api/health says: each part's state with a reason when it is not well, and figures, which are not for strangers:
 * how many machines there are and how full a disk is tells whoever attacks where to push. No secrets, no names.
 */
import { statfs } from "node:fs/promises";
import {
  type AuthorityFigures,
  type Database,
  type HypervisorFigures,
  type NetworkFigures,
  type ProcessFigures,
  type QueueFigures,
  readAuthority,
  readHypervisors,
  readNetwork,
  readProcesses,
  readQueues,
  readTrail,
  type TrailFigures,
} from "@madang/api/server";
import {
  degraded,
  failed,
  type Health,
  type HealthPart,
  overallHealth,
  type PartHealth,
  well,
} from "@madang/core/health";
import { within } from "@madang/telemetry";

export type HealthSources = {
  database: Database;
  /** Signs of life older than this process are news of an earlier run, which may have ended with a power cut. */
  since: Date;
  expectAgent: boolean;
  agentListening: () => boolean;
  readerLagMs: () => number;
  /** The folders whose disk is looked at; the first that is there counts. */
  folders: readonly string[];
};

type Parts = Record<HealthPart, PartHealth>;
type Stored = Pick<
  Parts,
  "database" | "controllers" | "agents" | "webs" | "queue" | "network" | "authority" | "trail"
>;

/** Longer than this and the database counts as gone, whatever it may still say, ms. */
const patienceMs = 3_000;
const slowSeconds = 1;
const backlogSeconds = { degraded: 15, failed: 120 };
const signingSeconds = 30;
const authorityDays = 90;
const daySeconds = 86_400;
const behindSeconds = { degraded: 4, failed: 15 };
const spaceBytes = { degraded: 1024 ** 3, failed: 100 * 1024 ** 2 };

export async function readHealth(sources: HealthSources): Promise<Health> {
  const [stored, disk] = await Promise.all([readStored(sources), readDisk(sources.folders)]);
  const parts: Parts = {
    ...stored,
    agentListener: sources.agentListening() ? well() : failed("starting"),
    streams: judgeStreams(sources.readerLagMs() / 1_000),
    disk,
  };
  const needed: HealthPart[] = ["database", "controllers", "agentListener"];
  return overallHealth(parts, sources.expectAgent ? [...needed, "agents"] : needed);
}

/** At most one look a second, however many ask: strangers may, too. */
export function cachedHealth(read: () => Promise<Health>, forMs = 1_000): () => Promise<Health> {
  let last: { at: number; health: Promise<Health> } | null = null;
  return () => {
    if (!last || performance.now() - last.at > forMs) last = { at: performance.now(), health: read() };
    return last.health;
  };
}

/** For whoever has not signed in. */
export function withoutFigures({ status, parts }: Health): Health {
  const bare = Object.entries(parts).map(([name, part]) => [name, { ...part, figures: {} }]);
  return { status, parts: Object.fromEntries(bare) };
}

async function readStored(sources: HealthSources): Promise<Stored> {
  return (await within(askDatabase(sources), patienceMs)) ?? unreachable;
}

const unreachable: Stored = {
  database: failed("unreachable"),
  controllers: failed("unknown"),
  agents: failed("unknown"),
  webs: failed("unknown"),
  queue: failed("unknown"),
  network: failed("unknown"),
  authority: failed("unknown"),
  trail: failed("unknown"),
};

async function askDatabase({ database, since, expectAgent }: HealthSources): Promise<Stored> {
  const began = performance.now();
  await database.pool.query("SELECT 1");
  const roundTripSeconds = (performance.now() - began) / 1_000;
  const [controllers, webs, hypervisors, queues, network, authority, trail] = await Promise.all([
    readProcesses(database, "controller", since),
    readProcesses(database, "web", new Date(0)),
    readHypervisors(database, since),
    readQueues(database),
    readNetwork(database, since),
    readAuthority(database),
    readTrail(database),
  ]);
  return {
    database:
      roundTripSeconds > slowSeconds ? degraded("slow", { roundTripSeconds }) : well({ roundTripSeconds }),
    controllers: judgeProcesses(controllers),
    webs: judgeProcesses(webs),
    agents: judgeAgents(hypervisors, expectAgent),
    queue: judgeQueues(queues),
    network: judgeNetwork(network),
    authority: judgeAuthority(authority),
    trail: judgeTrail(trail),
  };
}

function judgeProcesses({ alive, silentSeconds }: ProcessFigures): PartHealth {
  return alive > 0 ? well({ alive, silentSeconds }) : failed("none", { alive });
}

export function judgeAgents(
  { counts, silentSeconds, heard }: HypervisorFigures,
  expected: boolean,
): PartHealth {
  const figures = { ...counts, silentSeconds };
  if (heard === 0 && (expected || counts.down > 0)) return failed("none", figures);
  return counts.down > 0 ? degraded("someAway", figures) : well(figures);
}

export function judgeNetwork({ away, refused }: NetworkFigures): PartHealth {
  if (away) return degraded("unreachable");
  return refused > 0 ? degraded("refused", { refused }) : well();
}

export function judgeQueues(queues: readonly QueueFigures[]): PartHealth {
  const oldestSeconds = Math.max(0, ...queues.map((queue) => queue.oldestSeconds));
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  if (oldestSeconds > backlogSeconds.failed) return failed("backlog", { waiting, oldestSeconds });
  if (oldestSeconds > backlogSeconds.degraded) return degraded("backlog", { waiting, oldestSeconds });
  return well({ waiting, oldestSeconds });
}

export function judgeAuthority(figures: AuthorityFigures): PartHealth {
  const { secondsLeft, waiting, oldestWaitingSeconds, nearExpiry } = figures;
  if (secondsLeft === null) return failed("missing");
  const shown = { secondsLeft, waiting, oldestWaitingSeconds, nearExpiry };
  if (oldestWaitingSeconds > signingSeconds) return failed("notSigning", shown);
  const expiring = nearExpiry > 0 || secondsLeft < authorityDays * daySeconds;
  return expiring ? degraded("expiring", shown) : well(shown);
}

export function judgeTrail({ thisMonth, nextMonth, stray }: TrailFigures): PartHealth {
  if (!thisMonth) return failed("noPartition");
  if (!nextMonth) return degraded("noPartition");
  return stray ? degraded("strayRows") : well();
}

function judgeStreams(lagSeconds: number): PartHealth {
  if (lagSeconds > behindSeconds.failed) return failed("behind", { lagSeconds });
  if (lagSeconds > behindSeconds.degraded) return degraded("behind", { lagSeconds });
  return well({ lagSeconds });
}

async function readDisk(folders: readonly string[]): Promise<PartHealth> {
  const looked = await Promise.all(folders.map((folder) => statfs(folder).catch(() => null)));
  const found = looked.find((one) => one !== null);
  if (!found) return degraded("unknown");
  const figures = { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
  if (figures.freeBytes < spaceBytes.failed) return failed("spaceGone", figures);
  return figures.freeBytes < spaceBytes.degraded ? degraded("spaceLow", figures) : well(figures);
}
