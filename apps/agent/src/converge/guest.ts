/**
 * Brings one guest to what its newest order says, one attempt at a time, by looking and then acting. An order that says
 * something else aborts the attempt under way. An acknowledgement names the generation whose attempt ended, never the
 * one still under way.
 */
import { isDeepStrictEqual } from "node:util";
import { asCloudError, CloudError, type PublicError } from "@madang/core/errors";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation, HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type PQueue from "p-queue";
import type { Logger } from "pino";
import type { Disks } from "../storage/disks.ts";
import { backOffMs, type Decision, deathsInARow, decideGuest, waitAfterMs } from "./decision.ts";
import type { GuestMemory } from "./memory.ts";
import type { Ports } from "./ports.ts";

export type GuestDeps = {
  driver: HypervisorDriver;
  memory: GuestMemory;
  /** Of the host's boot that this agent runs in. */
  bootId: string;
  /** A verified local file, or null where the driver has no real disks. */
  image: (
    spec: GuestSpec,
    onPercent: (percent: number) => void,
    signal: AbortSignal,
  ) => Promise<string | null>;
  /** Where that file is or will be. */
  imagePath: (spec: GuestSpec) => string | null;
  userData: (sha256: string, signal: AbortSignal) => Promise<Uint8Array>;
  ports: Ports;
  disks: Disks;
  /** Bounds how many guests start at once. */
  booting: PQueue;
  /** `urgent` is false for mere progress. */
  onChange: (guestId: string, urgent: boolean) => void;
  onAttempt?: (attempt: Attempt) => void;
  log: Logger;
};

/** One try to bring a guest to what is asked of it. */
export type Attempt = {
  action: Decision["kind"] | "observe";
  outcome: "ok" | "failed" | "aborted" | "later";
  seconds: number;
};

export type GuestWorker = {
  readonly spec: () => GuestSpec;
  order: (spec: GuestSpec) => void;
  /** Something may have changed: look again. */
  look: () => void;
  /** null while nothing is known: an agent that just started must not make anybody believe a guest is gone. */
  report: () => GuestReport | null;
  /** Ends convergence and waits for the attempt under way; the guest is left as it is. */
  stop: () => Promise<void>;
};

type Shown = Omit<GuestReport, "guestId" | "generation">;

type Guest = {
  readonly id: string;
  readonly deps: GuestDeps;
  log: Logger;
  spec: GuestSpec;
  shown: Shown;
  /** The generation that was last acknowledged, over all runs of the agent. */
  acked: number | null;
  /** The generation up to which the driver confirmed the whole spec in this run. */
  ensured: number | null;
  failures: number;
  /** How often it died in a row, since when it lives, and whether its last death was counted. */
  deaths: number;
  livesSince: number | null;
  /** A fault that trying again cannot mend stands until a newer order. */
  givenUpAt: number | null;
  notBefore: number;
  timer: NodeJS.Timeout | null;
  attempt: { desired: GuestSpec["desired"]; abort: AbortController } | null;
  running: Promise<void> | null;
  dirty: boolean;
  ended: boolean;
};

const unseen: Shown = {
  observed: "unknown",
  stopCause: null,
  rebootSeq: 0,
  phase: null,
  percent: null,
  disks: [],
  fault: null,
};

export function createGuestWorker(deps: GuestDeps, spec: GuestSpec): GuestWorker {
  const guest: Guest = {
    id: spec.guestId,
    deps,
    log: logOf(deps, spec),
    spec,
    shown: unseen,
    acked: deps.memory.get(spec.guestId).ackedGeneration,
    ensured: null,
    failures: 0,
    deaths: 0,
    livesSince: null,
    givenUpAt: null,
    notBefore: 0,
    timer: null,
    attempt: null,
    running: null,
    dirty: false,
    ended: false,
  };
  return {
    spec: () => guest.spec,
    order: (next) => order(guest, next),
    look: () => look(guest),
    report: () => (isKnown(guest) ? reportOf(guest) : null),
    stop: () => stop(guest),
  };
}

/** Whose order it is goes into every line, so that one id leads from the click to here. */
function logOf({ log }: GuestDeps, { guestId, instanceId, operationId }: GuestSpec): Logger {
  return log.child({ guestId, instanceId, operationId });
}

