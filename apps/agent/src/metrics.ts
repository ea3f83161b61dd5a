/**
 * What the agent counts for Prometheus. A simulator runs many hypervisors in one process: what is told of "the"
 * hypervisor is then their sum, and of times the worst.
 */
import { type HypervisorNetwork, hypervisorNetwork } from "@madang/core/wire/agent";
import { volumeReport } from "@madang/core/wire/volume";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { PortPlugger } from "@madang/drivers/network/driver";
import {
  Counter,
  gaugesOf,
  Histogram,
  openRegistry,
  type Registry,
  secondsBuckets,
  timed,
} from "@madang/telemetry";
import type { Attempt } from "./converge/guest.ts";
import type { Link } from "./link/client.ts";

type Ended = "ok" | "failed";

export type AgentMeter = {
  attempted: (attempt: Attempt) => void;
  drove: (call: string, ended: Ended, seconds: number) => void;
  linked: (call: string, ended: Ended) => void;
  /** A guest asked for its metadata. */
  told: (status: number) => void;
};

export const silentMeter: AgentMeter = {
  attempted: () => {},
  drove: () => {},
  linked: () => {},
  told: () => {},
};

/** Of one hypervisor, at the moment. Ages are in ms. */
export type HypervisorFigures = {
  observed: Record<string, number>;
  orphans: number;
  volumes: Record<string, number>;
  orphanVolumes: number;
  pullAgeMs: number;
  reportAgeMs: number;
  listAgeMs: number;
  imageBytes: number;
  images: number;
  network: HypervisorNetwork;
};

export type AgentMetrics = { registry: Registry; meter: AgentMeter; refresh: () => Promise<void> };

export function openAgentMetrics(hypervisors: () => Promise<HypervisorFigures[]>): AgentMetrics {
  const registry = openRegistry();
  return { registry, meter: openMeter(registry), refresh: openFigures(registry, hypervisors) };
}

function openMeter(registry: Registry): AgentMeter {
  const registers = [registry];
  const attempts = new Counter({
    name: "madang_agent_attempts_total",
    help: "Attempts to bring a guest to what is asked of it, by action and outcome.",
    labelNames: ["action", "outcome"],
    registers,
  });
  const attemptSeconds = new Histogram({
    name: "madang_agent_attempt_duration_seconds",
    help: "How long an attempt took, by action.",
    labelNames: ["action"],
    buckets: secondsBuckets,
    registers,
  });
  const calls = new Counter({
    name: "madang_agent_driver_calls_total",
    help: "Calls of the hypervisor's driver, by call and outcome.",
    labelNames: ["call", "outcome"],
    registers,
  });
  const callSeconds = new Histogram({
    name: "madang_agent_driver_call_duration_seconds",
    help: "How long the driver took, by call.",
    labelNames: ["call"],
    buckets: secondsBuckets,
    registers,
  });
  const links = new Counter({
    name: "madang_agent_link_calls_total",
    help: "Calls to the control plane, by call and outcome.",
    labelNames: ["call", "outcome"],
    registers,
  });
  const answers = new Counter({
    name: "madang_agent_metadata_answers_total",
    help: "Answers at 169.254.169.254, by status.",
    labelNames: ["status"],
    registers,
  });
  return {
    attempted: ({ action, outcome, seconds }) => {
      attempts.inc({ action, outcome });
      attemptSeconds.observe({ action }, seconds);
    },
    drove: (call, outcome, seconds) => {
      calls.inc({ call, outcome });
      callSeconds.observe({ call }, seconds);
    },
    linked: (call, outcome) => links.inc({ call, outcome }),
    told: (status) => answers.inc({ status: String(status) }),
  };
}

