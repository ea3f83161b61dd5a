/**
 * Tells the control plane what is here: changes at once (the next ones 50 ms later in one report, mere progress at most
 * twice a second), everything at least every five seconds. Converging never waits for it.
 */
import { reportIntervalMs } from "@madang/core/hypervisor/state";
import {
  type HypervisorNetwork,
  mostInReport,
  type Orphan,
  type ReportInput,
  wireVersion,
} from "@madang/core/wire/agent";
import type { GuestReport } from "@madang/core/wire/guest";
import type { VolumeReport } from "@madang/core/wire/volume";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { Logger } from "pino";
import { capabilitiesOn } from "./capabilities.ts";
import type { Link } from "./client.ts";

export type ReportDeps = {
  link: () => Link;
  driver: HypervisorDriver;
  network: () => Promise<HypervisorNetwork>;
  bootId: string;
  version: string;
  reports: () => GuestReport[];
  report: (guestId: string) => GuestReport | null;
  /** null as long as nobody can say who is one: until then no report claims to be complete. */
  orphans: () => Orphan[] | null;
  /** null where there is no storage. */
  volumes: ReportedVolumes | null;
  log: Logger;
};

export type ReportedVolumes = {
  storage: () => ReportInput["storage"] | null;
  reports: () => VolumeReport[];
  report: (volumeId: string) => VolumeReport | null;
};

export type Reporter = {
  /** A guest or a volume; `urgent` is false for mere progress. */
  changed: (id: string, urgent: boolean) => void;
  /** Everything is to be told, soon. */
  refresh: () => void;
  stop: () => Promise<void>;
};

const coalesceMs = 50;
/** What one step of converging brings about, one thing right after another, is one report. */
const settleMs = 15;
const progressMs = 500;
const retryMs = 1_000;

type Sending = {
  readonly deps: ReportDeps;
  readonly agentStartedAt: string;
  readonly changed: Set<string>;
  sequence: number;
  /** Counts the reports that say everything, and whether the last one had to leave something out. */
  turn: number;
  isCut: boolean;
  sentAt: number;
  /** When the next report goes out, and from when on it must be complete. */
  dueAt: number;
  completeAt: number;
  timer: NodeJS.Timeout | null;
  sending: Promise<void> | null;
  ended: boolean;
};

export function startReporter(deps: ReportDeps): Reporter {
  const state: Sending = {
    deps,
    agentStartedAt: new Date().toISOString(),
    changed: new Set(),
    sequence: 0,
    turn: 0,
    isCut: false,
    sentAt: 0,
    dueAt: 0,
    completeAt: 0,
    timer: null,
    sending: null,
    ended: false,
  };
  arm(state);
  return {
    changed: (id, urgent) => {
      state.changed.add(id);
      state.dueAt = Math.min(state.dueAt, urgent ? soon(state) : performance.now() + progressMs);
      arm(state);
    },
    refresh: () => {
      state.completeAt = 0;
      state.dueAt = Math.min(state.dueAt, soon(state));
      arm(state);
    },
    stop: async () => {
      state.ended = true;
      if (state.timer) clearTimeout(state.timer);
      await state.sending;
    },
  };
}

const soon = ({ sentAt }: Sending) => Math.max(performance.now() + settleMs, sentAt + coalesceMs);

function arm(state: Sending): void {
  if (state.timer) clearTimeout(state.timer);
  if (state.ended || state.sending) return;
  state.timer = setTimeout(() => fire(state), Math.max(0, state.dueAt - performance.now()));
}

function fire(state: Sending): void {
  state.sending = send(state).finally(() => {
    state.sending = null;
    arm(state);
  });
}

async function send(state: Sending): Promise<void> {
  const { deps } = state;
  const complete = performance.now() >= state.completeAt;
  const ids = [...state.changed];
  state.changed.clear();
  state.sentAt = performance.now();
  state.dueAt = Number.POSITIVE_INFINITY;
  if (complete) state.completeAt = performance.now() + reportIntervalMs;
  try {
    await deps.link().report(await compose(state, complete, ids));
  } catch (error) {
    deps.log.debug({ err: error }, "report was not taken");
    // The next one says everything, so what this one said is not lost.
    state.completeAt = 0;
    state.dueAt = performance.now() + retryMs;
    return;
  }
  state.dueAt = Math.min(state.dueAt, state.completeAt);
}

async function compose(state: Sending, complete: boolean, ids: readonly string[]): Promise<ReportInput> {
  const { deps, agentStartedAt } = state;
  const inventory = await deps.driver.inventory();
  const network = await deps.network();
  const orphans = deps.orphans();
  return {
    version: wireVersion,
    bootId: deps.bootId,
    sequence: state.sequence++,
    agentStartedAt,
    agentVersion: deps.version,
    driver: deps.driver.kind,
    capabilities: capabilitiesOn(deps.driver.capabilities, network),
    inventory,
    network,
    guests: complete ? deps.reports() : ids.flatMap((id) => deps.report(id) ?? []),
    ...volumesOf(state, complete, ids),
    orphans: orphans ?? [],
    complete: complete && orphans !== null,
  };
}

function volumesOf(
  state: Sending,
  complete: boolean,
  ids: readonly string[],
): Pick<ReportInput, "storage" | "volumes"> {
  const { volumes } = state.deps;
  if (!volumes) return {};
  const storage = volumes.storage();
  const all = complete ? volumes.reports() : ids.flatMap((id) => volumes.report(id) ?? []);
  const orphans = storage?.orphans ?? [];
  if (complete) tellCut(state, all.length, orphans.length);
  const { turn } = state;
  return {
    ...(storage ? { storage: { ...storage, orphans: portion(orphans, turn) } } : {}),
    volumes: portion(all, turn),
  };
}

/** A report with too many would be refused as a whole, guests and all; each report tells of others, so all are told. */
function portion<Item>(all: readonly Item[], turn: number): Item[] {
  if (all.length <= mostInReport) return [...all];
  const first = (turn * mostInReport) % all.length;
  return [...all.slice(first), ...all.slice(0, first)].slice(0, mostInReport);
}

function tellCut(state: Sending, volumes: number, orphans: number): void {
  state.turn++;
  const isCut = Math.max(volumes, orphans) > mostInReport;
  if (isCut && !state.isCut)
    state.deps.log.warn({ volumes, orphans, most: mostInReport }, "not all volumes fit in one report");
  state.isCut = isCut;
}
