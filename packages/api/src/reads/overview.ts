import { type HypervisorState, type HypervisorView, hypervisorState } from "@madang/core/hypervisor/state";
import { type Database, goneAfterMs } from "@madang/db";
import { type CapacityOverview, readCapacity } from "./capacity.ts";
import { countStuckOperations } from "./operation.ts";
import { isOrphanGuest } from "./orphan.ts";
import { isOrphanVolume } from "./orphan-volume.ts";

export type ProcessItem = {
  kind: string;
  host: string;
  pid: number;
  version: string;
  startedAt: Date;
  lastSeenAt: Date;
  alive: boolean;
  /** Where it shows its figures; empty when nowhere. */
  metricsUrl: string;
};

export type Overview = {
  processes: ProcessItem[];
  hypervisors: Record<HypervisorState, number>;
  instances: { total: number; byStatus: Record<string, number> };
  simulated: boolean;
  capacity: CapacityOverview;
  stuckOperations: number;
  /** Requests for more quota that wait for an answer. */
  quotaRequests: number;
  /** Hypervisors whose switch ended by itself or called an emergency, or whose rules against guests were gone, since they were started. */
  switchTroubles: number;
  /** What hypervisors in use have and nobody asked for. */
  orphans: { guests: number; volumes: number };
};

export async function readOverview(database: Database): Promise<Overview> {
  const [processes, hypervisors, instances, simulated, capacity, stuckOperations, ...counts] =
    await Promise.all([
      readProcesses(database),
      readHypervisorCounts(database),
      readInstanceCounts(database),
      isSimulated(database),
      readCapacity(database),
      countStuckOperations(database),
      countQuotaRequests(database),
      countSwitchTroubles(database),
      countOrphans(database),
    ]);
  const [quotaRequests, switchTroubles, orphans] = counts;
  const rows = { processes, hypervisors, instances, simulated, capacity };
  return { ...rows, stuckOperations, quotaRequests, switchTroubles, orphans };
}

async function countOrphans({ pool }: Database): Promise<Overview["orphans"]> {
  const { rows } = await pool.query<Overview["orphans"]>(
    `SELECT (SELECT count(*)::int FROM hypervisor h CROSS JOIN LATERAL jsonb_array_elements(h.orphans) AS o(said)
         WHERE h.revoked_at IS NULL AND ${isOrphanGuest}) AS guests,
       (SELECT count(*)::int FROM orphan_volume o JOIN hypervisor h ON h.id = o.hypervisor_id
         WHERE h.revoked_at IS NULL AND ${isOrphanVolume}) AS volumes`,
  );
  return rows[0] ?? { guests: 0, volumes: 0 };
}

async function countSwitchTroubles({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM hypervisor WHERE revoked_at IS NULL
       AND ((network ->> 'switchEnds')::int > 0 OR (network ->> 'rulesLost')::int > 0
         OR network ->> 'emergency' IS NOT NULL)`,
  );
  return rows[0]?.count ?? 0;
}

/** Those that were there within the last hour. */
export async function readProcesses(database: Database): Promise<ProcessItem[]> {
  const { rows } = await database.pool.query<Omit<ProcessItem, "alive">>(
    `SELECT kind, host, pid, version, started_at AS "startedAt", last_seen_at AS "lastSeenAt",
       coalesce(detail->>'metricsUrl', '') AS "metricsUrl" FROM process
     WHERE last_seen_at > now() - interval '1 hour' ORDER BY kind, started_at`,
  );
  const alive = ({ lastSeenAt }: { lastSeenAt: Date }) =>
    database.now().getTime() - lastSeenAt.getTime() <= goneAfterMs;
  return rows.map((row) => ({ ...row, alive: alive(row) }));
}

async function countQuotaRequests({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM quota_request WHERE state = 'pending'`,
  );
  return rows[0]?.count ?? 0;
}

export async function readHypervisorCounts(database: Database): Promise<Record<HypervisorState, number>> {
  const { rows } = await database.pool.query<HypervisorView>(
    `SELECT enabled, revoked_at AS "revokedAt", fenced_at AS "fencedAt", fenced_boot_id AS "fencedBootId",
       boot_id AS "bootId", last_seen_at AS "lastSeenAt" FROM hypervisor`,
  );
  const now = database.now();
  const states = rows.map((row) => hypervisorState(row, now));
  const count = (state: HypervisorState) => states.filter((one) => one === state).length;
  return {
    up: count("up"),
    disabled: count("disabled"),
    down: count("down"),
    fenced: count("fenced"),
    revoked: count("revoked"),
    joining: count("joining"),
  };
}

async function readInstanceCounts(database: Database): Promise<Overview["instances"]> {
  const { rows } = await database.pool.query<{ status: string; count: number }>(
    `SELECT status, count(*)::int AS count FROM instance GROUP BY status`,
  );
  const byStatus = Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  return { total: rows.reduce((sum, { count }) => sum + count, 0), byStatus };
}

/** True when any hypervisor in use only pretends: the portal says so in a banner, never silently. */
export async function isSimulated(database: Database): Promise<boolean> {
  const { rows } = await database.pool.query<{ simulated: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM hypervisor WHERE driver = 'simulated' AND revoked_at IS NULL) AS simulated`,
  );
  return rows[0]?.simulated ?? false;
}