/** Seen at least once; or new here, when there is nothing that could be contradicted. */
const isKnown = ({ shown, acked }: Guest) => shown.observed !== "unknown" || acked === null;

function reportOf({ id, acked, shown }: Guest): GuestReport {
  return { guestId: id, generation: acked ?? 1, ...shown };
}

function order(guest: Guest, next: GuestSpec): void {
  if (next.generation < guest.spec.generation) return;
  if (next.generation > guest.spec.generation) {
    guest.failures = 0;
    guest.deaths = 0;
    guest.livesSince = null;
    guest.notBefore = 0;
  }
  // Limits of its volumes change with their types, under the same generation.
  if (!isDeepStrictEqual(next.disks, guest.spec.disks)) guest.ensured = null;
  if (next.operationId !== guest.spec.operationId) guest.log = logOf(guest.deps, next);
  guest.spec = next;
  if (guest.attempt && guest.attempt.desired !== next.desired) guest.attempt.abort.abort();
  look(guest);
}

function look(guest: Guest): void {
  guest.dirty = true;
  if (!guest.ended) guest.running ??= rounds(guest);
}

async function rounds(guest: Guest): Promise<void> {
  while (guest.dirty && !guest.ended) {
    guest.dirty = false;
    const held = guest.givenUpAt === guest.spec.generation || performance.now() < guest.notBefore;
    await (held ? onlyLook(guest) : tryOnce(guest)).catch((error) =>
      guest.log.error({ err: error }, "guest round failed"),
    );
  }
  guest.running = null;
}

async function stop(guest: Guest): Promise<void> {
  guest.ended = true;
  if (guest.timer) clearTimeout(guest.timer);
  guest.attempt?.abort.abort();
  await guest.running;
}

async function tryOnce(guest: Guest): Promise<void> {
  const target = guest.spec;
  const abort = new AbortController();
  guest.attempt = { desired: target.desired, abort };
  const attempt: Attempt = { action: "observe", outcome: "ok", seconds: 0 };
  const began = performance.now();
  try {
    const { driver, memory, bootId, ports, disks } = guest.deps;
    const before = await driver.observe(guest.id);
    const differs = ports.differ(target, before) || disks.differ(target, before);
    const ensured = differs ? null : guest.ensured;
    const decision = decideGuest(target, before, memory.get(guest.id), ensured, bootId);
    attempt.action = decision.kind;
    if (!looksDead(target, before, decision)) change(guest, shownFrom(before));
    if (decision.kind === "revive" && mourn(guest)) {
      attempt.outcome = "later";
      return await waitToRevive(guest, target, before);
    }
    const seen = await act(guest, target, decision, before, abort.signal);
    guest.ensured = isDeepStrictEqual(guest.spec.disks, target.disks) ? target.generation : null;
    guest.failures = 0;
    guest.givenUpAt = null;
    await conclude(guest, target, seen, null);
  } catch (error) {
    attempt.outcome = abort.signal.aborted ? "aborted" : "failed";
    if (!abort.signal.aborted) await fail(guest, target, error);
  } finally {
    guest.attempt = null;
    tellAttempt(guest, target, { ...attempt, seconds: (performance.now() - began) / 1_000 });
  }
}

/** What did nothing is not worth a line. */
function tellAttempt({ deps, log, shown }: Guest, target: GuestSpec, attempt: Attempt): void {
  deps.onAttempt?.(attempt);
  const { action, outcome, seconds } = attempt;
  const level = action === "settled" && outcome === "ok" ? "trace" : "info";
  const { desired, generation } = target;
  const durationMs = Math.round(seconds * 10_000) / 10;
  log[level]({ action, outcome, desired, generation, observed: shown.observed, durationMs }, "attempt");
}

/**
 * It is off only because its host was, and is about to be started. Where a death is final, this must not be taken for one:
 * nothing is said of it before the start has come to an end.
 */
const looksDead = (spec: GuestSpec, seen: GuestObservation | null, decision: Decision) =>
  spec.crashPolicy === "stop" &&
  decision.kind === "ensure" &&
  decision.desired === "running" &&
  seen?.observed === "stopped";

