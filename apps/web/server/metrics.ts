/** What the web process counts for Prometheus. Labels come from closed sets; ids, names and addresses never do. */
import type {
  AdmissionQueue,
  Database,
  LaunchLine,
  LimitKind,
  Meter,
  Outcome,
  RateLimits,
} from "@madang/api/server";
import { asCloudError, CloudError } from "@madang/core/errors";
import { Counter, Gauge, Histogram, openRegistry, type Registry, secondsBuckets } from "@madang/telemetry";

export type WebMetrics = {
  registry: Registry;
  meter: Meter;
  responded: (listener: "public" | "agents", status: number) => void;
  signedIn: (outcome: Outcome | "wrong" | "codeNeeded") => void;
  /** +1 when one is opened, -1 when it ends. */
  console: (kind: string, change: 1 | -1) => void;
  /** The same lines, and the same limits, but counted. */
  admissions: (lines: AdmissionLines) => AdmissionLines;
  limits: (limits: RateLimits) => RateLimits;
  /** Looked at whenever somebody reads the figures. */
  watch: (sources: Watched) => void;
};

type AdmissionLines = { admissions: AdmissionQueue; launches: LaunchLine };

export type Watched = {
  pools: Record<string, Database["pool"]>;
  readerLagMs: () => number;
};

export function openWebMetrics(): WebMetrics {
  const registry = openRegistry();
  const registers = [registry];
  const responses = new Counter({
    name: "madang_http_responses_total",
    help: "HTTP answers by listener and class of status.",
    labelNames: ["listener", "status"],
    registers,
  });
  const signIns = new Counter({
    name: "madang_sign_ins_total",
    help: "Attempts to sign in by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const consoles = new Gauge({
    name: "madang_consoles_open",
    help: "Consoles held open for browsers, by kind.",
    labelNames: ["kind"],
    registers,
  });
  return {
    registry,
    meter: openMeter(registry),
    responded: (listener, status) => responses.inc({ listener, status: `${Math.floor(status / 100)}xx` }),
    signedIn: (outcome) => signIns.inc({ outcome }),
    console: (kind, change) => consoles.inc({ kind }, change),
    admissions: countAdmissions(registry),
    limits: countLimits(registry),
    watch: (sources) => watch(registry, sources),
  };
}

function openMeter(registry: Registry): Meter {
  const calls = callMetrics(registry, "madang_procedure_call", "procedures of the API");
  const agentCalls = callMetrics(registry, "madang_agent_call", "calls of agents");
  const registers = [registry];
  const silence = new Histogram({
    name: "madang_agent_report_interval_seconds",
    help: "How long a hypervisor had said nothing when its report came, by the control plane's clock.",
    buckets: [0.1, 0.5, 1, 2.5, 5, 6, 8, 10, 15, 30, 60, 300],
    registers,
  });
  const open = {
    stream: new Gauge({ name: "madang_streams_open", help: "Live streams of browsers.", registers }),
    poll: new Gauge({ name: "madang_agent_polls_open", help: "Long polls of agents.", registers }),
  };
  const messages = new Counter({
    name: "madang_stream_messages_total",
    help: "Messages sent on live streams by type; resync tells a browser to read everything anew.",
    labelNames: ["type"],
    registers,
  });
  const events = new Counter({
    name: "madang_stream_events_total",
    help: "Events sent on live streams.",
    registers,
  });
  return {
    called: calls,
    agentCalled: agentCalls,
    reported: (seconds) => silence.observe(seconds),
    open: (what, change) => open[what].inc(change),
    streamed: (type, count) => {
      messages.inc({ type });
      events.inc(count);
    },
  };
}

function callMetrics(registry: Registry, name: string, what: string) {
  const registers = [registry];
  const count = new Counter({
    name: `${name}s_total`,
    help: `Answered ${what} by outcome.`,
    labelNames: ["procedure", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: `${name}_duration_seconds`,
    help: `How long ${what} took.`,
    labelNames: ["procedure"],
    buckets: secondsBuckets,
    registers,
  });
  return (procedure: string, outcome: Outcome, seconds: number) => {
    count.inc({ procedure, outcome });
    duration.observe({ procedure }, seconds);
  };
}

function countAdmissions(registry: Registry): WebMetrics["admissions"] {
  const registers = [registry];
  const waiting = new Gauge({
    name: "madang_admissions_waiting",
    help: "In their project's line; of launches also those in their transaction.",
    registers,
  });
  const running = new Gauge({ name: "madang_admissions_running", help: "In their transaction.", registers });
  const duration = new Histogram({
    name: "madang_admission_duration_seconds",
    help: "Waiting in line and transaction together.",
    buckets: secondsBuckets,
    registers,
  });
  const refused = new Counter({
    name: "madang_admissions_refused_total",
    help: "Admissions that ended with an error, by its code.",
    labelNames: ["code"],
    registers,
  });
  const counted = async <T>(run: (entered: () => void) => Promise<T>): Promise<T> => {
    const began = performance.now();
    const place = { in: waiting };
    waiting.inc();
    const enter = () => {
      waiting.dec();
      running.inc();
      place.in = running;
    };
    try {
      return await run(enter);
    } catch (error) {
      refused.inc({ code: asCloudError(error).code });
      throw error;
    } finally {
      place.in.dec();
      duration.observe((performance.now() - began) / 1_000);
    }
  };
  return ({ admissions, launches }) => ({
    admissions: {
      run: (projectId, work) =>
        counted((enter) =>
          admissions.run(projectId, () => {
            enter();
            return work();
          }),
        ),
    },
    launches: { run: (wish) => counted(() => launches.run(wish)) },
  });
}

function countLimits(registry: Registry): WebMetrics["limits"] {
  const refusals = new Counter({
    name: "madang_rate_limit_refusals_total",
    help: "What was refused for its frequency, by kind.",
    labelNames: ["kind"],
    registers: [registry],
  });
  return (limits) => ({
    ...limits,
    take: async (kind: LimitKind, key: string) => {
      try {
        await limits.take(kind, key);
      } catch (error) {
        if (error instanceof CloudError && error.code === "TooManyRequests") refusals.inc({ kind });
        throw error;
      }
    },
  });
}

function watch(registry: Registry, { pools, readerLagMs }: Watched): void {
  const registers = [registry];
  new Gauge({
    name: "madang_database_pool_connections",
    help: "Connections to PostgreSQL by pool and state.",
    labelNames: ["pool", "state"],
    registers,
    collect() {
      for (const [pool, { totalCount, idleCount }] of Object.entries(pools)) {
        this.set({ pool, state: "idle" }, idleCount);
        this.set({ pool, state: "used" }, totalCount - idleCount);
      }
    },
  });
  new Gauge({
    name: "madang_database_pool_waiting",
    help: "Who waits for a connection to PostgreSQL, by pool.",
    labelNames: ["pool"],
    registers,
    collect() {
      for (const [pool, { waitingCount }] of Object.entries(pools)) this.set({ pool }, waitingCount);
    },
  });
  new Gauge({
    name: "madang_stream_reader_lag_seconds",
    help: "Since when the reader of the trail has not known that it had read all; about 1 when all is well.",
    registers,
    collect() {
      this.set(readerLagMs() / 1_000);
    },
  });
}
