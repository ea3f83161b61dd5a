/** The controller's settings, read once; a fault ends the process with a sentence for each. */
import { homedir } from "node:os";
import { join } from "node:path";
import { type MetricsPlace, metricsPlace, metricsSettings } from "@madang/telemetry";
import { z } from "zod";

const defaultData = () =>
  process.getuid?.() === 0 ? "/var/lib/madang" : join(homedir(), ".local", "share", "madang");

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// URL" }),
  MADANG_DATA: z.string().min(1).default(defaultData),
  /** Holds the authority's key; only the controller may read it. */
  MADANG_CA: z.string().min(1).optional(),
  /** How long a hypervisor's certificate is good; it is renewed after a third. */
  MADANG_AGENT_CERTIFICATE_SECONDS: z.coerce
    .number()
    .int()
    .min(10)
    .default(30 * 86_400),
  /** How many months of the trail are kept before the current one; without it, all. */
  MADANG_KEEP_EVENTS_MONTHS: z.coerce.number().int().min(1).max(1_200).optional(),
  ...metricsSettings,
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  /** How many rows are reconciled at the same time by this process. */
  MADANG_CONTROLLER_WORKERS: z.coerce.number().int().min(1).max(64).default(8),
});

export type Env = {
  databaseUrl: string;
  caDirectory: string;
  hypervisorCertificateMs: number;
  eventMonths: number | null;
  metrics: MetricsPlace | null;
  logLevel: string;
  workers: number;
};

/** Exits with 2 and a readable list when a setting is wrong. */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const parsed = schema.safeParse(source);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    process.stderr.write(`The controller cannot start:\n${faults.join("\n")}\n`);
    process.exit(2);
  }
  const env = parsed.data;
  return {
    databaseUrl: env.DATABASE_URL,
    caDirectory: env.MADANG_CA ?? join(env.MADANG_DATA, "ca"),
    hypervisorCertificateMs: env.MADANG_AGENT_CERTIFICATE_SECONDS * 1_000,
    eventMonths: env.MADANG_KEEP_EVENTS_MONTHS ?? null,
    metrics: metricsPlace(env),
    logLevel: env.LOG_LEVEL,
    workers: env.MADANG_CONTROLLER_WORKERS,
  };
}