function openFigures(registry: Registry, hypervisors: () => Promise<HypervisorFigures[]>) {
  const gauge = gaugesOf(registry);
  const joined = gauge("madang_agent_hypervisors", "Hypervisors that this process keeps.");
  const guests = gauge("madang_agent_guests", "Guests by what was last seen of them.", "observed");
  const orphans = gauge("madang_agent_orphans", "Guests that no snapshot names.");
  const volumes = gauge("madang_agent_volumes", "Volumes by what was last seen of them.", "observed");
  const orphanVolumes = gauge("madang_agent_orphan_volumes", "Volumes that no snapshot names.");
  const pull = gauge("madang_agent_pull_age_seconds", "Since the last answered pull; a quiet one takes 20.");
  const report = gauge("madang_agent_report_age_seconds", "Since the last report that was taken.");
  const bytes = gauge("madang_agent_image_cache_bytes", "Size of the images kept here.");
  const files = gauge("madang_agent_image_cache_images", "How many images are kept here.");
  const datapaths = gauge("madang_agent_datapath", "Hypervisors by how guests reach networks.", "datapath");
  const switchEnds = gauge(
    "madang_agent_switch_ends",
    "How often the switch has ended and was started again.",
  );
  const emergencies = gauge(
    "madang_agent_switch_emergencies",
    "Hypervisors whose switch called an emergency.",
  );
  const rulesLost = gauge(
    "madang_agent_host_rules_lost",
    "How often the rules that keep guests from their host were gone and written again.",
  );
  return async () => {
    const all = await hypervisors();
    const worst = (of: (one: HypervisorFigures) => number) => Math.max(0, ...all.map(of));
    const sum = (of: (one: HypervisorFigures) => number) => all.reduce((total, one) => total + of(one), 0);
    joined.set(all.length);
    for (const observed of ["unknown", "absent", "running", "stopped", "failed"])
      guests.set(
        { observed },
        sum((one) => one.observed[observed] ?? 0),
      );
    orphans.set(sum((one) => one.orphans));
    for (const observed of volumeReport.shape.observed.options)
      volumes.set(
        { observed },
        sum((one) => one.volumes[observed] ?? 0),
      );
    orphanVolumes.set(sum((one) => one.orphanVolumes));
    pull.set(worst((one) => one.pullAgeMs) / 1_000);
    report.set(worst((one) => one.reportAgeMs) / 1_000);
    bytes.set(sum((one) => one.imageBytes));
    files.set(sum((one) => one.images));
    for (const datapath of hypervisorNetwork.shape.datapath.options)
      datapaths.set(
        { datapath },
        sum(({ network }) => Number(network.datapath === datapath)),
      );
    switchEnds.set(sum(({ network }) => network.switchEnds));
    rulesLost.set(sum(({ network }) => network.rulesLost ?? 0));
    emergencies.set(sum(({ network }) => Number(network.emergency !== null)));
  };
}

/** When each kind of call was last answered. */
export type LastAnswers = { ageMs: (call: string) => number };

export function watchAnswers(meter: AgentMeter): AgentMeter & LastAnswers {
  const began = performance.now();
  const answered = new Map<string, number>();
  const note = (call: string, ended: Ended) => {
    if (ended === "ok") answered.set(call, performance.now());
  };
  return {
    ...meter,
    drove: (call, ended, seconds) => {
      note(call, ended);
      meter.drove(call, ended, seconds);
    },
    linked: (call, ended) => {
      note(call, ended);
      meter.linked(call, ended);
    },
    ageMs: (call) => performance.now() - (answered.get(call) ?? began),
  };
}

/** The same link, counted. */
export function countedLink(link: Link, { linked }: AgentMeter): Link {
  const counted =
    <A extends unknown[], T>(call: string, work: (...args: A) => Promise<T>) =>
    (...args: A) =>
      timed(
        () => work(...args),
        (_seconds, error) => linked(call, error === null ? "ok" : "failed"),
      );
  return {
    join: counted("join", link.join),
    pull: counted("pull", link.pull),
    report: counted("report", link.report),
    renew: counted("renew", link.renew),
    userData: counted("user-data", link.userData),
    image: counted("image", link.image),
    exported: counted("exported", link.exported),
    metrics: counted("metrics", link.metrics),
    piece: counted("piece", link.piece),
  };
}

const countedBy =
  (drove: AgentMeter["drove"]) =>
  <T>(call: string, work: () => Promise<T>) =>
    timed(work, (seconds, error) => drove(call, error === null ? "ok" : "failed", seconds));

/** The same switch, counted beside the driver. */
export function countedPlugger(plugger: PortPlugger, { drove }: AgentMeter): PortPlugger {
  const counted = countedBy(drove);
  return {
    ...plugger,
    ensure: (...args) => counted("port-ensure", () => plugger.ensure(...args)),
    idle: (...args) => counted("port-idle", () => plugger.idle(...args)),
    listen: (...args) => counted("port-listen", () => plugger.listen(...args)),
    remove: (...args) => counted("port-remove", () => plugger.remove(...args)),
    list: (...args) => counted("port-list", () => plugger.list(...args)),
  };
}

/** The same driver, counted. */
export function countedDriver(driver: HypervisorDriver, { drove }: AgentMeter): HypervisorDriver {
  const counted = countedBy(drove);
  return {
    kind: driver.kind,
    capabilities: driver.capabilities,
    liveDisks: driver.liveDisks,
    rootCopies: driver.rootCopies,
    inventory: () => counted("inventory", () => driver.inventory()),
    list: () => counted("list", () => driver.list()),
    observe: (guestId) => counted("observe", () => driver.observe(guestId)),
    sample: () => counted("sample", () => driver.sample()),
    ensure: (...args) => counted("ensure", () => driver.ensure(...args)),
    remove: (...args) => counted("remove", () => driver.remove(...args)),
    describe: (guestId) => counted("describe", () => driver.describe(guestId)),
    evict: (...args) => counted("evict", () => driver.evict(...args)),
    console: (...args) => counted("console", () => driver.console(...args)),
    watch: (onChange) => driver.watch(onChange),
    close: () => driver.close(),
  };
}
