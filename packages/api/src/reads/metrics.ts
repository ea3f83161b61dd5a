/** What an instance used, as its charts show it. */
import { CloudError } from "@madang/core/errors";
import { type Level, levels, type MetricRange, slotOf } from "@madang/core/metrics/level";
import { type MetricPoint, type MetricSeries, seriesOf } from "@madang/core/metrics/series";
import { tapDevice } from "@madang/core/network/tap";
import type { Database } from "@madang/db";

/** Why there may be nothing to show: told; none yet; of a guest that does nothing; by an agent that tells nothing. */
export type MetricSource = "live" | "off" | "simulated" | "agentTooOld";

export type InstanceMetrics = MetricSeries & {
  stepMs: number;
  from: Date;
  to: Date;
  vcpus: number;
  ramMib: number;
  source: MetricSource;
};

type Subject = { vcpus: number; ramMib: number; source: MetricSource; ports: { id: string; name: string }[] };

/** At most 720 points and their gaps. Throws NotFound. */
export async function readMetrics(
  { pool, now }: Database,
  { projectId, id, range }: { projectId: string; id: string; range: MetricRange },
): Promise<InstanceMetrics> {
  const { ports, ...subject } = await readSubject(pool, projectId, id);
  const level = levels[range];
  const to = now();
  const from = new Date(to.getTime() - level.keepMs);
  const { rows } = await pool.query<MetricPoint>(
    `SELECT extract(epoch FROM at)::float8 AS at, seconds, cpu_ms AS "cpuMs", resident_mib AS "residentMib",
       used_mib AS "usedMib", devices FROM ${level.table}
     WHERE instance_id = $1 AND at >= $2 AND slot = ANY($3) ORDER BY at`,
    [id, from, slotsOf(level, from, to)],
  );
  const series = seriesOf(rows, subject.vcpus, level.stepMs);
  const named = new Map(ports.map((port) => [tapDevice(port.id), port.name]));
  const nics = series.nics.map((nic) => ({ ...nic, name: named.get(nic.name) ?? nic.name }));
  return { ...series, nics, ...subject, stepMs: level.stepMs, from, to };
}

async function readSubject(pool: Database["pool"], projectId: string, id: string): Promise<Subject> {
  const { rows } = await pool.query<Subject>(
    `SELECT i.vcpus, i.ram_mib AS "ramMib",
       CASE WHEN h.id IS NULL THEN 'off' WHEN h.driver = 'simulated' THEN 'simulated'
         WHEN (h.capabilities ->> 'metrics')::boolean IS TRUE THEN 'live' ELSE 'agentTooOld' END AS source,
       (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', coalesce(
           (SELECT min(host(a.address)) FROM ip_allocation a WHERE a.port_id = p.id), p.mac))), '[]')
         FROM port p WHERE p.instance_id = i.id) AS ports
     FROM instance i LEFT JOIN guest g ON g.id = i.active_guest_id LEFT JOIN hypervisor h ON h.id = g.hypervisor_id
     WHERE i.id = $1 AND i.project_id = $2`,
    [id, projectId],
  );
  const [subject] = rows;
  if (subject) return subject;
  throw new CloudError("NotFound", "There is no such instance.", { reason: "instanceNotFound" });
}

/** Partitions that the time may be in, so that the others are not opened. */
export function slotsOf(level: Level, from: Date, to: Date): number[] {
  const slots = new Set<number>();
  for (
    let at = from.getTime();
    at < to.getTime() + level.spanMs && slots.size < level.slots;
    at += level.spanMs
  )
    slots.add(slotOf(level, new Date(at)));
  return [...slots];
}
