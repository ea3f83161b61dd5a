/** What the cloud runs on, for whoever keeps it running. */
import { type HypervisorState, hypervisorState } from "@madang/core/hypervisor/state";
import { type Database, type QueueFigures, readQueues } from "@madang/db";
import type { About, AdmissionDeps } from "../deps.ts";
import { sessionIdleMs, sessionLongestMs } from "../session.ts";
import { type ProcessItem, readProcesses } from "./overview.ts";

export type AgentItem = {
  id: string;
  name: string;
  state: HypervisorState;
  driver: string;
  version: string;
  startedAt: Date | null;
  lastSeenAt: Date | null;
  /** Of its newest certificate. */
  certificateEndsAt: Date | null;
};

export type CertificateItem = {
  kind: "ca" | "web" | "hypervisor";
  /** The hypervisor's, or the web process's host and process id; null for the authority's own. */
  name: string | null;
  endsAt: Date;
  /** Less is left than `soonMs`. */
  soon: boolean;
};

/** `rows`: about how many; null as long as PostgreSQL has not counted. */
type TableSize = { name: string; bytes: number; rows: number | null };

export type SystemItem = {
  about: About;
  processes: ProcessItem[];
  agents: { items: AgentItem[]; total: number };
  queues: QueueFigures[];
  database: { version: string; bytes: number; tables: TableSize[] };
  certificates: { items: CertificateItem[]; total: number };
  trail: {
    /** null: all of them; undefined: no controller says so now. */
    keptMonths: number | null | undefined;
    oldest: Date | null;
    /** About how many. */
    events: number;
  };
  settings: { scheduleTimeoutMs: number; reclaimMs: number; sessionIdleMs: number; sessionLongestMs: number };
};

/** A certificate with less left is marked: agents renew theirs with twenty days left of thirty. */
const soonMs = 14 * 86_400_000;
const shown = 100;
const largest = 8;

export async function readSystem(
  database: Database,
  about: About,
  { scheduleTimeoutMs, reclaimMs }: Pick<AdmissionDeps, "scheduleTimeoutMs" | "reclaimMs">,
): Promise<SystemItem> {
  const [processes, agents, queues, size, certificates, trail] = await Promise.all([
    readProcesses(database),
    readAgents(database),
    readQueues(database),
    readSize(database),
    readCertificates(database),
    readTrailAge(database),
  ]);
  const settings = { scheduleTimeoutMs, reclaimMs, sessionIdleMs, sessionLongestMs };
  return { about, processes, agents, queues, database: size, certificates, trail, settings };
}

type AgentRow = Omit<AgentItem, "state"> & {
  enabled: boolean;
  revokedAt: Date | null;
  fencedAt: Date | null;
  fencedBootId: string | null;
  bootId: string | null;
  total: number;
};

/** Those that were silent longest first. */
async function readAgents(database: Database): Promise<SystemItem["agents"]> {
  const { rows } = await database.pool.query<AgentRow>(
    `SELECT h.id, h.name, h.driver, h.agent_version AS version, h.agent_started_at AS "startedAt",
       h.last_seen_at AS "lastSeenAt", h.enabled, h.revoked_at AS "revokedAt", h.fenced_at AS "fencedAt",
       h.fenced_boot_id AS "fencedBootId", h.boot_id AS "bootId", count(*) OVER ()::int AS total,
       (SELECT max(c.not_after) FROM certificate c WHERE c.kind = 'hypervisor' AND c.subject_id = h.id
          AND c.revoked_at IS NULL) AS "certificateEndsAt"
     FROM hypervisor h WHERE h.revoked_at IS NULL ORDER BY h.last_seen_at NULLS FIRST, h.name LIMIT $1`,
    [shown],
  );
  const now = database.now();
  const items = rows.map((row) => ({
    id: row.id,
    name: row.name,
    state: hypervisorState(row, now),
    driver: row.driver,
    version: row.version,
    startedAt: row.startedAt,
    lastSeenAt: row.lastSeenAt,
    certificateEndsAt: row.certificateEndsAt,
  }));
  return { items, total: rows[0]?.total ?? 0 };
}

/** The newest of everybody who is still there; those that end first come first. */
async function readCertificates(database: Database): Promise<SystemItem["certificates"]> {
  const { rows } = await database.pool.query<Omit<CertificateItem, "soon"> & { total: number }>(
    `SELECT c.kind::text, max(c.not_after) AS "endsAt", count(*) OVER ()::int AS total,
       coalesce(max(h.name), max(p.host || ' · ' || p.pid)) AS name
     FROM certificate c LEFT JOIN hypervisor h ON h.id = c.subject_id AND h.revoked_at IS NULL
       LEFT JOIN process p ON p.id = c.subject_id
     WHERE c.revoked_at IS NULL AND c.not_after IS NOT NULL AND (c.kind = 'ca' OR h.id IS NOT NULL OR p.id IS NOT NULL)
     GROUP BY c.kind, c.subject_id ORDER BY max(c.not_after), c.kind LIMIT $1`,
    [shown],
  );
  const now = database.now().getTime();
  const items = rows.map(({ kind, name, endsAt }) => ({
    kind,
    name,
    endsAt,
    soon: endsAt.getTime() - now < soonMs,
  }));
  return { items, total: rows[0]?.total ?? 0 };
}

/** Partitions count as the table they are parts of. */
async function readSize({ pool }: Database): Promise<SystemItem["database"]> {
  const [whole, tables] = await Promise.all([
    pool.query<{ version: string; bytes: number }>(
      `SELECT current_setting('server_version') AS version, pg_database_size(current_database())::float AS bytes`,
    ),
    pool.query<TableSize>(
      `SELECT CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || r.relname AS name,
         sum(pg_total_relation_size(c.oid))::float AS bytes,
         sum(c.reltuples) FILTER (WHERE c.reltuples >= 0)::float AS rows
       FROM pg_class c JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid)
         JOIN pg_namespace n ON n.oid = r.relnamespace
       WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       GROUP BY 1 ORDER BY 2 DESC LIMIT $1`,
      [largest],
    ),
  ]);
  const [{ version, bytes } = { version: "", bytes: 0 }] = whole.rows;
  return { version, bytes, tables: tables.rows };
}

async function readTrailAge({ pool }: Database): Promise<SystemItem["trail"]> {
  const { rows } = await pool.query<{ oldest: Date | null; events: number; kept: number | null }>(
    `SELECT (SELECT created_at FROM event ORDER BY created_at, id LIMIT 1) AS oldest,
       (SELECT sum(greatest(reltuples, 0))::float FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE i.inhparent = 'event'::regclass) AS events,
       (SELECT (detail->>'keepEventsMonths')::int FROM process WHERE kind = 'controller'
          AND detail ? 'keepEventsMonths' ORDER BY last_seen_at DESC LIMIT 1) AS kept`,
  );
  const [row] = rows;
  // 0 is how a controller says that it drops none.
  const kept = row?.kept ?? undefined;
  return { keptMonths: kept === 0 ? null : kept, oldest: row?.oldest ?? null, events: row?.events ?? 0 };
}
