/**
 * The controller's loop: workers on the reconcile queue, and beside them everything that would find the same work by
 * looking. A failed pass is tried again later by its own back-off, never by throwing at the queue.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import { downAfterMs } from "@madang/core/hypervisor/state";
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import {
  type Database,
  type Hints,
  listenHints,
  networkQueue,
  openPlacementBoard,
  type PgBoss,
  type PlacementBoard,
  type Prisma,
  type ReconcileJob,
  type ReconcileKind,
  reconcileLaterQueue,
  reconcileQueue,
  sampleUsage,
  type Tx,
  wake,
  wakeAll as wakeRows,
  wakeSoon,
} from "@madang/db";
import type { NetworkDriver, Refusal } from "@madang/drivers/network/driver";
import { timed } from "@madang/telemetry";
import type { Logger } from "pino";
import type { Authority } from "./authority/ca.ts";
import { signRequests } from "./authority/requests.ts";
import { type Every, every } from "./every.ts";
import type { Rounds } from "./health.ts";
import type { ImageKeeper } from "./image/keeper.ts";
import { type ControllerMeter, type PassOutcome, silentMeter } from "./metrics.ts";
import { wakeableInstances } from "./placement/waiting.ts";
import { reclaim } from "./reclaim.ts";
import { reconcileHypervisors } from "./reconcilers/hypervisor.ts";
import { type ReconcileResult, reconcileInstance, type StepTaken } from "./reconcilers/instance.ts";
import type { Told } from "./reconcilers/network.refusal.ts";
import { type NetworkPass, reconcileNetwork } from "./reconcilers/network.ts";
import { reconcileProject } from "./reconcilers/project.ts";
import { endExpiredLimits } from "./reconcilers/quota.ts";
import { reconcileVolume, type VolumeStepTaken } from "./reconcilers/volume.ts";
import { removeOld } from "./retention.ts";
import { emptyOldSamples, sumUp } from "./sum-up.ts";
import { endingProjects, endOrphanedOperations, unsettledInstances, unsettledVolumes } from "./unsettled.ts";

export type LoopDeps = {
  database: Database;
  boss: PgBoss;
  hints: Hints;
  authority: Authority;
  log: Logger;
  workers: number;
  /** What tenant networks are told to; null: this cloud can't have any. */
  network: NetworkDriver | null;
  /** Null, or not said: images are left to other controllers. */
  images?: ImageKeeper | null;
  now?: () => Date;
  /** How often is looked for room without being told, ms. */
  waitingMs?: number;
  /** The trail's months that are kept before the current one; null, or not said: all. */
  eventMonths?: number | null;
  meter?: ControllerMeter;
  /** Where the rounds say when they last ended well. */
  rounds?: Rounds;
};

const resyncMs = 15_000;
const presenceMs = downAfterMs / 5;
const usualWaitingMs = 2_000;
const certificateMs = 2_000;
const partitionMs = 86_400_000;
const retentionMs = 3_600_000;
/** A sample is of the hour's beginning, give or take this much. */
const usageMs = 60_000;
const sumUpMs = 30_000;
const emptyMs = 300_000;
/** What was deleted softly goes at most this much later than it was said. */
const reclaimMs = 5_000;
/** A limit ends on time without it; this only says so. */
const expiryMs = 5_000;
/** The network is compared with the tables this often though nobody asked, for what was lost on the way. */
const networkMs = 15_000;
/** Passes over the network leave at least as much time between them as one takes, up to this: a crowd is taken together. */
const longestPauseMs = 500;
const longestBackOffSeconds = 60;

type Loop = LoopDeps & {
  prisma: Prisma;
  now: () => Date;
  meter: ControllerMeter;
  failures: Map<string, number>;
  board: PlacementBoard;
  /** When the next pass over the network may begin, by `performance.now()`. */
  networkFrom: number;
  /** Refusals that the trail has already. */
  told: Told;
  /** Room appeared here: look for those who wait, and let the other controllers do so. */
  onCapacity: () => void;
};

/** Starts everything; the returned function ends it and waits for what is under way. */
export async function startLoop(deps: LoopDeps): Promise<() => Promise<void>> {
  const { prisma } = deps.database;
  const now = deps.now ?? deps.database.now;
  const board = openPlacementBoard({ prisma, now });
  const onCapacity = () => {
    board.forget();
    waiting.soon();
    deps.hints.publish("capacity");
  };
  const meter = deps.meter ?? silentMeter;
  const loop: Loop = {
    ...deps,
    prisma,
    now,
    meter,
    failures: new Map(),
    board,
    networkFrom: 0,
    told: new Map(),
    onCapacity,
  };
  const waiting = round(loop, "waiting", deps.waitingMs ?? usualWaitingMs, async () =>
    wakeAll(loop, await wakeableInstances(loop)),
  );
  await startWorkers(loop);
  const certificates = round(loop, "certificates", certificateMs, () => sign(loop));
  const rounds = [waiting, certificates, ...startRounds(loop)];
  const unwatch = deps.network?.watch(() => lookAtNetwork(loop)) ?? (() => {});
  const unlisten = listenHints(deps.database.url, (topic) => {
    if (topic === "certificate" || topic === "*") certificates.soon();
    if (topic === "capacity" || topic === "*") {
      board.forget();
      waiting.soon();
    }
  });
  return async () => {
    unwatch();
    await unlisten();
    await deps.images?.stop();
    await Promise.all(rounds.map((round) => round.stop()));
  };
}

