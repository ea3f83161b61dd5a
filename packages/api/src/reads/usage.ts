import { CloudError } from "@madang/core/errors";
import { isFixedResource, projectResources } from "@madang/core/quota/resource";
import { isTypeResource, longestResource } from "@madang/core/quota/type-resource";
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

/** A name that PostgreSQL takes as well: offsets such as "+09:00" mean the contrary there. */
const zone = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/, { error: "timeZone" })
  .refine(isZone, { error: "timeZone" });

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function isProjectResource(name: string): boolean {
  return isTypeResource(name) || (isFixedResource(name) && projectResources.includes(name));
}

export const usageInput = z.object({
  projectId: z.uuid(),
  resource: z.string().max(longestResource).refine(isProjectResource, { error: "resourceUnknown" }),
  from: moment,
  to: moment,
  /** Whose days are meant, an IANA name. */
  zone: zone.default("UTC"),
});
type UsageInput = { projectId: string; resource: string; from: Date; to: Date; zone: string };

export type UsagePoint = { at: Date; inUse: number; limit: number };
export type UsageHistory = { step: "hour" | "day"; points: UsagePoint[] };

/** At most 402 points. Throws InvalidInput for a span that is none, or longer than is kept. */
export async function readUsage({ pool }: Database, input: UsageInput): Promise<UsageHistory> {
  const { projectId, resource, from, to, zone: days } = input;
  const span = (to.getTime() - from.getTime()) / dayMs;
  if (span < 0 || span > longestDays)
    throw new CloudError("InvalidInput", "Usage is told for at most 400 days at once.", {
      reason: "usageRange",
      field: "from",
    });
  const step = span <= hoursUpToDays ? "hour" : "day";
  // A sample is of an hour of UTC, which in some zones is none of the clock's; a day is as high as its highest hour, against the limit that counted last in it.
  const { rows } = await pool.query<UsagePoint>(
    `SELECT date_trunc($5, at, $6) AS at, max(in_use) AS "inUse", (array_agg("limit" ORDER BY at DESC))[1] AS "limit"
     FROM usage_sample WHERE project_id = $1 AND resource = $2 AND at BETWEEN $3 AND $4 GROUP BY 1 ORDER BY 1`,
    [projectId, resource, from, to, step, step === "day" ? days : "UTC"],
  );
  return { step, points: rows };
}
