/** What all instances of a project used together, beside what the project may have. */
import { levels, type MetricRange } from "@madang/core/metrics/level";
import { type Database, quotaLines } from "@madang/db";
import { slotsOf } from "./metrics.ts";

export type ProjectMetrics = {
  stepMs: number;
  from: Date;
  to: Date;
  /** -1: no limit. */
  limits: { vcpus: number; ramMib: number };
  /** `at` in seconds since 1970; vCPUs busy, memory in MiB, the rest bytes a second. */
  points: {
    at: number;
    vcpus: number;
    memoryMib: number;
    read: number;
    written: number;
    in: number;
    out: number;
  }[];
};

/** The last hour comes from the two minutes' sums too: looks at different instances are not of the same moment. */
const levelOf = (range: MetricRange) => levels[range === "1h" ? "24h" : range];

/** At most 720 points. */
export async function readProjectMetrics(
  database: Database,
  { projectId, range, userId }: { projectId: string; range: MetricRange; userId: string },
): Promise<ProjectMetrics> {
  const level = levelOf(range);
  const to = database.now();
  const from = new Date(to.getTime() - levels[range].keepMs);
  const [{ rows: points }, lines] = await Promise.all([
    database.pool.query<ProjectMetrics["points"][number]>(
      `SELECT extract(epoch FROM m.at)::float8 AS at, sum(m.cpu_ms / 1000.0 / m.seconds)::float8 AS vcpus,
         sum(coalesce(m.used_mib, m.resident_mib, 0))::float8 AS "memoryMib", sum(m.read_bytes / m.seconds)::float8 AS read,
         sum(m.written_bytes / m.seconds)::float8 AS written, sum(m.in_bytes / m.seconds)::float8 AS "in",
         sum(m.out_bytes / m.seconds)::float8 AS out
       FROM instance i JOIN ${level.table} m ON m.instance_id = i.id
       WHERE i.project_id = $1 AND m.at >= $2 AND m.slot = ANY($3) GROUP BY m.at ORDER BY m.at`,
      [projectId, from, slotsOf(level, from, to)],
    ),
    quotaLines(database.prisma, projectId, userId),
  ]);
  const limitOf = (name: string) => lines.find(({ resource }) => resource === name)?.limit ?? -1;
  const limits = { vcpus: limitOf("cores"), ramMib: limitOf("ram") };
  return { stepMs: level.stepMs, from, to, limits, points };
}
