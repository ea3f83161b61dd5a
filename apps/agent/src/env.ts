/** The agent's settings, read once; a fault ends the process with a sentence for each. */
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { type MetricsPlace, metricsPlace, metricsSettings } from "@madang/telemetry";
import { z } from "zod";

const defaultData = () =>
  process.getuid?.() === 0 ? "/var/lib/madang" : join(homedir(), ".local", "share", "madang");

/** A hypervisor's name as the wire allows it, from a host's. */
const defaultName = () =>
  hostname()
    .replace(/[^a-zA-Z0-9.-]+/g, "-")
    .replace(/^[^a-zA-Z0-9]+/, "")
    .slice(0, 50) || "hypervisor";

const schema = z.object({
  MADANG_DATA: z.string().min(1).default(defaultData),
  MADANG_AGENT_DIR: z.string().min(1).optional(),
  /** Of the web processes' agent ports, separated by commas: the next is used when one does not answer. */
  MADANG_AGENT_URL: z
    .string()
    .transform((text) => text.split(",").map((one) => one.trim()))
    .pipe(
      z.array(
        z.url({ protocol: /^https$/, error: "must be https:// URLs of agent ports, separated by commas" }),
      ),
    ),
  /** One a hypervisor, separated by commas; each is good for one join. */
  MADANG_JOIN_TOKEN: z.string().default(""),
  MADANG_CA_FINGERPRINT: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be the CA's SHA-256 in lower-case hex")
    .optional(),
  MADANG_HYPERVISOR: z.enum(["libvirt-qemu", "simulated"]),
  MADANG_SIMULATED: z.coerce.number().int().min(1).max(1_000).default(1),
  /** How long a simulated guest takes for each change of power, ms. */
  MADANG_SIMULATED_SLOW_MS: z.coerce.number().int().min(0).max(600_000).default(0),
  MADANG_HYPERVISOR_NAME: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,56}$/, "letters, digits, dots and dashes, at most 57")
    .default(defaultName),
  MADANG_LIBVIRT_DIR: z.string().min(1).optional(),
  MADANG_VIRT_TYPE: z.enum(["auto", "kvm", "qemu"]).default("auto"),
  /** How many guests may be started at the same time; a boot is the most expensive moment of a guest. */
  MADANG_BOOTING: z.coerce.number().int().min(1).max(64).default(2),
  /** How much of the disk may be taken by images that no guest needs any more. */
  MADANG_IMAGE_CACHE_GIB: z.coerce.number().min(0).max(1_000_000).default(20),
  /** How guests are joined to tenant networks; the simulator simulates. */
  MADANG_NETWORK: z.enum(["ovn", "none", "simulated"]).default("none"),
  /** The socket of this hypervisor's own Open vSwitch database. */
  MADANG_OVS_DB: z.string().min(1).optional(),
  /** The network namespace that holds switch, taps and guests, as `ip netns` names it. */
  MADANG_NETNS: z.string().min(1).optional(),
  MADANG_DATAPATH: z.enum(["netdev", "system"]).default("netdev"),
  /** 0: this hypervisor's external networks lead nowhere. */
  MADANG_LEADS_OUT: z.enum(["0", "1"]).default("1"),
  /** Where the supervisor writes how the switch fares. */
  MADANG_SWITCH_STATE: z.string().min(1).optional(),
  ...metricsSettings,
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
});

export type NetworkPlace =
  | { kind: "none" | "simulated" }
  | {
      kind: "ovn";
      ovsDatabase: string;
      namespace: string;
      /** netdev: in user space, where guests must finish their checksums themselves. */
      datapath: "netdev" | "system";
      leadsOut: boolean;
      switchState: string | null;
    };

export type Env = {
  directory: string;
  urls: string[];
  joinTokens: string[];
  caFingerprint: string | null;
  driver: "libvirt-qemu" | "simulated";
  simulated: number;
  simulatedSlowMs: number;
  name: string;
  libvirtDirectory: string | null;
  virtType: "auto" | "kvm" | "qemu";
  booting: number;
  imageCacheBytes: number;
  metrics: MetricsPlace | null;
  network: NetworkPlace;
  logLevel: string;
};

function networkPlace(env: z.infer<typeof schema>): NetworkPlace {
  if (env.MADANG_HYPERVISOR === "simulated") return { kind: "simulated" };
  if (env.MADANG_NETWORK !== "ovn") return { kind: "none" };
  if (!env.MADANG_OVS_DB || !env.MADANG_NETNS) {
    process.stderr.write(
      "The agent cannot start:\n  MADANG_OVS_DB, MADANG_NETNS: MADANG_NETWORK=ovn needs both\n",
    );
    process.exit(2);
  }
  return {
    kind: "ovn",
    ovsDatabase: env.MADANG_OVS_DB,
    namespace: env.MADANG_NETNS,
    datapath: env.MADANG_DATAPATH,
    leadsOut: env.MADANG_LEADS_OUT === "1",
    switchState: env.MADANG_SWITCH_STATE ?? null,
  };
}

/** Exits with 2 and a readable list when a setting is wrong. */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const parsed = schema.safeParse(source);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    process.stderr.write(`The agent cannot start:\n${faults.join("\n")}\n`);
    process.exit(2);
  }
  const env = parsed.data;
  if (env.MADANG_HYPERVISOR === "libvirt-qemu" && !env.MADANG_LIBVIRT_DIR) {
    process.stderr.write("The agent cannot start:\n  MADANG_LIBVIRT_DIR: libvirt-qemu needs it\n");
    process.exit(2);
  }
  return {
    directory: env.MADANG_AGENT_DIR ?? join(env.MADANG_DATA, "agent"),
    urls: env.MADANG_AGENT_URL,
    joinTokens: env.MADANG_JOIN_TOKEN.split(",").filter((token) => token !== ""),
    caFingerprint: env.MADANG_CA_FINGERPRINT ?? null,
    driver: env.MADANG_HYPERVISOR,
    simulated: env.MADANG_SIMULATED,
    simulatedSlowMs: env.MADANG_SIMULATED_SLOW_MS,
    name: env.MADANG_HYPERVISOR_NAME,
    libvirtDirectory: env.MADANG_LIBVIRT_DIR ?? null,
    virtType: env.MADANG_VIRT_TYPE,
    booting: env.MADANG_BOOTING,
    imageCacheBytes: env.MADANG_IMAGE_CACHE_GIB * 1024 ** 3,
    metrics: metricsPlace(env),
    network: networkPlace(env),
    logLevel: env.LOG_LEVEL,
  };
}
