/**
 * What the tables say about how the cloud is: for health and for Prometheus. Every question is one that an index or a
 * small table answers, because it is asked again and again.
 */
import { type HypervisorState, type HypervisorView, hypervisorState } from "@madang/core/hypervisor/state";
import type { Database } from "./client.ts";
import { goneAfterMs } from "./heartbeat.ts";

/** Jobs that are due, by queue; what is meant for later does not count. */
export type QueueFigures = { queue: string; waiting: number; active: number; oldestSeconds: number };

export async function readQueues({ pool }: Pick<Database, "pool">): Promise<QueueFigures[]> {
  const { rows } = await pool.query<QueueFigures>(
    `SELECT q.name AS queue, count(j.id) FILTER (WHERE j.state < 'active')::int AS waiting,
       count(j.id) FILTER (WHERE j.state = 'active')::int AS active,
       coalesce(extract(epoch FROM now() - min(j.start_after) FILTER (WHERE j.state < 'active')), 0)::float AS "oldestSeconds"
     FROM pgboss.queue q LEFT JOIN pgboss.job j ON j.name = q.name AND j.state <= 'active' AND j.start_after <= now()
     WHERE q.name LIKE 'reconcile%' GROUP BY q.name`,
  );
  return rows;
}

/** `silentSeconds`: of the one that was silent longest, of those that count. */
export type ProcessFigures = { alive: number; silentSeconds: number };

/** Signs of life from before `since` don't count: they are news of an earlier run, which may have ended with a power cut. */
export async function readProcesses(
  { pool }: Pick<Database, "pool">,
  kind: "web" | "controller",
  since: Date,
): Promise<ProcessFigures> {
  const { rows } = await pool.query<ProcessFigures>(
    `SELECT count(*)::int AS alive, coalesce(extract(epoch FROM now() - min(last_seen_at)), 0)::float AS "silentSeconds"
     FROM process WHERE kind = $1 AND last_seen_at > greatest($2, now() - make_interval(secs => $3))`,
    [kind, since, goneAfterMs / 1_000],
  );
  return rows[0] ?? { alive: 0, silentSeconds: 0 };
}

/** `away`: the network took not what it was last told. `refused`: rows that it will not have as they are. */
export type NetworkFigures = { away: boolean; refused: number };

/** What controllers that are alive say of it. */
export async function readNetwork({ pool }: Pick<Database, "pool">, since: Date): Promise<NetworkFigures> {
  const { rows } = await pool.query<NetworkFigures>(
    `SELECT coalesce(bool_or((detail ->> 'networkAway')::boolean), false) AS away,
       coalesce(max((detail ->> 'networkRefused')::int), 0)::int AS refused FROM process
     WHERE kind = 'controller' AND last_seen_at > greatest($1, now() - make_interval(secs => $2))`,
    [since, goneAfterMs / 1_000],
  );
  return rows[0] ?? { away: false, refused: 0 };
}

export type HypervisorFigures = {
  counts: Record<HypervisorState, number>;
  /** Longest silence among those that should report: revoked, fenced and joining ones don't. */
  silentSeconds: number;
  /** How many are up and have been heard since `since`. */
  heard: number;
};

export async function readHypervisors(
  database: Pick<Database, "pool" | "now">,
  since: Date = new Date(0),
): Promise<HypervisorFigures> {
  const { rows } = await database.pool.query<HypervisorView>(
    `SELECT enabled, revoked_at AS "revokedAt", fenced_at AS "fencedAt", fenced_boot_id AS "fencedBootId",
       boot_id AS "bootId", last_seen_at AS "lastSeenAt" FROM hypervisor`,
  );
  const now = database.now();
  const counts = { up: 0, disabled: 0, down: 0, fenced: 0, revoked: 0, joining: 0 };
  let [silentSeconds, heard] = [0, 0];
  for (const row of rows) {
    const state = hypervisorState(row, now);
    counts[state] += 1;
    const reports = state === "up" || state === "disabled";
    if (!row.lastSeenAt || (!reports && state !== "down")) continue;
    silentSeconds = Math.max(silentSeconds, (now.getTime() - row.lastSeenAt.getTime()) / 1_000);
    if (reports && row.lastSeenAt > since) heard += 1;
  }
  return { counts, silentSeconds, heard };
}

export type AuthorityFigures = {
  /** null: there is no authority yet. */
  secondsLeft: number | null;
  waiting: number;
  oldestWaitingSeconds: number;
  /** Hypervisors in use whose newest certificate has less than a sixth of its life left (5 days of 30). */
  nearExpiry: number;
};

/** An agent renews when a third is over: with so little left, it has tried for half of the certificate's life. */
const nearShare = 6;

export async function readAuthority({ pool }: Pick<Database, "pool">): Promise<AuthorityFigures> {
  const { rows } = await pool.query<AuthorityFigures>(
    `SELECT (SELECT extract(epoch FROM not_after - now())::float FROM certificate
        WHERE kind = 'ca' AND revoked_at IS NULL ORDER BY requested_at LIMIT 1) AS "secondsLeft",
       w.waiting, w.oldest AS "oldestWaitingSeconds",
       (SELECT count(*)::int FROM hypervisor h WHERE h.revoked_at IS NULL AND h.last_seen_at IS NOT NULL
          AND (SELECT c.not_after - (c.not_after - c.requested_at) / $1 FROM certificate c
               WHERE c.kind = 'hypervisor' AND c.subject_id = h.id AND c.revoked_at IS NULL AND c.not_after IS NOT NULL
               ORDER BY c.not_after DESC LIMIT 1) < now()) AS "nearExpiry"
     FROM (SELECT count(*)::int AS waiting, coalesce(extract(epoch FROM now() - min(requested_at)), 0)::float AS oldest
       FROM certificate WHERE kind <> 'ca' AND pem IS NULL AND fault IS NULL AND revoked_at IS NULL) w`,
    [nearShare],
  );
  return rows[0] ?? { secondsLeft: null, waiting: 0, oldestWaitingSeconds: 0, nearExpiry: 0 };
}

export type TrailFigures = {
  /** Whether this month and the next have a partition. */
  thisMonth: boolean;
  nextMonth: boolean;
  /** Whether the partition for what fits in no other holds anything. */
  stray: boolean;
};

export async function readTrail({ pool }: Pick<Database, "pool">): Promise<TrailFigures> {
  const { rows } = await pool.query<TrailFigures>(
    `SELECT to_regclass('event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')) IS NOT NULL AS "thisMonth",
       to_regclass('event_' || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY_MM'))
         IS NOT NULL AS "nextMonth",
       EXISTS (SELECT 1 FROM event_default) AS stray`,
  );
  return rows[0] ?? { thisMonth: false, nextMonth: false, stray: false };
}
