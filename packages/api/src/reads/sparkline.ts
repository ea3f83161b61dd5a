/** The CPU of the last hour, of many instances at once, for a list. */
import { levels } from "@madang/core/metrics/level";
import type { Database } from "@madang/db";
import { slotsOf } from "./metrics.ts";

const hourMs = 3_600_000;
const level = levels["24h"];
/** One value each two minutes. */
export const sparklinePoints = hourMs / level.stepMs;

/** By instance: percent of its vCPUs, oldest first, null where nothing is known. Instances of other projects are left out. */
export async function readSparklines(
  { pool, now }: Database,
  { projectId, ids }: { projectId: string; ids: readonly string[] },
): Promise<Record<string, (number | null)[]>> {
  // The last whole step, since the one that is under way is not summed up.
  const end = Math.floor(now().getTime() / level.stepMs) * level.stepMs;
  const from = new Date(end - hourMs);
  const { rows } = await pool.query<{ id: string; places: number[]; percents: number[] }>(
    `SELECT i.id, array_agg((extract(epoch FROM m.at - $3) * 1000 / $5)::int ORDER BY m.at) AS places,
       array_agg((m.cpu_ms / 10.0 / m.seconds / i.vcpus)::float8 ORDER BY m.at) AS percents
     FROM instance i JOIN ${level.table} m ON m.instance_id = i.id
     WHERE i.project_id = $1 AND i.id = ANY($2) AND m.at >= $3 AND m.at < $4 AND m.slot = ANY($6) GROUP BY i.id`,
    [projectId, ids, from, new Date(end), level.stepMs, slotsOf(level, from, new Date(end))],
  );
  return Object.fromEntries(rows.map(({ id, places, percents }) => [id, placed(places, percents)]));
}

function placed(places: readonly number[], percents: readonly number[]): (number | null)[] {
  const values = new Map(places.map((place, index) => [place, percents[index] ?? null]));
  return Array.from({ length: sparklinePoints }, (_, place) => {
    const value = values.get(place) ?? null;
    return value === null ? null : Math.round(value * 10) / 10;
  });
}
