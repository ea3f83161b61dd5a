/** The controller process: opens what it needs, says so, and ends within seconds of SIGTERM. Several may run. */
import { getPriority, setPriority } from "node:os";
import { version } from "@madang/core/version";
import { openDatabase, openHints, openQueue, startHeartbeat } from "@madang/db";
import { showMetrics } from "@madang/telemetry";
import { pino } from "pino";
import { openAuthority } from "./authority/ca.ts";
import { publishAuthority } from "./authority/requests.ts";
import { readEnv } from "./env.ts";
import { type Rounds, readControllerHealth } from "./health.ts";
import { openImageKeeper } from "./image/keeper.ts";
import { startLoop } from "./loop.ts";
import { type ControllerMeter, openControllerMetrics } from "./metrics.ts";
import { openNetwork } from "./network.ts";

const drainMs = 5_000;
/** Where cores are few, whoever waits for an answer in the portal goes before what was answered already. */
const niceness = 5;

if (getPriority() < niceness) setPriority(niceness);
const env = readEnv();
const log = pino({ level: env.logLevel, base: { process: "controller", pid: process.pid } });

const database = openDatabase(env.databaseUrl, env.workers + 4 + 2 * env.imageImports);
const hints = openHints(database);
await database.readClock();
const { now } = database;
const authority = await openAuthority(env.caDirectory, now(), env.hypervisorCertificateMs);
await publishAuthority({ prisma: database.prisma, authority, publish: hints.publish, now });
const network = await openNetwork(env, database);
const boss = await openQueue(env.databaseUrl, true, (error) => log.warn({ err: error }, "queue"));
const images = openImageKeeper({
  database,
  boss,
  directory: env.imageDirectory,
  publish: hints.publish,
  log,
  atOnce: env.imageImports,
});
const rounds: Rounds = new Map();
const { registry, meter, refresh } = openControllerMetrics(database);
const health = () => readControllerHealth(database, rounds);
const figures = await showMetrics(env.metrics, { registry, refresh, health }, log);
let networkAway = false;
let networkRefused = 0;
/** The portal tells administrators how long the trail is kept; 0: for ever. */
const detail = () => ({
  metricsUrl: figures?.url ?? "",
  keepEventsMonths: env.eventMonths ?? 0,
  networkAway,
  networkRefused,
});
const told: ControllerMeter = {
  ...meter,
  network: (pass) => {
    networkAway = pass === null;
    networkRefused = pass?.refused ?? networkRefused;
    meter.network(pass);
  },
};
const heartbeat = await startHeartbeat(database, "controller", version, process.pid, detail);
const loop = {
  database,
  boss,
  hints,
  authority,
  log,
  workers: env.workers,
  network,
  images,
  eventMonths: env.eventMonths,
  meter: told,
  rounds,
};
const stopLoop = await startLoop(loop);
log.info({ caFingerprint: await authorityFingerprint() }, "controller is up");

async function authorityFingerprint(): Promise<string> {
  return Buffer.from(await authority.certificate.getThumbprint("SHA-256")).toString("hex");
}

let ending = false;
async function end(signal: NodeJS.Signals): Promise<void> {
  if (ending) return;
  ending = true;
  log.info({ signal }, "controller ends");
  setTimeout(() => process.exit(0), 2 * drainMs).unref();
  await boss.stop({ graceful: true, timeout: drainMs, close: true }).catch(() => {});
  await stopLoop();
  await network?.close();
  await figures?.close();
  await heartbeat.stop();
  hints.close();
  await database.close();
  process.exit(0);
}
process.on("SIGTERM", (signal) => void end(signal));
process.on("SIGINT", (signal) => void end(signal));
