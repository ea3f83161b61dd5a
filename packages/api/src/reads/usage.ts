import { CloudError } from "@madang/core/errors";
import { projectResources, type QuotaResource } from "@madang/core/quota/resource";
import type { Database } from "@madang/db";
import { z } from "zod";

/** The controller keeps samples no longer; see its retention. */
const longestDays = 400;
/** Up to this each hour is a point; beyond, each day with the most that was used in it. */
const hoursUpToDays = 14;
const dayMs = 86_400_000;

const moment = z
  .union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))])
  .refine((date) => date.getUTCFullYear() >= 2000 && date.getUTCFullYear() < 2200, { error: "timeRange" });

export const usageInput = z.object({
  projectId: z.uuid(),
  resource: z.enum(projectResources),
  from: moment,
  to: moment,
});
type UsageInput = { projectId: string; resource: QuotaResource; from: Date; to: Date };

export type UsagePoint = { at: Date; inUse: number; limit: number };
export type UsageHistory = { step: "hour" | "day"; points: UsagePoint[] };

/** At most 401 points. Throws InvalidInput for a span that is none, or longer than is kept. */
export async function readUsage({ pool }: Database, input: UsageInput): Promise<UsageHistory> {
  const { projectId, resource, from, to } = input;
  const days = (to.getTime() - from.getTime()) / dayMs;
  if (days < 0 || days > longestDays)
    throw new CloudError("InvalidInput", "Usage is told for at most 400 days at once.", {
      reason: "usageRange",
      field: "from",
    });
  const step = days <= hoursUpToDays ? "hour" : "day";
  // A sample is of an hour; a day is as high as its highest hour, against the limit that counted last in it.
  const { rows } = await pool.query<UsagePoint>(
    `SELECT date_trunc($5, at, 'UTC') AS at, max(in_use) AS "inUse", (array_agg("limit" ORDER BY at DESC))[1] AS "limit"
     FROM usage_sample WHERE project_id = $1 AND resource = $2 AND at BETWEEN $3 AND $4 GROUP BY 1 ORDER BY 1`,
    [projectId, resource, from, to, step],
  );
  return { step, points: rows };
}
