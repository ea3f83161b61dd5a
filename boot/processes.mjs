import { existsSync } from "node:fs";
import { askHealth } from "./health.mjs";
import { node24, quiet, repository } from "./repository.mjs";

/**
 * @typedef {object} Wiring what the processes must know of each other
 * @property {ReturnType<import("./settings.mjs").readSettings>} settings
 * @property {string} databaseUrl
 * @property {Record<string, number>} ports
 * @property {import("./network.mjs").Network} network
 * @property {string} agentUrl as agents on other machines reach it
 * @property {boolean} dev hot reload
 */

const folders = (data) => ({
  MADANG_SECRETS: `${data}/secrets`,
  MADANG_IMAGES: `${data}/images`,
});

/** Every process: what the machine says, where the data is, how much to log. */
function common({ settings }) {
  return { ...settings.base, ...quiet, MADANG_DATA: settings.data, LOG_LEVEL: settings.logLevel };
}

/** Where this process shows its figures. */
function metrics({ settings, ports }, name) {
  return {
    MADANG_METRICS_LISTEN: settings.metricsListen,
    MADANG_METRICS_PORT: String(ports[`${name}Metrics`]),
  };
}

function typescript({ dev }, file, args = []) {
  const watch = dev ? ["--watch", "--watch-preserve-output"] : [];
  return { command: node24, args: [...watch, `${repository}/${file}`, ...args], cwd: repository };
}

/** Where the controller finds OVN. */
function centralNetwork({ network }) {
  if (network.kind !== "ovn") return { MADANG_NETWORK: network.kind };
  const { northbound, southbound, tls, central } = network;
  const files = { MADANG_OVN_CERT: tls?.certificate, MADANG_OVN_KEY: tls?.key, MADANG_OVN_CA: tls?.ca };
  const remotes = { MADANG_OVN_NB: northbound, MADANG_OVN_SB: southbound };
  return { MADANG_NETWORK: "ovn", ...remotes, MADANG_OVN_OWN: central ? "1" : "0", ...(tls ? files : {}) };
}

/** Where the agent finds this machine's switch. */
function localNetwork({ network }) {
  if (network.kind !== "ovn") return { MADANG_NETWORK: network.kind };
  return {
    MADANG_NETWORK: "ovn",
    MADANG_OVS_DB: network.place.ovsDatabase,
    MADANG_NETNS: network.place.namespace,
    MADANG_DATAPATH: network.datapath,
    MADANG_LEADS_OUT: network.leadsOut ? "1" : "0",
    MADANG_SWITCH_STATE: network.switchState,
  };
}

/** The external network that this copy reaches, for its row; none: nothing is made. */
const externalNetwork = ({ network }) =>
  network.external ? { MADANG_EXTERNAL_NETWORK: JSON.stringify(network.external.row) } : {};

const mode = ({ dev }) => ({ NODE_ENV: dev ? "development" : "production" });

export function bootstrapEnvironment(wiring, imageFiles) {
  const { settings, databaseUrl } = wiring;
  return {
    ...common(wiring),
    ...folders(settings.data),
    ...externalNetwork(wiring),
    DATABASE_URL: databaseUrl,
    MADANG_IMAGE_FILES: imageFiles,
    ...(settings.adminPassword ? { MADANG_ADMIN_PASSWORD: settings.adminPassword } : {}),
  };
}

export function controllerDefinition(wiring) {
  const authority = `${wiring.settings.data}/ca`;
  return {
    name: "controller",
    ...typescript(wiring, "apps/controller/src/main.ts"),
    env: {
      ...common(wiring),
      ...mode(wiring),
      ...metrics(wiring, "controller"),
      ...centralNetwork(wiring),
      ...wiring.settings.passedTo.controller,
      DATABASE_URL: wiring.databaseUrl,
      MADANG_CA: authority,
    },
    ready: () => existsSync(`${authority}/ca.pem`),
  };
}

/** `dist` is the build to serve; in development there is none. */
export function webDefinition(wiring, dist) {
  const { settings, databaseUrl, ports, agentUrl, dev } = wiring;
  const server = "apps/web/server/main.ts";
  return {
    name: "web",
    // Next watches its sources by itself and the server is small: `--watch` would only restart it twice.
    ...typescript({ dev: false }, server, dev ? ["--dev"] : []),
    env: {
      ...common(wiring),
      ...mode(wiring),
      ...folders(settings.data),
      ...metrics(wiring, "web"),
      ...settings.passedTo.web,
      DATABASE_URL: databaseUrl,
      PORT: String(settings.port),
      MADANG_LISTEN: settings.listen,
      MADANG_URL: settings.url,
      MADANG_AGENT_PORT: String(ports.agent),
      MADANG_AGENT_URL: agentUrl,
      MADANG_EXPECT_AGENT: "1",
      ...(dist ? { MADANG_DIST: dist } : {}),
    },
    ready: async () => (await askHealth(settings)) !== null,
    readySeconds: 180,
    stopSeconds: 15,
  };
}

/** `join` is `{ token, fingerprint }` while the agent has no certificate, `libvirtDir` null when guests are simulated. */
export function agentDefinition(wiring, { agentUrl, hypervisor, libvirtDir, virtType, join }) {
  const { settings } = wiring;
  const guests = libvirtDir ? { MADANG_LIBVIRT_DIR: libvirtDir, MADANG_VIRT_TYPE: virtType } : {};
  const joining = join.token ? { MADANG_JOIN_TOKEN: join.token } : {};
  return {
    name: "agent",
    ...typescript(wiring, "apps/agent/src/main.ts"),
    env: {
      ...common(wiring),
      ...mode(wiring),
      ...metrics(wiring, "agent"),
      ...localNetwork(wiring),
      ...settings.passedTo.agent,
      ...guests,
      ...joining,
      MADANG_CA_FINGERPRINT: join.fingerprint,
      MADANG_AGENT_DIR: `${settings.data}/agent`,
      MADANG_AGENT_URL: agentUrl,
      MADANG_HYPERVISOR: hypervisor,
      MADANG_HYPERVISOR_NAME: settings.hypervisorName,
      MADANG_SIMULATED: String(settings.simulated),
    },
    stopSeconds: 15,
    ...(libvirtDir ? { drainSignal: "SIGUSR2", drainSeconds: 60 } : {}),
  };
}
