/**
 * What the controller counts for Prometheus: its own passes and rounds, and, read from the tables whenever somebody asks,
 * how far behind the cloud is. Several controllers tell the same of the cloud: take the maximum.
 */
import { type Database, readAuthority, readHypervisors, readQueues } from "@madang/db";
import {
  Counter,
  Gauge,
  gaugesOf,
  Histogram,
  openRegistry,
  type Registry,
  secondsBuckets,
  within,
} from "@madang/telemetry";
import type { NetworkPass } from "./reconcilers/network.ts";
import { readBacklog } from "./unsettled.ts";

export type PassOutcome = "ok" | "again" | "busy" | "failed";

export type ControllerMeter = {
  passed: (kind: string, outcome: PassOutcome, seconds: number) => void;
  stepped: (step: string) => void;
  round: (name: string, ok: boolean) => void;
  /** null: the network did not take what it was told. */
  network: (pass: NetworkPass | null) => void;
};

export type ControllerMetrics = {
  registry: Registry;
  meter: ControllerMeter;
  /** Reads the tables; what can't be read is left out, and `madang_database_up` says so. */
  refresh: () => Promise<void>;
};

export const silentMeter: ControllerMeter = {
  passed: () => {},
  stepped: () => {},
  round: () => {},
  network: () => {},
};

const patienceMs = 5_000;

export function openControllerMetrics(database: Database): ControllerMetrics {
  const registry = openRegistry();
  return { registry, meter: openMeter(registry), refresh: openCloudFigures(registry, database) };
}

function openMeter(registry: Registry): ControllerMeter {
  const registers = [registry];
  const passes = new Counter({
    name: "madang_reconcile_passes_total",
    help: "Reconcile passes by kind and outcome; again: it will look once more by itself.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: "madang_reconcile_duration_seconds",
    help: "How long a pass took.",
    labelNames: ["kind"],
    buckets: secondsBuckets,
    registers,
  });
  const steps = new Counter({
    name: "madang_reconcile_steps_total",
    help: "Steps of instances that were written, by kind.",
    labelNames: ["step"],
    registers,
  });
  const success = new Gauge({
    name: "madang_round_last_success_timestamp_seconds",
    help: "When each periodic round last ended well.",
    labelNames: ["round"],
    registers,
  });
  const failures = new Counter({
    name: "madang_round_failures_total",
    help: "Periodic rounds that failed.",
    labelNames: ["round"],
    registers,
  });
  return {
    passed: (kind, outcome, seconds) => {
      passes.inc({ kind, outcome });
      duration.observe({ kind }, seconds);
    },
    stepped: (step) => steps.inc({ step }),
    round: (round, ok) => (ok ? success.setToCurrentTime({ round }) : failures.inc({ round })),
    network: openNetworkMeter(registry),
  };
}

function openNetworkMeter(registry: Registry): ControllerMeter["network"] {
  const registers = [registry];
  const up = new Gauge({
    name: "madang_network_up",
    help: "0 when the network did not take the latest pass of this controller.",
    registers,
  });
  const changes = new Counter({
    name: "madang_network_changes_total",
    help: "Rows of the network's databases that differed and were made right, whoever had changed them.",
    registers,
  });
  const ensure = new Histogram({
    name: "madang_network_ensure_seconds",
    help: "How long it took to compare the network with the tables and to commit the difference.",
    buckets: secondsBuckets,
    registers,
  });
  const ports = new Gauge({
    name: "madang_network_ports",
    help: "Ports that the network was told of.",
    registers,
  });
  const refused = new Gauge({
    name: "madang_network_refused",
    help: "Rows that the network will not have as they are; everything else goes on.",
    registers,
  });
  up.set(1);
  return (pass) => {
    up.set(pass ? 1 : 0);
    if (!pass) return;
    changes.inc(pass.changed);
    ensure.observe(pass.ensureSeconds);
    ports.set(pass.ports);
    refused.set(pass.refused);
  };
}

function openCloudFigures(registry: Registry, database: Database): () => Promise<void> {
  const gauge = gaugesOf(registry);
  const up = gauge("madang_database_up", "1 when the tables could be read for these figures.");
  const jobs = gauge("madang_queue_jobs", "Jobs that are due or under way.", "queue", "state");
  const age = gauge(
    "madang_queue_oldest_job_age_seconds",
    "How long the oldest due job has waited.",
    "queue",
  );
  const hosts = gauge("madang_hypervisors", "Hypervisors by state.", "state");
  const silence = gauge(
    "madang_hypervisor_silence_max_seconds",
    "Longest silence of a hypervisor that should report.",
  );
  const unsettled = gauge("madang_instances_unsettled", "Instances that are not yet what is asked of them.");
  const oldest = gauge(
    "madang_instances_unsettled_oldest_age_seconds",
    "How long the longest of them has not changed.",
  );
  const waiting = gauge(
    "madang_instances_waiting_for_host",
    "Instances that wait for a hypervisor with room.",
  );
  const left = gauge(
    "madang_authority_seconds_left",
    "Until the certificate authority's own certificate ends.",
  );
  const unsigned = gauge("madang_certificate_requests_waiting", "Certificate requests not dealt with.");
  const near = gauge(
    "madang_certificates_near_expiry",
    "Hypervisors in use whose newest certificate has less than a sixth of its life left.",
  );
  const pool = gauge("madang_database_pool_connections", "Connections to PostgreSQL by state.", "state");
  const poolWaiting = gauge("madang_database_pool_waiting", "Who waits for a connection to PostgreSQL.");
  const cloud = [jobs, age, hosts, silence, unsettled, oldest, waiting, left, unsigned, near];

  return async () => {
    const { totalCount, idleCount, waitingCount } = database.pool;
    pool.set({ state: "idle" }, idleCount);
    pool.set({ state: "used" }, totalCount - idleCount);
    poolWaiting.set(waitingCount);
    const read = await within(readCloud(database), patienceMs);
    up.set(read ? 1 : 0);
    for (const one of cloud) one.reset();
    if (!read) {
      for (const one of cloud) one.remove();
      return;
    }
    const { queues, hypervisors, backlog, authority } = read;
    for (const { queue, ...figures } of queues) {
      jobs.set({ queue, state: "waiting" }, figures.waiting);
      jobs.set({ queue, state: "active" }, figures.active);
      age.set({ queue }, figures.oldestSeconds);
    }
    for (const [state, count] of Object.entries(hypervisors.counts)) hosts.set({ state }, count);
    silence.set(hypervisors.silentSeconds);
    unsettled.set(backlog.unsettled);
    oldest.set(backlog.oldestSeconds);
    waiting.set(backlog.waitingForHost);
    if (authority.secondsLeft !== null) left.set(authority.secondsLeft);
    unsigned.set(authority.waiting);
    near.set(authority.nearExpiry);
  };
}

async function readCloud(database: Database) {
  const [queues, hypervisors, backlog, authority] = await Promise.all([
    readQueues(database),
    readHypervisors(database),
    readBacklog(database.prisma),
    readAuthority(database),
  ]);
  return { queues, hypervisors, backlog, authority };
}
