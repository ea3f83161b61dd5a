/**
 * The reconcile queue on pg-boss: policy `stately` with one key per row is exactly "one queued, one active", so a wake
 * that arrives during a pass is kept and passes never overlap. The payload is only the id. Immediate sends only:
 * a delayed job would take the one waiting slot and refuse them; delays go through `reconcile-later`.
 */
import { fromPrisma, PgBoss } from "pg-boss";
import type { Tx } from "./client.ts";
import { lookForFreeRows } from "./queue-fetch.ts";

export const reconcileQueue = "reconcile";
export const reconcileLaterQueue = "reconcile-later";
/** Its own, so that a pass that waits for the network's databases keeps nobody else's from being fetched. */
export const networkQueue = "reconcile-network";

/** `network` has one row, core's `cloudNetworkId`. */
export type ReconcileKind = "instance" | "volume" | "project" | "certificate" | "network" | "image";
export type ReconcileJob = { kind: ReconcileKind; id: string };

/**
 * What the queue itself commits (a pass begun, a pass done) may be lost with a crashed server: the resync finds the rows
 * anyway. A wake is sent on the connection of the transaction it belongs to, and is as durable as that.
 */
const carelessCommits = "-c synchronous_commit=off";

/** `worker` true supervises and works (the controller); false only sends (the API). */
export async function openQueue(
  url: string,
  worker: boolean,
  onError: (error: Error) => void,
): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url,
    options: carelessCommits,
    max: worker ? 10 : 2,
    supervise: worker,
    schedule: false,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    maintenanceIntervalSeconds: cleanEverySeconds,
    useListenNotify: worker,
  });
  lookForFreeRows(boss);
  boss.on("error", onError);
  await boss.start();
  await ensureQueues(boss);
  return boss;
}

/**
 * A row whose controller was killed in the middle of a pass is free again `heartbeatSeconds` after the pass began (pg-boss
 * allows no less), is found within a second and fetched within another: that is the 15 s of a takeover. No delay before
 * the retry, for a pass that merely fails never fails its job: it makes its own back-off.
 */
const recovery = {
  heartbeatSeconds: 10,
  expireInSeconds: 300,
  retryLimit: 100,
  retryDelay: 0,
  retryBackoff: false,
};

/** What is done is of no use to anybody; the table stays small. */
const done = { deleteAfterSeconds: 600 };
const cleanEverySeconds = 60;

async function ensureQueues(boss: PgBoss): Promise<void> {
  await boss.createQueue(reconcileQueue, { ...recovery, ...done, policy: "stately", notify: true });
  await boss.createQueue(networkQueue, { ...recovery, ...done, policy: "stately", notify: true });
  await boss.createQueue(reconcileLaterQueue, { ...recovery, ...done, policy: "stately" });
  // A queue that an older version made keeps that version's numbers.
  for (const name of [reconcileQueue, networkQueue, reconcileLaterQueue])
    await boss.updateQueue(name, { ...recovery, ...done });
}

const queueOf = (kind: ReconcileKind) => (kind === "network" ? networkQueue : reconcileQueue);

/** Wakes a row's reconciler, in the caller's transaction: no commit, no wake. A refused send means one is already queued. */
export async function wake(boss: PgBoss, tx: Tx, kind: ReconcileKind, id: string): Promise<void> {
  const job: ReconcileJob = { kind, id };
  await boss.send(queueOf(kind), job, { singletonKey: `${kind}:${id}`, db: fromPrisma(tx) });
}

/** As `wake`, for many rows in one statement. */
export async function wakeAll(
  boss: PgBoss,
  tx: Tx,
  kind: ReconcileKind,
  ids: readonly string[],
): Promise<void> {
  const jobs = ids.map((id) => ({
    data: { kind, id } satisfies ReconcileJob,
    singletonKey: `${kind}:${id}`,
  }));
  await boss.insert(queueOf(kind), jobs, { db: fromPrisma(tx) });
}

/** Wakes a row's reconciler outside any transaction, now or `seconds` later. */
export async function wakeSoon(boss: PgBoss, kind: ReconcileKind, id: string, seconds = 0): Promise<void> {
  const job: ReconcileJob = { kind, id };
  const queue = seconds > 0 ? reconcileLaterQueue : queueOf(kind);
  await boss.send(queue, job, {
    singletonKey: `${kind}:${id}`,
    ...(seconds > 0 ? { startAfter: seconds } : {}),
  });
}

export type { PgBoss };