/** Work that is done again and again, and tells how it ends. */
function round(
  { log, meter, rounds }: Loop,
  name: string,
  periodMs: number,
  work: () => Promise<void>,
): Every {
  const told = (ok: boolean) => {
    meter.round(name, ok);
    if (ok) rounds?.set(name, { periodMs, endedAt: performance.now() });
  };
  rounds?.set(name, { periodMs, endedAt: performance.now() });
  return every(log, name, periodMs, () => timed(work, (_seconds, error) => told(error === null)));
}

/** Two, so that a slow pass does not hold up those that come after its batch. */
const fetchers = 2;

async function startWorkers(loop: Loop): Promise<void> {
  const { boss, workers } = loop;
  // NOTIFY wakes them at once; polling only makes up for one that was lost. A full batch is followed by the next at once:
  // without that a crowd would be worked off at one batch a second.
  const options = {
    batchSize: Math.ceil(workers / fetchers),
    localConcurrency: fetchers,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 1,
    notifyPollingIntervalSeconds: 1,
  };
  await boss.work<ReconcileJob>(reconcileQueue, options, async (jobs) => {
    await Promise.all(jobs.map(({ data }) => work(loop, data)));
  });
  const alone = { ...options, batchSize: 1, localConcurrency: 1 };
  await boss.work<ReconcileJob>(networkQueue, alone, async (jobs) => {
    for (const { data } of jobs) await work(loop, data);
  });
  await boss.work<ReconcileJob>(reconcileLaterQueue, { pollingIntervalSeconds: 1 }, async (jobs) => {
    for (const { data } of jobs) await wakeSoon(boss, data.kind, data.id);
  });
}

async function work(loop: Loop, job: ReconcileJob): Promise<void> {
  const key = `${job.kind}:${job.id}`;
  const began = performance.now();
  const told = (outcome: PassOutcome) => {
    const durationMs = performance.now() - began;
    loop.meter.passed(job.kind, outcome, durationMs / 1_000);
    loop.log.debug({ ...job, outcome, durationMs: Math.round(durationMs * 10) / 10 }, "pass");
  };
  try {
    told((await reconcile(loop, job)) ? "again" : "ok");
    loop.failures.delete(key);
  } catch (error) {
    told(isBusy(error) ? "busy" : "failed");
    const failed = (loop.failures.get(key) ?? 0) + 1;
    loop.failures.set(key, failed);
    logFailure(loop.log, job, failed, error);
    await wakeSoon(loop.boss, job.kind, job.id, Math.min(longestBackOffSeconds, 2 ** (failed - 1)));
  }
}

/** Whether it will look once more by itself. */
async function reconcile(loop: Loop, { kind, id }: ReconcileJob): Promise<boolean> {
  if (kind === "certificate") {
    await sign(loop);
    return false;
  }
  const { again } = await passes[kind](loop, id);
  if (again !== null) await wakeSoon(loop.boss, kind, id, again);
  return again !== null;
}

/** Resolves at once where there was nothing to wait for. */
async function bringNetwork(loop: Loop): Promise<ReconcileResult> {
  const { database, boss, network: driver, hints, meter, log } = loop;
  const wait = loop.networkFrom - performance.now();
  if (wait > 0) await sleep(wait);
  const began = performance.now();
  const onPass = (pass: NetworkPass) => {
    meter.network(pass);
    if (pass.changed + pass.written > 0) log.info(pass, "network");
  };
  const onRefusal = (refused: readonly Refusal[]) => log.error({ refused }, "the network refuses some of it");
  try {
    const publish = hints.publish;
    const { told } = loop;
    return await reconcileNetwork({ database, boss, driver, publish, told, onPass, onRefusal });
  } catch (error) {
    meter.network(null);
    throw error;
  } finally {
    const ended = performance.now();
    loop.networkFrom = ended + Math.min(longestPauseMs, ended - began);
  }
}

/** Losing it only means that the next round finds what it was about. */
function lookAtNetwork({ boss, log }: Loop): void {
  wakeSoon(boss, "network", cloudNetworkId).catch((error) =>
    log.warn({ err: error }, "network was not woken"),
  );
}

