import { homedir, hostname } from "node:os";
import { resolve } from "node:path";
import { addressNumber } from "./address-range.mjs";
import { Fault } from "./fault.mjs";
import { readTunnel } from "./tunnel.mjs";

const hypervisors = ["auto", "libvirt-qemu", "simulated"];
const networks = ["auto", "ovn", "none"];

function number(env, name, low, high) {
  const text = env[name];
  if (text === undefined || text === "") return null;
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Fault(`${name} is "${text}".`, { advice: `Give a whole number from ${low} to ${high}.` });
}

function choice(env, name, values) {
  const value = env[name] || values[0];
  if (values.includes(value)) return value;
  throw new Fault(`${name} is "${value}".`, { advice: `Give one of ${values.join(", ")}.` });
}

const remote = /^(unix:\/.+|(tcp|ssl):.+:\d+)$/;

function remotes(env, name) {
  const text = env[name];
  if (text.split(",").every((one) => remote.test(one))) return text;
  throw new Fault(`${name} is "${text}".`, {
    advice:
      "Give unix:/path, tcp:host:port or ssl:host:port; several members of a cluster separated by commas.",
  });
}

/** The certificate that OVN's databases show and want to be shown by ssl:, null where nothing of that is set. */
function ovnCertificate(env) {
  const names = ["MADANG_OVN_CERT", "MADANG_OVN_KEY", "MADANG_OVN_CA"];
  const [certificate, key, ca] = names.map((name) => env[name] && resolve(env[name]));
  if (certificate && key && ca) return { certificate, key, ca };
  const dialled = [env.MADANG_OVN_NB, env.MADANG_OVN_SB].some((one) => one?.includes("ssl:"));
  if (!certificate && !key && !ca && !dialled && !env.MADANG_OVN_SB_LISTEN) return null;
  throw new Fault(`${names.join(", ")} belong together.`, {
    advice: "Set all three to PEM files; ssl: remotes and MADANG_OVN_SB_LISTEN need them.",
  });
}

/** An OVN that is there already; null: Madang runs one. A machine that is only a hypervisor needs the southbound alone. */
function existingOvn(env) {
  if (!env.MADANG_OVN_NB && !env.MADANG_OVN_SB) return null;
  if (!env.MADANG_OVN_SB)
    throw new Fault("MADANG_OVN_NB is set and MADANG_OVN_SB is not.", { advice: "Set both or none." });
  return {
    northbound: env.MADANG_OVN_NB ? remotes(env, "MADANG_OVN_NB") : null,
    southbound: remotes(env, "MADANG_OVN_SB"),
  };
}

/** Where the southbound database of Madang's own OVN listens for other hypervisors; null: nowhere. */
function southboundListen(env) {
  const text = env.MADANG_OVN_SB_LISTEN;
  if (!text) return null;
  const [, address, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (address && addressNumber(address) !== null && Number(port) < 65_536) return { address, port };
  throw new Fault(`MADANG_OVN_SB_LISTEN is "${text}".`, {
    advice: "Give an address and a port: 192.0.2.10:6642",
  });
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
    hypervisor: choice(env, "MADANG_HYPERVISOR", hypervisors),
    network: choice(env, "MADANG_NETWORK", networks),
    ovn: existingOvn(env),
    ovnTls: ovnCertificate(env),
    southboundListen: southboundListen(env),
    southboundRoles: choice(env, "MADANG_OVN_SB_RBAC", ["0", "1"]) === "1",
    tunnel: readTunnel(env.MADANG_TUNNEL_NIC, env.MADANG_TUNNEL_ADDRESS),
    external: {
      mode: env.MADANG_EXTERNAL || "isolated",
      cidr: env.MADANG_EXTERNAL_CIDR || null,
      gateway: env.MADANG_EXTERNAL_GATEWAY || null,
      pool: env.MADANG_EXTERNAL_POOL || null,
    },
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
        "MADANG_RECLAIM_MINUTES",
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
