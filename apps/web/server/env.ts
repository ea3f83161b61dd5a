/** Web's settings, read once; a fault ends the process with a sentence for each. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { externalNetwork } from "@madang/api/bootstrap";
import { reclaimMs, scheduleTimeoutMs } from "@madang/core/instance/machine";
import { type MetricsPlace, metricsPlace, metricsSettings } from "@madang/telemetry";
import { z } from "zod";

const defaultData = () =>
  process.getuid?.() === 0 ? "/var/lib/madang" : join(homedir(), ".local", "share", "madang");
const port = z.coerce.number().int().min(1).max(65_535);
const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" });

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// URL" }),
  MADANG_DATA: z.string().min(1).default(defaultData),
  MADANG_SECRETS: z.string().min(1).optional(),
  MADANG_IMAGES: z.string().min(1).optional(),
  PORT: port.default(3000),
  MADANG_LISTEN: z.string().min(1).default("127.0.0.1"),
  MADANG_URL: httpUrl.optional(),
  MADANG_AGENT_PORT: port.default(3001),
  MADANG_AGENT_URL: z
    .url({ protocol: /^https$/, error: "must be the https:// URL of the agent port" })
    .optional(),
  MADANG_TLS_CERT: z.string().min(1).optional(),
  MADANG_TLS_KEY: z.string().min(1).optional(),
  /** Addresses or networks (CIDR), separated by commas. */
  MADANG_TRUSTED_PROXIES: z.string().default(""),
  /** How long a launch waits for capacity before it is an ERROR, s. */
  MADANG_SCHEDULE_TIMEOUT_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(scheduleTimeoutMs / 1_000),
  /** How long a deleted instance can be restored, min; 0: not at all. */
  MADANG_RECLAIM_MINUTES: z.coerce
    .number()
    .int()
    .min(0)
    .max(43_200)
    .default(reclaimMs / 60_000),
  /** "1": not healthy before at least one hypervisor is up. */
  MADANG_EXPECT_AGENT: z.enum(["0", "1"]).default("0"),
  ...metricsSettings,
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

export type Env = {
  databaseUrl: string;
  images: string;
  port: number;
  listen: string;
  url: string;
  agentPort: number;
  agentUrl: string;
  tls: { certificate: string; key: string } | null;
  /** On loopback without a certificate of one's own. */
  plainHttp: boolean;
  trustedProxies: string[];
  expectAgent: boolean;
  scheduleTimeoutMs: number;
  reclaimMs: number;
  /** Whose disk space health tells. */
  data: string;
  metrics: MetricsPlace | null;
  logLevel: string;
  /** Signs session cookies; hex. */
  sessionKey: string;
  /** Seals secrets at rest; hex. */
  sealKey: string;
};

/** Exits with 2 and a readable list when a setting is wrong. */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const parsed = schema.safeParse(source);
  if (!parsed.success)
    return stop(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  const { data } = parsed;
  const { MADANG_TLS_CERT: certificate, MADANG_TLS_KEY: key } = data;
  if (Boolean(certificate) !== Boolean(key)) return stop(["MADANG_TLS_CERT and MADANG_TLS_KEY go together"]);
  const tls = certificate && key ? { certificate, key } : null;
  const secrets = data.MADANG_SECRETS ?? join(data.MADANG_DATA, "secrets");
  const host = hostOf(data);
  const secure = isSecure(data);
  return {
    databaseUrl: data.DATABASE_URL,
    images: data.MADANG_IMAGES ?? join(data.MADANG_DATA, "images"),
    port: data.PORT,
    listen: data.MADANG_LISTEN,
    url: urlOf(data),
    agentPort: data.MADANG_AGENT_PORT,
    agentUrl: data.MADANG_AGENT_URL ?? `https://${host}:${data.MADANG_AGENT_PORT}`,
    tls,
    plainHttp: !secure,
    trustedProxies: data.MADANG_TRUSTED_PROXIES.split(",")
      .map((one) => one.trim())
      .filter(Boolean),
    expectAgent: data.MADANG_EXPECT_AGENT === "1",
    scheduleTimeoutMs: data.MADANG_SCHEDULE_TIMEOUT_S * 1_000,
    reclaimMs: data.MADANG_RECLAIM_MINUTES * 60_000,
    data: data.MADANG_DATA,
    metrics: metricsPlace(data),
    logLevel: data.LOG_LEVEL,
    sessionKey: readKey(secrets, "session.key"),
    sealKey: readKey(secrets, "seal.key"),
  };
}