function bringInstance(loop: Loop, id: string): Promise<ReconcileResult> {
  const { prisma, boss, now, board, onCapacity, meter, log } = loop;
  const { publish } = loop.hints;
  const wakeNetwork = (tx: Tx) => wake(boss, tx, "network", cloudNetworkId);
  const onStep = (taken: StepTaken) => {
    meter.stepped(taken.step);
    log.info(taken, "step");
  };
  const wakeVolumes = (tx: Tx, ids: readonly string[]) =>
    ids.length === 0 ? Promise.resolve() : wakeRows(boss, tx, "volume", ids);
  return reconcileInstance({ prisma, publish, onCapacity, now, wakeNetwork, wakeVolumes, board, onStep }, id);
}

function bringVolume(loop: Loop, id: string): Promise<ReconcileResult> {
  const { prisma, now, board, onCapacity, meter, log, hints } = loop;
  const onStep = (taken: VolumeStepTaken) => {
    meter.stepped(taken.step);
    log.info(taken, "step");
  };
  return reconcileVolume({ prisma, publish: hints.publish, onCapacity, now, board, onStep }, id);
}

async function bringImage({ images }: Loop, id: string): Promise<ReconcileResult> {
  return images ? await images.reconcile(id) : { again: null };
}

function endProject(loop: Loop, id: string): Promise<ReconcileResult> {
  const { prisma, now, boss, hints, log } = loop;
  const onStep = (taken: object) => log.info(taken, "step");
  return reconcileProject({ prisma, boss, publish: hints.publish, now, onStep }, id);
}

const passes = {
  instance: bringInstance,
  volume: bringVolume,
  project: endProject,
  network: bringNetwork,
  image: bringImage,
};

function startRounds(loop: Loop): Every[] {
  const { prisma, now } = loop;
  return [
    round(loop, "resync", resyncMs, async () => {
      await wakeAll(loop, await unsettledInstances(prisma));
      for (const id of await unsettledVolumes(prisma)) await wakeSoon(loop.boss, "volume", id);
      for (const id of await endingProjects(prisma)) await wakeSoon(loop.boss, "project", id);
      await endOrphanedOperations(prisma, now());
    }),
    ...(loop.network ? [round(loop, "network", networkMs, async () => lookAtNetwork(loop))] : []),
    ...(loop.images ? [round(loop, "images", resyncMs, loop.images.look)] : []),
    round(loop, "presence", presenceMs, () => watchPresence(loop)),
    round(loop, "partitions", partitionMs, async () => {
      await prisma.$queryRaw`SELECT event_ensure_partitions(2)`;
    }),
    round(loop, "usage", usageMs, async () => {
      await sampleUsage(loop.database);
    }),
    round(loop, "metrics", sumUpMs, () => sumUp(loop)),
    round(loop, "metrics-retention", emptyMs, () => emptyOldSamples(loop)),
    round(loop, "expiry", expiryMs, () => endExpiredLimits(loop.database, loop.hints.publish)),
    round(loop, "reclaim", reclaimMs, async () => {
      const count = await reclaim(loop);
      if (count > 0) loop.log.info({ count }, "soft-deleted instances are deleted for good");
    }),
    round(loop, "retention", retentionMs, async () => {
      const { database, eventMonths = null } = loop;
      const removed = await removeOld({ database, eventMonths });
      if (Object.keys(removed).length > 0) loop.log.info({ removed }, "old rows removed");
    }),
  ];
}

async function watchPresence(loop: Loop): Promise<void> {
  const { prisma, log, now, hints } = loop;
  const failures: unknown[] = [];
  const onFailure = (error: unknown, hypervisorId: string) => {
    log.warn({ err: error, hypervisorId }, "hypervisor was not looked after");
    if (!isBusy(error)) failures.push(error);
  };
  const changes = await reconcileHypervisors({ prisma, publish: hints.publish, now, onFailure });
  for (const { lost, ...change } of changes) {
    log.info({ ...change, lost: lost.length }, change.action);
    await wakeAll(loop, lost);
  }
  if (changes.some(({ action }) => action === "hypervisor.up")) {
    loop.onCapacity();
    // Routers may have their gateway there.
    lookAtNetwork(loop);
  }
  if (failures.length > 0) throw new AggregateError(failures, "hypervisors were not looked after");
}

async function sign({ prisma, authority, hints, now, log }: Loop): Promise<void> {
  await signRequests({ prisma, authority, publish: hints.publish, now, log });
}

async function wakeAll({ boss }: Loop, ids: readonly string[]): Promise<void> {
  for (const id of ids) await wakeSoon(boss, "instance", id);
}

const isBusy = (error: unknown) => error instanceof CloudError && error.code === "Unavailable";

function logFailure(
  log: Logger,
  job: { kind: ReconcileKind; id: string },
  failed: number,
  error: unknown,
): void {
  const busy = isBusy(error);
  log[busy ? "info" : "error"](
    { ...job, failed, err: error },
    busy ? "reconcile was busy" : "reconcile failed",
  );
}
