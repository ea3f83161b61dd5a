/**
 * The controller's loop: workers on the reconcile queue, and beside them everything that would find the same work by
 * looking. A failed pass is tried again later by its own back-off, never by throwing at the queue.
 */
import { CloudError } from "@madang/core/errors";
import { downAfterMs } from "@madang/core/hypervisor/state";
import {
  type Database,
  type Hints,
  listenHints,
  type PgBoss,
  type ReconcileJob,
  type ReconcileKind,
  reconcileLaterQueue,
  reconcileQueue,
  wakeSoon,
} from "@madang/db";
import type { Logger } from "pino";
import type { Authority } from "./authority/ca.ts";
import { signRequests } from "./authority/requests.ts";
import { type Every, every } from "./every.ts";
import { recordPresence } from "./reconcilers/hypervisor.ts";
import { reconcileInstance } from "./reconcilers/instance.ts";
import { endOrphanedOperations, unsettledInstances, waitingForHost } from "./unsettled.ts";

export type LoopDeps = {
  database: Database;
  boss: PgBoss;
  hints: Hints;
  authority: Authority;
  log: Logger;
  workers: number;
  now?: () => Date;
};

const resyncMs = 15_000;
const presenceMs = downAfterMs / 5;
const certificateMs = 2_000;
const partitionMs = 86_400_000;
const longestBackOffSeconds = 60;

/** Starts everything; the returned function ends it and waits for what is under way. */
export async function startLoop(deps: LoopDeps): Promise<() => Promise<void>> {
  const { database, boss, hints, authority, log } = deps;
  const { prisma } = database;
  const now = deps.now ?? (() => new Date());
  const { publish } = hints;
  const failures = new Map<string, number>();

  const wakeAll = async (ids: readonly string[]) => {
    for (const id of ids) await wakeSoon(boss, "instance", id);
  };
  const wakeWaiting = async () => wakeAll(await waitingForHost(prisma));
  const onCapacity = () => void wakeWaiting().catch((error) => log.warn({ err: error }, "wake failed"));
  const sign = () => signRequests({ prisma, authority, publish, now, log });

  const reconcile = async ({ kind, id }: ReconcileJob): Promise<void> => {
    if (kind === "certificate") return void (await sign());
    const { again } = await reconcileInstance({ prisma, publish, onCapacity, now }, id);
    if (again !== null) await wakeSoon(boss, kind, id, again);
  };
  const work = async (job: ReconcileJob): Promise<void> => {
    const key = `${job.kind}:${job.id}`;
    try {
      await reconcile(job);
      failures.delete(key);
    } catch (error) {
      const failed = (failures.get(key) ?? 0) + 1;
      failures.set(key, failed);
      logFailure(log, job, failed, error);
      await wakeSoon(boss, job.kind, job.id, Math.min(longestBackOffSeconds, 2 ** (failed - 1)));
    }
  };

  await boss.work<ReconcileJob>(
    reconcileQueue,
    { localConcurrency: deps.workers, pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2 },
    async (jobs) => {
      for (const job of jobs) await work(job.data);
    },
  );
  await boss.work<ReconcileJob>(reconcileLaterQueue, { pollingIntervalSeconds: 1 }, async (jobs) => {
    for (const { data } of jobs) await wakeSoon(boss, data.kind, data.id);
  });

  const rounds: Every[] = [
    every(log, "resync", resyncMs, async () => {
      await wakeAll(await unsettledInstances(prisma));
      await endOrphanedOperations(prisma, now());
    }),
    every(log, "presence", presenceMs, async () => {
      const changes = await recordPresence({ prisma, publish, now });
      for (const change of changes) log.info(change, change.action);
      if (changes.some(({ action }) => action === "hypervisor.up")) await wakeWaiting();
    }),
    every(log, "partitions", partitionMs, async () => {
      await prisma.$queryRaw`SELECT event_ensure_partitions(2)`;
    }),
  ];
  const certificates = every(log, "certificates", certificateMs, async () => void (await sign()));
  const unlisten = listenHints(database.url, (topic) => {
    if (topic === "certificate" || topic === "*") certificates.soon();
  });

  return async () => {
    await unlisten();
    await Promise.all([...rounds, certificates].map((round) => round.stop()));
  };
}

function logFailure(
  log: Logger,
  job: { kind: ReconcileKind; id: string },
  failed: number,
  error: unknown,
): void {
  const busy = error instanceof CloudError && error.code === "Unavailable";
  log[busy ? "info" : "error"](
    { ...job, failed, err: error },
    busy ? "reconcile was busy" : "reconcile failed",
  );
}
