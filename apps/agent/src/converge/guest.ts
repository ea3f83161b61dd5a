/**
 * Brings one guest to what its newest order says, one attempt at a time, by looking and then acting. An order that says
 * something else aborts the attempt under way. An acknowledgement names the generation whose attempt ended, never the
 * one still under way.
 */
import { asCloudError, type PublicError } from "@madang/core/errors";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation, HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type PQueue from "p-queue";
import type { Logger } from "pino";
import { backOffMs, decideGuest } from "./decision.ts";
import type { GuestMemory } from "./memory.ts";

export type GuestDeps = {
  driver: HypervisorDriver;
  memory: GuestMemory;
  /** A verified local file, or null where the driver has no real disks. */
  image: (
    spec: GuestSpec,
    onPercent: (percent: number) => void,
    signal: AbortSignal,
  ) => Promise<string | null>;
  /** Where that file is or will be. */
  imagePath: (spec: GuestSpec) => string | null;
  userData: (sha256: string, signal: AbortSignal) => Promise<Uint8Array>;
  /** Bounds how many guests start at once. */
  booting: PQueue;
  onChange: (guestId: string, urgent: boolean) => void;
  log: Logger;
};

export type GuestWorker = {
  readonly spec: () => GuestSpec;
  order: (spec: GuestSpec) => void;
  /** Something may have changed: look again. */
  look: () => void;
  report: () => GuestReport;
  /** Ends convergence and waits for the attempt under way; the guest is left as it is. */
  stop: () => Promise<void>;
};

type State = Pick<GuestReport, "observed" | "stopCause" | "rebootSeq" | "phase" | "percent" | "fault">;