/** Counts a death once. True when it must be waited for before the guest is started again; the first time it need not be. */
function mourn(guest: Guest): boolean {
  if (guest.livesSince === null && guest.deaths > 0) return false;
  guest.deaths = deathsInARow(guest.deaths, performance.now() - (guest.livesSince ?? 0));
  guest.livesSince = null;
  guest.log.warn({ deaths: guest.deaths }, "guest died unasked");
  return guest.deaths > 1;
}

/** One that dies again and again would otherwise be started without end, and nobody told why it is not there. */
async function waitToRevive(guest: Guest, target: GuestSpec, seen: GuestObservation | null): Promise<void> {
  const waitMs = backOffMs(guest.deaths - 1);
  const seconds = Math.ceil(waitMs / 1_000);
  const fault = new CloudError("Unavailable", `It keeps dying; it is started again in ${seconds} s.`, {
    reason: "guestKeepsDying",
    params: { deaths: guest.deaths, seconds },
    retry: "later",
  });
  guest.notBefore = performance.now() + waitMs;
  await conclude(guest, target, seen, fault.toPublic());
  lookLater(guest, waitMs);
}

async function act(
  guest: Guest,
  target: GuestSpec,
  decision: Decision,
  seen: GuestObservation | null,
  signal: AbortSignal,
): Promise<GuestObservation | null> {
  const { driver, ports, disks } = guest.deps;
  if (decision.kind === "settled") return seen;
  if (decision.kind === "revive") return ensure(guest, { ...target, desired: "running" }, seen, signal);
  if (decision.kind === "ensure")
    return ensure(guest, { ...target, desired: decision.desired }, seen, signal);
  progress(guest, "removing", null);
  await disks.during(target.disks ?? [], seen, signal, () => driver.remove(guest.id, signal));
  await ports.unplug([...portIds(target.nics), ...portIds(seen?.nics)], signal);
  return driver.observe(guest.id);
}

const portIds = (nics: readonly { portId: string }[] = []) => nics.map(({ portId }) => portId);

async function ensure(
  guest: Guest,
  spec: GuestSpec & { desired: "running" | "stopped" },
  seen: GuestObservation | null,
  signal: AbortSignal,
): Promise<GuestObservation> {
  const { driver, booting, memory, ports, disks: its } = guest.deps;
  const wanted = spec.disks ?? [];
  const { made } = memory.get(guest.id);
  const fetched = await material(guest, spec, seen, signal);
  const onPhase = (phase: NonNullable<Shown["phase"]>, percent: number | null) =>
    progress(guest, phase, percent);
  const nics = spec.desired === "running" ? await ports.plug(spec.nics, signal) : ports.devices(spec.nics);
  const disks =
    spec.desired === "running" ? await its.connect(wanted, seen, signal) : await its.known(wanted);
  const boots = spec.desired === "running" && seen?.observed !== "running";
  const order = { spec, made, ...fetched, nics, disks };
  const how = { signal, onPhase };
  const call = () =>
    its.during(wanted, seen, signal, async () => {
      if (spec.desired === "running") await its.claim(guest.id, wanted);
      if (!boots) await releaseTorn(guest, seen, order, how);
      return driver.ensure(order, how);
    });
  if (boots) progress(guest, "starting", null);
  const now = await (boots ? booting.add(call, { signal }) : call());
  await ports.unplug(portIds(seen?.nics), signal);
  return now;
}

/** A guest that holds devices that are no more lets go of those; what it lacks then it is given as anything else. */
async function releaseTorn(
  { deps, log }: Guest,
  seen: GuestObservation | null,
  ...[order, how]: Parameters<HypervisorDriver["ensure"]>
): Promise<void> {
  if (order.spec.desired !== "running" || !order.nics) return;
  const torn = await deps.ports.torn(seen, how.signal);
  if (torn.length === 0) return;
  log.warn({ ports: torn }, "interfaces were torn off the guest");
  const nics = order.nics.filter(({ portId }) => !torn.includes(portId));
  await deps.driver.ensure({ ...order, nics }, how);
}