type Address = Pick<z.infer<typeof schema>, "MADANG_URL" | "MADANG_LISTEN" | "MADANG_TLS_CERT" | "PORT">;

function hostOf({ MADANG_LISTEN: listen }: Pick<Address, "MADANG_LISTEN">): string {
  return listen.includes(":") ? `[${listen}]` : listen;
}

function isSecure(address: Omit<Address, "MADANG_URL" | "PORT">): boolean {
  return Boolean(address.MADANG_TLS_CERT) || !isLoopback(address.MADANG_LISTEN);
}

function urlOf(address: Address): string {
  const scheme = isSecure(address) ? "https" : "http";
  return new URL(address.MADANG_URL ?? `${scheme}://${hostOf(address)}:${address.PORT}`).origin;
}

export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address.startsWith("127.");
}

/** next-auth reads the first two from the environment, in this process and nowhere else; Next tells nobody of us. */
export function announce({ url, sessionKey }: Pick<Env, "url" | "sessionKey">): void {
  process.env.NEXTAUTH_URL = url;
  process.env.NEXTAUTH_SECRET = sessionKey;
  process.env.NEXT_TELEMETRY_DISABLED = "1";
}

function readKey(directory: string, name: string): string {
  const path = join(directory, name);
  try {
    const key = readFileSync(path, "utf8").trim();
    return /^[0-9a-f]{64}$/i.test(key) ? key : stop([`${path} must hold 32 bytes in hex`]);
  } catch (error) {
    return stop([`${path} can't be read (${error instanceof Error ? error.message : error})`]);
  }
}

function stop(faults: string[]): never {
  process.stderr.write(`Web can't start:\n${faults.map((fault) => `  ${fault}`).join("\n")}\n`);
  process.exit(2);
}

/** The part that bootstrap and the admin command need beside the database. */
export function readBootstrapEnv(source: NodeJS.ProcessEnv = process.env) {
  const parsed = bootstrapSchema.safeParse(source);
  if (!parsed.success)
    return stop(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  const { data } = parsed;
  return {
    databaseUrl: data.DATABASE_URL,
    data: data.MADANG_DATA,
    /** Where people find the portal. */
    url: urlOf(data),
    images: data.MADANG_IMAGES ?? join(data.MADANG_DATA, "images"),
    secrets: data.MADANG_SECRETS ?? join(data.MADANG_DATA, "secrets"),
    authority: data.MADANG_CA ?? join(data.MADANG_DATA, "ca"),
    imageFiles: data.MADANG_IMAGE_FILES.split(",")
      .map((one) => one.trim())
      .filter(Boolean),
    adminPassword: data.MADANG_ADMIN_PASSWORD ?? null,
    externalNetwork: data.MADANG_EXTERNAL_NETWORK ?? null,
    logLevel: data.LOG_LEVEL,
  };
}

const ofTheServer = {
  MADANG_DATA: true,
  MADANG_IMAGES: true,
  MADANG_SECRETS: true,
  LOG_LEVEL: true,
  MADANG_URL: true,
  MADANG_LISTEN: true,
  MADANG_TLS_CERT: true,
  PORT: true,
} as const;

function parsedJson(text: unknown): unknown {
  try {
    return typeof text === "string" && text !== "" ? JSON.parse(text) : undefined;
  } catch {
    return text;
  }
}

const bootstrapSchema = schema.pick(ofTheServer).extend({
  DATABASE_URL: schema.shape.DATABASE_URL.optional(),
  MADANG_CA: z.string().min(1).optional(),
  /** name=path, separated by commas */
  MADANG_IMAGE_FILES: z.string().default(""),
  MADANG_ADMIN_PASSWORD: z.string().min(1).optional(),
  /** What the external network leads to, as JSON. */
  MADANG_EXTERNAL_NETWORK: z.preprocess(parsedJson, externalNetwork.optional()),
});
