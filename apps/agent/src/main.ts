/** The agent process. It dials out, keeps its guests as told, and ends on SIGTERM without touching any of them. */
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import { version } from "@madang/core/version";
import { createHypervisorDriver } from "@madang/drivers/hypervisor";
import { createPortPlugger } from "@madang/drivers/network";
import { createStorageDriver } from "@madang/drivers/storage";
import { showMetrics } from "@madang/telemetry";
import { pino } from "pino";
import { type Env, type NetworkPlace, readEnv } from "./env.ts";
import { judgeAgent } from "./health.ts";
import { type HypervisorOptions, type RunningHypervisor, startHypervisor } from "./hypervisor.ts";
import { readBootId } from "./link/saved.ts";
import { type HypervisorFigures, openAgentMetrics } from "./metrics.ts";
import { openKnobs } from "./simulation/knobs.ts";
import { startSimulated } from "./simulation/simulated.ts";
import { openSwitchState } from "./switch-state.ts";

/** How long guests get to shut down by themselves in a drain, ms. */
const drainGraceMs = 30_000;
/** Whatever hangs, a SIGTERM ends the process after this, ms. */
const quickEndMs = 5_000;
/** A thousand simulated hypervisors would all join in one moment. */
const joinedAtOnce = 10;

/** The folder's own mode lets QEMU's user pass to the images and disks below; what is secret in it is 0600. */
const passable = 0o711;

const env = readEnv();
const log = pino({ level: env.logLevel, base: { process: "agent", pid: process.pid } });
const knobs = openKnobs(join(env.directory, "knobs.json"), log);
const network = openSwitchState(env.network, log);
const ending = new AbortController();
/** As they join. */
const joined: RunningHypervisor[] = [];
const figuresOf = async () => (await Promise.all(joined.map(({ figures }) => figures()))).filter(isThere);
const { registry, meter, refresh } = openAgentMetrics(figuresOf);
const starting = startAll(env);
const health = async () => judgeAgent(places(env).length, await figuresOf());
const shown = showMetrics(env.metrics, { registry, refresh, health }, log);

function isThere(figures: HypervisorFigures | null): figures is HypervisorFigures {
  return figures !== null;
}

type Place = { name: string; directory: string; token: string | null };

function places({ driver, simulated, name, directory, joinTokens }: Env): Place[] {
  const [token = null] = joinTokens;
  if (driver !== "simulated" || simulated === 1) return [{ name, directory, token }];
  return Array.from({ length: simulated }, (_, index) => ({
    name: `${name}-${index + 1}`,
    directory: join(directory, String(index + 1)),
    token: joinTokens[index] ?? null,
  }));
}

async function startOne(place: Place): Promise<RunningHypervisor> {
  const { directory } = place;
  await mkdir(directory, { recursive: true, mode: passable });
  await chmod(directory, passable);
  const { urls, caFingerprint, driver, booting, virtType, simulatedSlowMs, imageCacheBytes } = env;
  const options = {
    ...place,
    urls,
    caFingerprint,
    driver,
    booting,
    imageCacheBytes,
    version,
    network,
    log,
    meter,
  };
  if (driver === "simulated") return startSimulated(options, knobs, simulatedSlowMs, ending.signal);
  const driverInstance = await createHypervisorDriver("libvirt-qemu", {
    libvirtDir: env.libvirtDirectory ?? "",
    instancesDir: join(directory, "instances"),
    virtType,
    log,
  });
  const storage = await createStorageDriver("file", { volumesDir: join(directory, "volumes") });
  const openPlugger = pluggerOf(env.network);
  return startHypervisor(
    {
      ...options,
      driverInstance,
      storage,
      ...(openPlugger ? { openPlugger } : {}),
      bootId: await readBootId(),
    },
    ending.signal,
  );
}

function pluggerOf(place: NetworkPlace): HypervisorOptions["openPlugger"] {
  if (place.kind !== "ovn") return undefined;
  const { ovsDatabase: database, namespace, datapath } = place;
  return (hypervisorId) => createPortPlugger({ database, namespace, datapath, hypervisorId, log });
}

async function startAll(settings: Env): Promise<RunningHypervisor[]> {
  const running: RunningHypervisor[] = [];
  const waiting = places(settings);
  const start = async (place: Place) => {
    const hypervisor = await startOne(place);
    joined.push(hypervisor);
    return hypervisor;
  };
  while (waiting.length > 0 && !ending.signal.aborted)
    running.push(...(await Promise.all(waiting.splice(0, joinedAtOnce).map(start))));
  log.info({ hypervisors: running.length, driver: env.driver }, "agent is up");
  return running;
}

starting.catch((error) => {
  if (ending.signal.aborted) return;
  log.fatal(
    { err: error, detail: error instanceof CloudError ? error.options.detail : undefined },
    "agent cannot start",
  );
  process.exit(1);
});

async function end(signal: NodeJS.Signals): Promise<void> {
  if (ending.signal.aborted) return;
  log.info({ signal }, "agent ends");
  setTimeout(() => process.exit(0), quickEndMs).unref();
  ending.abort();
  const running = await starting.catch(() => []);
  await Promise.all(running.map((hypervisor) => hypervisor.stop()));
  await (await shown)?.close();
  process.exit(0);
}

let draining = false;
async function drain(): Promise<void> {
  if (draining) return;
  draining = true;
  const running = await starting.catch(() => []);
  await Promise.all(running.map((hypervisor) => hypervisor.drain(drainGraceMs)));
  process.exit(0);
}

process.on("SIGTERM", (signal) => void end(signal));
process.on("SIGINT", (signal) => void end(signal));
process.on("SIGUSR2", () => void drain());