/** Stopping a guest that is there must not depend on what can still be fetched. */
async function material(guest: Guest, spec: GuestSpec, seen: GuestObservation | null, signal: AbortSignal) {
  const { deps } = guest;
  const bootsFromVolume = spec.disks?.some(({ boot }) => boot) ?? false;
  const sha256 = spec.userDataSha256;
  const userData = async () => (sha256 ? deps.userData(sha256, signal) : null);
  if (seen && spec.desired === "stopped")
    return { imagePath: deps.imagePath(spec), userData: await userData().catch(() => null) };
  const onPercent = (percent: number) => progress(guest, "fetching-image", percent);
  const imagePath = bootsFromVolume ? null : await deps.image(spec, onPercent, signal);
  return { imagePath, userData: await userData() };
}

async function fail(guest: Guest, target: GuestSpec, error: unknown): Promise<void> {
  const fault = asCloudError(error);
  const shown = fault.toPublic();
  guest.failures++;
  // Nobody can ask anew for a removal, so it is never given up.
  guest.givenUpAt = shown.retry === "never" && target.desired !== "absent" ? target.generation : null;
  guest.notBefore = performance.now() + waitAfterMs(shown.reason, guest.failures);
  const { failures } = guest;
  const { detail } = fault.options;
  guest.log.warn({ err: error, detail, failures, desired: target.desired }, "guest attempt failed");
  const seen = await guest.deps.driver.observe(guest.id).catch(() => undefined);
  if (seen === undefined) change(guest, { phase: null, percent: null, fault: shown });
  else await conclude(guest, target, seen, shown);
  if (guest.givenUpAt === null) lookLater(guest, guest.notBefore - performance.now());
}

function lookLater(guest: Guest, ms: number): void {
  if (guest.timer) clearTimeout(guest.timer);
  if (!guest.ended) guest.timer = setTimeout(() => look(guest), Math.max(0, ms));
}

/** While it must not try, it still looks: a guest may come right by itself or by hand. */
async function onlyLook(guest: Guest): Promise<void> {
  const seen = await guest.deps.driver.observe(guest.id);
  if (seen?.observed !== guest.spec.desired || seen.halted || seen.rebootSeq < guest.spec.rebootSeq) return;
  if (guest.deps.ports.differ(guest.spec, seen) || guest.deps.disks.differ(guest.spec, seen)) return;
  guest.failures = 0;
  guest.notBefore = 0;
  guest.givenUpAt = null;
  await conclude(guest, guest.spec, seen, null);
}

/** What is worth trying again is told, but answers nothing yet; every other end of an attempt is its answer. */
async function conclude(
  guest: Guest,
  target: GuestSpec,
  seen: GuestObservation | null,
  fault: PublicError | null,
): Promise<void> {
  const next: Shown = { ...shownFrom(seen), phase: null, percent: null, fault };
  if (fault?.retry === "later") return change(guest, next);
  const { memory, bootId } = guest.deps;
  const old = memory.get(guest.id);
  const lives = target.desired === "running" && seen?.observed === "running";
  if (lives) guest.livesSince ??= performance.now();
  const ran = lives ? { ranGeneration: target.generation, ranBootId: bootId } : {};
  const made = seen !== null || (old.made && target.desired !== "absent");
  await memory.set(guest.id, { ...old, ...ran, made, ackedGeneration: target.generation });
  change(guest, fault ? { ...next, observed: "failed" } : next, target.generation);
}

function shownFrom(
  seen: GuestObservation | null,
): Pick<Shown, "observed" | "stopCause" | "rebootSeq" | "disks"> {
  return {
    disks: seen?.disks?.map(({ volumeId }) => volumeId) ?? [],
    observed: seen?.observed ?? "absent",
    stopCause: seen?.stopCause ?? null,
    rebootSeq: seen?.rebootSeq ?? 0,
  };
}

function change(guest: Guest, next: Partial<Shown>, acked: number | null = guest.acked, urgent = true): void {
  const before = JSON.stringify(reportOf(guest));
  guest.shown = { ...guest.shown, ...next };
  guest.acked = acked;
  if (JSON.stringify(reportOf(guest)) !== before) guest.deps.onChange(guest.id, urgent);
}

function progress(guest: Guest, phase: NonNullable<Shown["phase"]>, percent: number | null): void {
  const urgent = phase !== guest.shown.phase;
  change(guest, { phase, percent: percent === null ? null : Math.round(percent) }, guest.acked, urgent);
}