export function createGuestWorker(deps: GuestDeps, first: GuestSpec): GuestWorker {
  const { driver, memory } = deps;
  const { guestId } = first;
  const log = deps.log.child({ guestId, instanceId: first.instanceId });
  let spec = first;
  let ensured: number | null = null;
  let acked = memory.get(guestId).ackedGeneration;
  let state: State = {
    observed: "unknown",
    stopCause: null,
    rebootSeq: 0,
    phase: null,
    percent: null,
    fault: null,
  };
  let failures = 0;
  /** A fault that trying again cannot mend stands until a newer order. */
  let givenUpAt: number | null = null;
  let notBefore = 0;
  let timer: NodeJS.Timeout | null = null;
  let attempt: { desired: GuestSpec["desired"]; abort: AbortController } | null = null;
  let running: Promise<void> | null = null;
  let dirty = false;
  let ended = false;

  const change = (next: Partial<State>, urgent = true) => {
    const before = JSON.stringify(report());
    state = { ...state, ...next };
    if (JSON.stringify(report()) !== before) deps.onChange(guestId, urgent);
  };
  const onPhase = (phase: NonNullable<GuestReport["phase"]>, percent: number | null) => {
    const urgent = phase !== state.phase;
    change({ phase, percent: percent === null ? null : Math.round(percent) }, urgent);
  };

  const show = (seen: GuestObservation | null): Partial<State> => ({
    observed: seen?.observed ?? "absent",
    stopCause: seen?.stopCause ?? null,
    rebootSeq: seen?.rebootSeq ?? 0,
  });

  /** What is worth trying again is told, but answers nothing yet; every other end of an attempt is its answer. */
  const conclude = async (target: GuestSpec, seen: GuestObservation | null, fault: PublicError | null) => {
    const next = { ...show(seen), phase: null, percent: null, fault };
    if (fault?.retry === "later") return change(next);
    const ran = target.desired === "running" && seen?.observed === "running";
    const ranGeneration = ran ? target.generation : memory.get(guestId).ranGeneration;
    await memory.set(guestId, { ranGeneration, ackedGeneration: target.generation });
    const news = acked !== target.generation;
    acked = target.generation;
    change(fault ? { ...next, observed: "failed" } : next);
    if (news) deps.onChange(guestId, true);
  };

  const act = async (target: GuestSpec, seen: GuestObservation | null, signal: AbortSignal) => {
    const decision = decideGuest(target, seen, memory.get(guestId), ensured);
    if (decision.kind === "settled") return seen;
    if (decision.kind === "remove") {
      onPhase("removing", null);
      await driver.remove(guestId, signal);
      return driver.observe(guestId);
    }
    return ensure({ ...target, desired: decision.desired }, seen, signal);
  };

  /** Stopping a guest that is there must not depend on what can still be fetched. */
  const material = async (order: GuestSpec, seen: GuestObservation | null, signal: AbortSignal) => {
    const sha256 = order.userDataSha256;
    const fetchUserData = async () => (sha256 ? deps.userData(sha256, signal) : null);
    if (seen && order.desired === "stopped")
      return { imagePath: deps.imagePath(order), userData: await fetchUserData().catch(() => null) };
    const imagePath = await deps.image(order, (percent) => onPhase("fetching-image", percent), signal);
    return { imagePath, userData: await fetchUserData() };
  };

  const ensure = async (
    order: GuestSpec & { desired: "running" | "stopped" },
    seen: GuestObservation | null,
    signal: AbortSignal,
  ) => {
    const { imagePath, userData } = await material(order, seen, signal);
    const call = () => driver.ensure({ spec: order, imagePath, userData }, { signal, onPhase });
    const boots = order.desired === "running" && seen?.observed !== "running";
    if (!boots) return call();
    onPhase("starting", null);
    return deps.booting.add(call, { signal });
  };

  const tryOnce = async () => {
    const target = spec;
    const abort = new AbortController();
    attempt = { desired: target.desired, abort };
    try {
      const seen = await act(target, await driver.observe(guestId), abort.signal);
      ensured = target.generation;
      failures = 0;
      givenUpAt = null;
      await conclude(target, seen, null);
    } catch (error) {
      if (abort.signal.aborted) return;
      await fail(target, error);
    } finally {
      attempt = null;
    }
  };

  const fail = async (target: GuestSpec, error: unknown) => {
    const fault = asCloudError(error);
    failures++;
    if (fault.toPublic().retry === "never") givenUpAt = target.generation;
    notBefore = Date.now() + backOffMs(failures);
    log.warn(
      { err: error, detail: fault.options.detail, failures, desired: target.desired },
      "guest attempt failed",
    );
    const seen = await driver.observe(guestId).catch(() => undefined);
    if (seen === undefined) change({ phase: null, percent: null, fault: fault.toPublic() });
    else await conclude(target, seen, fault.toPublic());
    if (givenUpAt === null) later(notBefore - Date.now());
  };

  /** While it must not try, it still looks: a guest may come right by itself or by hand. */
  const onlyLook = async () => {
    const seen = await driver.observe(guestId);
    if (seen?.observed !== spec.desired || seen.rebootSeq < spec.rebootSeq) return;
    failures = 0;
    givenUpAt = null;
    await conclude(spec, seen, null);
  };

  const round = async () => {
    while (dirty && !ended) {
      dirty = false;
      const held = givenUpAt === spec.generation || Date.now() < notBefore;
      await (held ? onlyLook() : tryOnce()).catch((error) => log.error({ err: error }, "guest round failed"));
    }
    running = null;
  };
  const look = () => {
    dirty = true;
    if (!ended) running ??= round();
  };
  const later = (ms: number) => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(look, Math.max(0, ms));
  };

  const order = (next: GuestSpec) => {
    if (next.generation < spec.generation) return;
    if (next.generation > spec.generation) {
      failures = 0;
      notBefore = 0;
    }
    spec = next;
    if (attempt && attempt.desired !== next.desired) attempt.abort.abort();
    look();
  };

  const stop = async () => {
    ended = true;
    if (timer) clearTimeout(timer);
    attempt?.abort.abort();
    await running;
  };

  const report = (): GuestReport => ({ guestId, generation: acked ?? 1, ...state });
  return { spec: () => spec, order, look, report, stop };
}
