/** Everything that both listeners share: pools, queue, hints, watches. */
import type { ApiDeps } from "@madang/api";
import { type AgentDeps, openLooks } from "@madang/api/agent";
import {
  type HintBus,
  listenHints,
  makeAdmissionQueue,
  makeHintBus,
  makeSeal,
  openAccessWatch,
  openDatabase,
  openEventReader,
  openHints,
  openIdentityReader,
  openLaunchLine,
  openPlacementBoard,
  openQueue,
  openRateLimits,
  startBulkWorker,
} from "@madang/api/server";
import type { Logger } from "pino";
import type { Env } from "./env.ts";
import { openWebMetrics, type WebMetrics } from "./metrics.ts";

export type Backend = {
  api: ApiDeps;
  agent: AgentDeps;
  bus: HintBus;
  metrics: WebMetrics;
  close: () => Promise<void>;
};

/** `watch` is apart so that whoever fills the line of the reads does not put off that his access ends. */
const pools = { admission: 8, reads: 8, agents: 8, watch: 2 } as const;

export async function openBackend(env: Env, log: Logger, version: string): Promise<Backend> {
  const admission = openDatabase(env.databaseUrl, pools.admission);
  const reads = openDatabase(env.databaseUrl, pools.reads);
  const agents = openDatabase(env.databaseUrl, pools.agents);
  const watch = openDatabase(env.databaseUrl, pools.watch);
  await Promise.all([admission, reads, agents].map(({ readClock }) => readClock()));
  const boss = await openQueue(env.databaseUrl, false, (error) => log.warn({ err: error }, "queue"));
  const bus = makeHintBus();
  const stopListening = listenHints(env.databaseUrl, bus.emit);
  const hints = openHints(agents);
  const seal = makeSeal(env.sealKey);
  const metrics = openWebMetrics();
  const limits = metrics.limits(await openRateLimits(admission));
  const events = openEventReader(reads, bus);
  metrics.watch({
    pools: { admission: admission.pool, reads: reads.pool, agents: agents.pool },
    readerLagMs: events.lagMs,
  });
  const access = openAccessWatch(watch);
  const about = { version, url: env.url, agentUrl: env.agentUrl };
  const { scheduleTimeoutMs, reclaimMs } = env;
  const admissions = makeAdmissionQueue();
  const launches = openLaunchLine({ admission, boss, hints, seal, admissions, scheduleTimeoutMs, reclaimMs });
  const api: ApiDeps = {
    admission,
    reads,
    identities: openIdentityReader(reads),
    boss,
    hints,
    seal,
    log,
    meter: metrics.meter,
    limits,
    events,
    access,
    about,
    scheduleTimeoutMs,
    reclaimMs,
    placement: openPlacementBoard(reads),
    ...metrics.admissions({ admissions, launches }),
  };
  const looks = openLooks(agents, bus, log);
  const stopBulk = startBulkWorker(api);
  const close = async () => {
    await stopBulk();
    looks.close();
    access.close();
    hints.close();
    await events.close();
    await stopListening();
    await boss.stop({ graceful: false });
    await Promise.all([admission, reads, agents, watch].map((database) => database.close()));
  };
  const agent: AgentDeps = { agents, boss, hints, bus, seal, log, limits, looks, meter: metrics.meter };
  return { api, agent, bus, metrics, close };
}
