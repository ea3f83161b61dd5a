/** The web process: pages, API, streams and consoles for browsers on one port, hypervisors' agents on another. */
import { readFile } from "node:fs/promises";
import { Server as SecureServer } from "node:https";
import { startHeartbeat } from "@madang/api/server";
import { version } from "@madang/core/version";
import { showMetrics } from "@madang/telemetry";
import type { Logger } from "pino";
import { type AgentListenerDeps, makeAgentListener } from "./agent-listener.ts";
import { openBackend } from "./backend.ts";
import { certificateNames, keepRenewed, obtainCertificate, type WebCertificate } from "./certificate.ts";
import { proxyTrust } from "./client-address.ts";
import { trackConnections } from "./connections.ts";
import { makeConsoleRelay } from "./console-relay.ts";
import { announce, type Env } from "./env.ts";
import { cachedHealth, readHealth } from "./health.ts";
import { makePendingDials } from "./pending-dials.ts";
import { noPortal, openPortal } from "./portal.ts";
import { makePublicListener } from "./public-listener.ts";
import { mountUpgrades } from "./upgrade.ts";

const farewellMs = 1_500;
/** Many people sit behind the address of one office. */
const connectionLimits = { perAddress: 1_000, total: 10_000 };

/** Where the Next application is; `dev`: it is built as it is asked for. */
export type PortalFolder = { dir: string; dev: boolean };

/** Resolves when browsers can come; answers the function that ends all of it. `folder` null: everything but the pages. */
export async function startWeb(
  env: Env,
  log: Logger,
  folder: PortalFolder | null,
): Promise<() => Promise<void>> {
  announce(env);
  const ending = new AbortController();
  const backend = await openBackend(env, log, version);
  const dials = makePendingDials();
  const shown = { metricsUrl: "" };
  const heartbeat = await startHeartbeat(backend.api.admission, "web", version, process.pid, () => ({
    agentUrl: env.agentUrl,
    metricsUrl: shown.metricsUrl,
  }));
  const names = certificateNames(env.listen, env.url, env.agentUrl);
  const obtain = () => obtainCertificate(backend, heartbeat.id, names, log, ending.signal);
  const certificate = obtain();
  const { responded } = backend.metrics;
  const { images, databaseUrl } = env;
  const listening = { agent: backend.agent, dials, images, databaseUrl, log, responded };
  const agents = startAgents(env, listening, certificate);

  const portal = folder ? await openPortal({ ...folder, hostname: env.listen, port: env.port }) : noPortal();
  const { url, sessionKey, expectAgent } = env;
  const sources = {
    database: backend.api.reads,
    since: await backend.api.reads.readClock(),
    expectAgent,
    agentListening: agents.isListening,
    readerLagMs: backend.api.events.lagMs,
    folders: [env.data, env.images],
  };
  const health = cachedHealth(() => readHealth(sources));
  const trust = proxyTrust(env.trustedProxies);
  const tls = await publicTls(env, certificate);
  const dev = folder?.dev ?? false;
  const deps = { backend, portal, health, trust, log, url, sessionKey, tls, images, databaseUrl, dev };
  const app = await makePublicListener(deps);
  const consoles = makeConsoleRelay(
    backend,
    dials,
    env.agentUrl.replace(/^https/, "wss").replace(/\/+$/, ""),
  );
  const upgrades = mountUpgrades(app.server, deps, consoles);
  const connections = trackConnections(app.server, { ...connectionLimits, exempt: trust });
  await app.listen({ host: env.listen, port: env.port });
  log.info({ url, listen: env.listen, port: env.port }, "web is up");
  const figures = await showMetrics(env.metrics, { registry: backend.metrics.registry, health }, log);
  shown.metricsUrl = figures?.url ?? "";

  const useNext = (next: WebCertificate) => {
    agents.use(next);
    if (!env.tls && app.server instanceof SecureServer) app.server.setSecureContext(next);
  };
  const renewal = certificate.then((first) => keepRenewed(first, obtain, useNext, ending.signal));
  renewal.catch((error) => ending.signal.aborted || log.error({ err: error }, "certificate was not renewed"));
  return async () => {
    ending.abort();
    // Who has not said goodbye by then is cut off, else one sleeping laptop holds up the stop.
    setTimeout(connections.destroyAll, farewellMs);
    await consoles.close();
    upgrades.close();
    await Promise.all([app.close(), agents.close()]);
    await portal.close();
    await figures?.close();
    await heartbeat.stop();
    await backend.close();
  };
}

/** Agents can come as soon as the controller has signed our certificate; browsers need not wait for that. */
function startAgents(env: Env, deps: AgentListenerDeps, certificate: Promise<WebCertificate>) {
  const starting = certificate.then(async (first) => {
    const listener = await makeAgentListener(deps, first);
    await listener.app.listen({ host: env.listen, port: env.agentPort });
    deps.log.info({ url: env.agentUrl }, "agents can come");
    listening = true;
    return listener;
  });
  let listening = false;
  const quiet = starting.catch((error) => {
    deps.log.error({ err: error }, "agent listener did not start");
    return null;
  });
  return {
    isListening: () => listening,
    use: (next: WebCertificate) => void quiet.then((listener) => listener?.use(next)),
    close: async () => {
      listening = false;
      const listener = await quiet;
      setTimeout(() => listener?.connections.destroyAll(), farewellMs);
      await listener?.app.close();
    },
  };
}

/** The files that were given; else plain HTTP on loopback, and a certificate from Madang's own CA beyond it. */
async function publicTls(
  env: Env,
  certificate: Promise<WebCertificate>,
): Promise<{ cert: string; key: string } | null> {
  if (env.tls) {
    const [cert, key] = await Promise.all([
      readFile(env.tls.certificate, "utf8"),
      readFile(env.tls.key, "utf8"),
    ]);
    return { cert, key };
  }
  if (env.plainHttp) return null;
  const { cert, key } = await certificate;
  return { cert, key };
}
