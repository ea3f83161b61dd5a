/** The controller's settings, read once; a fault ends the process with a sentence for each. */
import { homedir } from "node:os";
import { join } from "node:path";
import { type MetricsPlace, metricsPlace, metricsSettings } from "@madang/telemetry";
import { z } from "zod";

const defaultData = () =>
  process.getuid?.() === 0 ? "/var/lib/madang" : join(homedir(), ".local", "share", "madang");

const remotes = z
  .string()
  .default("")
  .transform((text) => text.split(",").filter((one) => one !== ""))
  .pipe(
    z.array(z.string().regex(/^(unix:\/|(tcp|ssl):.+:\d+$)/, "unix:/path, tcp:host:port or ssl:host:port")),
  );

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
  /** How tenant networks are made. */
  MADANG_NETWORK: z.enum(["ovn", "simulated", "none"]).default("none"),
  /** OVN's northbound and southbound databases: unix:/path, tcp:host:port or ssl:host:port, separated by commas. */
  MADANG_OVN_NB: remotes,
  MADANG_OVN_SB: remotes,
  /** This OVN is Madang's own, and nobody else uses it. */
  MADANG_OVN_OWN: z
    .enum(["0", "1"])
    .default("0")
    .transform((text) => text === "1"),
  /** PEM files, for ssl: remotes. */
  MADANG_OVN_CERT: z.string().min(1).optional(),
  MADANG_OVN_KEY: z.string().min(1).optional(),
  MADANG_OVN_CA: z.string().min(1).optional(),
  /** The image store, which web processes share. */
  MADANG_IMAGES: z.string().min(1).optional(),
  /** How many images are imported at the same time by this process. */
  MADANG_IMAGE_IMPORTS: z.coerce.number().int().min(1).max(16).default(2),
  /** How many rows are reconciled at the same time by this process. */
  MADANG_CONTROLLER_WORKERS: z.coerce.number().int().min(1).max(64).default(8),
});

/** Paths of PEM files. */
export type OvnTls = { certificate: string; key: string; ca: string };

export type NetworkPlace =
  | { kind: "none" | "simulated" }
  | { kind: "ovn"; northbound: string[]; southbound: string[]; tls: OvnTls | null; ownCentral: boolean };

export type Env = {
  databaseUrl: string;
  dataDirectory: string;
  caDirectory: string;
  imageDirectory: string;
  imageImports: number;
  hypervisorCertificateMs: number;
  eventMonths: number | null;
  metrics: MetricsPlace | null;
  network: NetworkPlace;
  logLevel: string;
  workers: number;
};

function refuse(fault: string): never {
  process.stderr.write(`The controller cannot start:\n  ${fault}\n`);
  process.exit(2);
}

function tlsFiles(env: z.infer<typeof schema>): OvnTls | null {
  const { MADANG_OVN_CERT: certificate, MADANG_OVN_KEY: key, MADANG_OVN_CA: ca } = env;
  if (certificate && key && ca) return { certificate, key, ca };
  const named = [...env.MADANG_OVN_NB, ...env.MADANG_OVN_SB].filter((one) => one.startsWith("ssl:"));
  if (named.length > 0) refuse("MADANG_OVN_CERT, MADANG_OVN_KEY, MADANG_OVN_CA: ssl: remotes need all three");
  return null;
}

function networkPlace(env: z.infer<typeof schema>): NetworkPlace {
  if (env.MADANG_NETWORK !== "ovn") return { kind: env.MADANG_NETWORK };
  const { MADANG_OVN_NB: northbound, MADANG_OVN_SB: southbound } = env;
  if (northbound.length === 0 || southbound.length === 0)
    refuse("MADANG_OVN_NB, MADANG_OVN_SB: MADANG_NETWORK=ovn needs both");
  return { kind: "ovn", northbound, southbound, tls: tlsFiles(env), ownCentral: env.MADANG_OVN_OWN };
}

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
    dataDirectory: env.MADANG_DATA,
    caDirectory: env.MADANG_CA ?? join(env.MADANG_DATA, "ca"),
    imageDirectory: env.MADANG_IMAGES ?? join(env.MADANG_DATA, "images"),
    imageImports: env.MADANG_IMAGE_IMPORTS,
    hypervisorCertificateMs: env.MADANG_AGENT_CERTIFICATE_SECONDS * 1_000,
    eventMonths: env.MADANG_KEEP_EVENTS_MONTHS ?? null,
    metrics: metricsPlace(env),
    network: networkPlace(env),
    logLevel: env.LOG_LEVEL,
    workers: env.MADANG_CONTROLLER_WORKERS,
  };
}
