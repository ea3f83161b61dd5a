/** How a process, or the cloud as one process sees it, says how it is: one word a part, and why it is not well. */
import { z } from "zod";

export const healthStatuses = ["ok", "degraded", "failed"] as const;
const healthStatus = z.enum(healthStatuses);
export type HealthStatus = z.infer<typeof healthStatus>;

/** Stable; each has words in the portal's catalogues (`health.reasons`). */
export const healthReasons = [
  "unreachable",
  "refused",
  "slow",
  "unknown",
  "none",
  "someAway",
  "starting",
  "backlog",
  "missing",
  "notSigning",
  "expiring",
  "noPartition",
  "strayRows",
  "spaceLow",
  "spaceGone",
  "behind",
  "notWorking",
  "silent",
] as const;
const healthReason = z.enum(healthReasons);
export type HealthReason = z.infer<typeof healthReason>;

export const partHealth = z.object({
  status: healthStatus,
  /** null exactly when it is ok. */
  reason: healthReason.nullable(),
  /** Units stand in the names: …Seconds, …Bytes, else a count. */
  figures: z.record(z.string(), z.number()).default({}),
});
export type PartHealth = z.infer<typeof partHealth>;

/** What the web process tells of; `health.parts` of the catalogues. */
export const healthParts = [
  "database",
  "controllers",
  "agentListener",
  "agents",
  "webs",
  "queue",
  "network",
  "authority",
  "trail",
  "streams",
  "disk",
] as const;
export type HealthPart = (typeof healthParts)[number];

/** Why each part may not be well. */
export const partReasons = {
  database: ["unreachable", "slow"],
  controllers: ["none", "unknown"],
  agentListener: ["starting"],
  agents: ["none", "someAway", "unknown"],
  webs: ["none", "unknown"],
  queue: ["backlog", "unknown"],
  network: ["unreachable", "refused", "unknown"],
  authority: ["missing", "notSigning", "expiring", "unknown"],
  trail: ["noPartition", "strayRows", "unknown"],
  streams: ["behind"],
  disk: ["spaceLow", "spaceGone", "unknown"],
} as const satisfies Record<HealthPart, readonly HealthReason[]>;

export const health = z.object({
  status: healthStatus,
  parts: z.record(z.string(), partHealth),
});
export type Health = z.infer<typeof health>;

type Figures = PartHealth["figures"];

export function well(figures: Figures = {}): PartHealth {
  return { status: "ok", reason: null, figures };
}

export function degraded(reason: HealthReason, figures: Figures = {}): PartHealth {
  return { status: "degraded", reason, figures };
}

export function failed(reason: HealthReason, figures: Figures = {}): PartHealth {
  return { status: "failed", reason, figures };
}

/** Failed when a part that is needed has failed; degraded when anything else is not well. */
export function overallHealth(parts: Record<string, PartHealth>, needed: readonly string[]): Health {
  const entries = Object.entries(parts);
  if (entries.some(([name, { status }]) => status === "failed" && needed.includes(name)))
    return { status: "failed", parts };
  return { status: entries.every(([, { status }]) => status === "ok") ? "ok" : "degraded", parts };
}
