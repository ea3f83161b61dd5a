import { homedir, hostname } from "node:os";
import { resolve } from "node:path";
import { Fault } from "./fault.mjs";

const hypervisors = ["auto", "libvirt-qemu", "simulated"];

function number(env, name, low, high) {
  const text = env[name];
  if (text === undefined || text === "") return null;
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Fault(`${name} is "${text}".`, { advice: `Give a whole number from ${low} to ${high}.` });
}

function hypervisor(env) {
  const value = env.MADANG_HYPERVISOR || "auto";
  if (hypervisors.includes(value)) return value;
  throw new Fault(`MADANG_HYPERVISOR is "${value}".`, { advice: `Give one of ${hypervisors.join(", ")}.` });
}

function certificate(env) {
  const files = [env.MADANG_TLS_CERT, env.MADANG_TLS_KEY].filter(Boolean);
  if (files.length === 1)
    throw new Fault("Only one of MADANG_TLS_CERT and MADANG_TLS_KEY is set.", {
      advice: "Set both or none.",
    });
  return files.length === 2;
}

const loopback = /^(127\.|::1$|localhost$)/;
const wildcard = /^(0\.0\.0\.0|::)$/;

/** A host as it stands in a URL: an IPv6 address in brackets, and a name for "every address". */
function urlHost(listen) {
  if (wildcard.test(listen)) return hostname();
  return listen.includes(":") ? `[${listen}]` : listen;
}

/** The machine's name with what a hypervisor's name allows: letters, digits, dots, dashes, at most 50 here. */
function ownName() {
  const name = hostname().replaceAll(/[^a-zA-Z0-9.-]+/g, "-");
  return name.replace(/^[^a-zA-Z0-9]+/, "").slice(0, 50) || "hypervisor";
}

/** What the person chose, checked; the environment is read here and nowhere else in boot. */
export function readSettings(env = process.env, uid = process.getuid()) {
  const root = uid === 0;
  const listen = env.MADANG_LISTEN || "127.0.0.1";
  const port = number(env, "PORT", 1, 65_535) ?? 3000;
  const scheme = certificate(env) || !loopback.test(listen) ? "https" : "http";
  const data = resolve(env.MADANG_DATA || (root ? "/var/lib/madang" : `${homedir()}/.local/share/madang`));
  return {
    root,
    data,
    cache: resolve(env.MADANG_CACHE || `${data}/cache`),
    listen,
    port,
    url: env.MADANG_URL || `${scheme}://${urlHost(listen)}:${port}`,
    agentPort: number(env, "MADANG_AGENT_PORT", 1, 65_535),
    agentUrl: env.MADANG_AGENT_URL || null,
    databaseUrl: env.DATABASE_URL || null,
    hypervisor: hypervisor(env),
    simulated: number(env, "MADANG_SIMULATED", 1, 1000) ?? 1,
    hypervisorName: env.MADANG_HYPERVISOR_NAME || ownName(),
    virtType: env.MADANG_VIRT_TYPE || "auto",
    imageFiles: env.MADANG_IMAGE_FILES || "",
    adminPassword: env.MADANG_ADMIN_PASSWORD || null,
    logLevel: env.LOG_LEVEL || "info",
    metricsPort: number(env, "MADANG_METRICS_PORT", 1, 65_533),
    metricsListen: env.MADANG_METRICS_LISTEN || "127.0.0.1",
    passedTo: {
      web: pick(env, [
        "MADANG_TLS_CERT",
        "MADANG_TLS_KEY",
        "MADANG_TRUSTED_PROXIES",
        "MADANG_SCHEDULE_TIMEOUT_S",
      ]),
      controller: pick(env, [
        "MADANG_AGENT_CERTIFICATE_SECONDS",
        "MADANG_CONTROLLER_WORKERS",
        "MADANG_KEEP_EVENTS_MONTHS",
      ]),
      agent: pick(env, ["MADANG_BOOTING", "MADANG_IMAGE_CACHE_GIB"]),
    },
    base: baseEnvironment(env),
  };
}

function pick(env, names) {
  return Object.fromEntries(names.filter((name) => env[name]).map((name) => [name, env[name]]));
}

/** What every process inherits: nothing of ours, so that each gets only the settings and secrets it needs. */
function baseEnvironment(env) {
  return pick(env, [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
  ]);
}
