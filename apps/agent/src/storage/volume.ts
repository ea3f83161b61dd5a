/**
 * Brings one volume to what its newest order says, one attempt at a time, as converge/guest.ts does with guests: an order
 * that says something else aborts the attempt under way, and an acknowledgement names the generation whose attempt ended.
 */
import { isDeepStrictEqual } from "node:util";
import { asCloudError, type PublicError } from "@madang/core/errors";
import type { VolumeReport, VolumeSpec } from "@madang/core/wire/volume";
import type { VolumeObservation } from "@madang/drivers/storage/driver";
import type { Logger } from "pino";
import { backOffMs } from "../converge/decision.ts";
import { type AttemptDeps, attemptVolume } from "./attempt.ts";
import type { VolumeMemory, VolumeNote } from "./memory.ts";

export type VolumeDeps = AttemptDeps & {
  memory: VolumeMemory;
  /** `urgent` is false for mere progress. */
  onChange: (volumeId: string, urgent: boolean) => void;
  log: Logger;
};

export type VolumeWorker = {
  readonly spec: () => VolumeSpec;
  order: (spec: VolumeSpec) => void;
  /** Something may have changed: look again, and do not wait any longer if it should. */
  look: (isNews?: boolean) => void;
  /** null while nothing is known. */
  report: () => VolumeReport | null;
  /** As the sweep sees it. */
  used: (usedBytes: number) => void;
  /** Whether a guest may have it. */
  isReady: () => boolean;
  stop: () => Promise<void>;
};

type Shown = Omit<VolumeReport, "volumeId" | "generation">;

type Volume = {
  readonly id: string;
  readonly deps: VolumeDeps;
  readonly log: Logger;
  spec: VolumeSpec;
  shown: Shown;
  acked: number | null;
  failures: number;
  givenUpAt: number | null;
  notBefore: number;
  timer: NodeJS.Timeout | null;
  attempt: { target: VolumeSpec; abort: AbortController } | null;
  /** A revert of it was cut short. */
  isTorn: boolean;
  running: Promise<void> | null;
  dirty: boolean;
  ended: boolean;
};

/** Whoever waits for a guest to let go is told by it; this is for what nobody tells, ms. */
const longestWaitMs = 30_000;

const unseen: Shown = {
  observed: "unknown",
  sizeBytes: null,
  usedBytes: null,
  snapshots: [],
  revertSeq: 0,
  phase: null,
  percent: null,
  fault: null,
};

export function createVolumeWorker(deps: VolumeDeps, spec: VolumeSpec): VolumeWorker {
  const { volumeId } = spec;
  const volume: Volume = {
    id: volumeId,
    deps,
    log: deps.log.child({ volumeId }),
    spec,
    shown: unseen,
    acked: deps.memory.get(volumeId).ackedGeneration,
    failures: 0,
    givenUpAt: null,
    notBefore: 0,
    timer: null,
    attempt: null,
    isTorn: false,
    running: null,
    dirty: false,
    ended: false,
  };
  return {
    spec: () => volume.spec,
    order: (next) => order(volume, next),
    look: (isNews = false) => {
      if (isNews) volume.notBefore = 0;
      look(volume);
    },
    report: () => (volume.shown.observed === "unknown" && volume.acked !== null ? null : reportOf(volume)),
    used: (usedBytes) => {
      if (isWorthTelling(volume, usedBytes)) change(volume, { usedBytes }, volume.acked, false);
    },
    isReady: () => isReady(volume),
    stop: () => stop(volume),
  };
}

/** Busy volumes grow all the time, and each word of it is a transaction of the control plane. */
const leastToldBytes = 16 * 1024 ** 2;
const leastToldPart = 1 / 256;

function isWorthTelling({ shown, spec }: Volume, usedBytes: number): boolean {
  if (shown.usedBytes === null) return false;
  return Math.abs(usedBytes - shown.usedBytes) >= Math.max(leastToldBytes, spec.sizeBytes * leastToldPart);
}

function isReady({ spec, shown, isTorn }: Volume): boolean {
  const isReverted = spec.revert === null || shown.revertSeq >= spec.revert.seq;
  return spec.desired === "present" && shown.observed === "available" && isReverted && !isTorn;
}

function reportOf({ id, acked, shown }: Volume): VolumeReport {
  return { volumeId: id, generation: acked ?? 1, ...shown };
}

function order(volume: Volume, next: VolumeSpec): void {
  if (next.generation < volume.spec.generation) return;
  // A deletion that waited for a guest is ordered under the generation in which it was asked for.
  const isNews = !isDeepStrictEqual({ ...volume.spec, made: null }, { ...next, made: null });
  if (isNews) Object.assign(volume, { failures: 0, notBefore: 0, givenUpAt: null });
  volume.spec = next;
  if (volume.attempt && isCalledOff(volume.attempt.target, next)) volume.attempt.abort.abort();
  // What was acknowledged is done; the sweep tells when it has come undone.
  if (isNews || volume.acked !== next.generation || volume.shown.observed === "unknown") look(volume);
}

/** What is still to be done of it is not wanted any more. */
function isCalledOff(target: VolumeSpec, next: VolumeSpec): boolean {
  return target.desired !== next.desired || (target.revert !== null && next.revert === null);
}

function look(volume: Volume): void {
  volume.dirty = true;
  if (!volume.ended) volume.running ??= rounds(volume);
}

async function rounds(volume: Volume): Promise<void> {
  // Over before it began, it would be taken for one that is under way, for ever.
  await Promise.resolve();
  while (volume.dirty && !volume.ended) {
    volume.dirty = false;
    if (volume.givenUpAt === volume.spec.generation || performance.now() < volume.notBefore) continue;
    await tryOnce(volume).catch((error) => volume.log.error({ err: error }, "volume round failed"));
  }
  volume.running = null;
}

async function stop(volume: Volume): Promise<void> {
  volume.ended = true;
  if (volume.timer) clearTimeout(volume.timer);
  volume.attempt?.abort.abort();
  await volume.running;
}

async function tryOnce(volume: Volume): Promise<void> {
  const target = volume.spec;
  const { deps, id } = volume;
  const abort = new AbortController();
  volume.attempt = { target, abort };
  const began = performance.now();
  try {
    const seen = await attemptVolume(deps, {
      spec: target,
      note: noteOf(volume),
      signal: abort.signal,
      onPhase: (phase, percent) => progress(volume, phase, percent),
      onSnapshotFailed: (...failed) => noteFailed(volume, ...failed),
      onMade: () => deps.memory.set(id, { ...deps.memory.get(id), made: true }),
    });
    volume.failures = 0;
    volume.givenUpAt = null;
    await conclude(volume, target, seen, null);
    const { desired, generation } = target;
    volume.log.info({ desired, generation, durationMs: Math.round(performance.now() - began) }, "volume");
  } catch (error) {
    if (!abort.signal.aborted) await fail(volume, target, error);
  } finally {
    volume.attempt = null;
  }
}

/** Whoever lost all that he remembered is told at least that it was here: an empty one is never put in its place. */
function noteOf({ deps, id, spec }: Volume): VolumeNote {
  const note = deps.memory.get(id);
  return { ...note, made: note.made || spec.made === true };
}

async function noteFailed(
  { deps, id, log }: Volume,
  snapshotId: string,
  fault: PublicError,
  revertSeq: number | null,
): Promise<void> {
  const note = deps.memory.get(id);
  log.warn({ snapshotId, reason: fault.reason }, "snapshot failed");
  const failedSnapshots = { ...note.failedSnapshots, [snapshotId]: fault };
  const refusedRevertSeq = revertSeq ?? note.refusedRevertSeq;
  await deps.memory.set(id, { ...note, failedSnapshots, refusedRevertSeq });
}

async function fail(volume: Volume, target: VolumeSpec, error: unknown): Promise<void> {
  const { deps, id } = volume;
  const fault = asCloudError(error);
  const isMade = noteOf(volume).made;
  const said = fault.toPublic();
  // What is here can't be had elsewhere.
  const shown: PublicError = isMade && said.retry === "elsewhere" ? { ...said, retry: "later" } : said;
  volume.failures++;
  // Nobody can ask anew for a removal, so it is never given up; nor is what may find room here after all.
  volume.givenUpAt = shown.retry === "never" && target.desired !== "absent" ? target.generation : null;
  const backOff = backOffMs(volume.failures);
  // What could go elsewhere has gone by then; for the rest it may mean an image to fetch each time.
  const isPatient = shown.retry === "elsewhere";
  const waitMs = isPatient ? Math.max(longestWaitMs, backOff) : Math.min(longestWaitMs, backOff);
  volume.notBefore = performance.now() + waitMs;
  const { detail } = fault.options;
  volume.log.warn({ err: error, detail, failures: volume.failures }, "volume attempt failed");
  const seen = await deps.storage.observe(id).catch(() => undefined);
  if (seen !== undefined || shown.retry !== "later") await conclude(volume, target, seen ?? null, shown);
  else change(volume, { phase: null, percent: null, fault: shown });
  if (volume.givenUpAt !== null || volume.ended) return;
  if (volume.timer) clearTimeout(volume.timer);
  volume.timer = setTimeout(() => {
    // A timer may fire a moment early, and nobody would look again.
    volume.notBefore = 0;
    look(volume);
  }, waitMs);
}

/** What is worth trying again is told, but answers nothing yet; every other end of an attempt is its answer. */
async function conclude(
  volume: Volume,
  target: VolumeSpec,
  seen: VolumeObservation | null,
  fault: PublicError | null,
): Promise<void> {
  const { memory } = volume.deps;
  volume.isTorn = (seen?.reverting ?? null) !== null;
  const next: Partial<Shown> = { ...shownFrom(volume, target, seen), phase: null, percent: null, fault };
  const old = memory.get(volume.id);
  const named = new Set(target.snapshots.flatMap((one) => (one.desired === "present" ? one.snapshotId : [])));
  const taken = new Set([...old.takenSnapshots, ...(seen?.snapshots ?? []).map((one) => one.snapshotId)]);
  // Sorted, for the same in another order would be written anew.
  const note = {
    ...old,
    takenSnapshots: [...taken].filter((snapshotId) => named.has(snapshotId)).toSorted(),
  };
  if (fault?.retry === "later") {
    await memory.set(volume.id, note);
    return change(volume, next);
  }
  const failed = Object.entries(note.failedSnapshots).filter(([snapshotId]) => named.has(snapshotId));
  await memory.set(volume.id, {
    ...note,
    // Older orders are answered, but what newer ones took back stays taken back.
    ackedGeneration: Math.max(old.ackedGeneration ?? 0, target.generation),
    made: seen !== null || (note.made && target.desired !== "absent"),
    failedSnapshots: Object.fromEntries(failed),
  });
  change(volume, fault ? { ...next, observed: "failed" } : next, target.generation);
}

function shownFrom(
  { deps, id }: Volume,
  { snapshots }: VolumeSpec,
  seen: VolumeObservation | null,
): Pick<Shown, "observed" | "sizeBytes" | "usedBytes" | "snapshots" | "revertSeq"> {
  const { failedSnapshots } = deps.memory.get(id);
  return {
    observed: seen ? "available" : "absent",
    sizeBytes: seen?.sizeBytes ?? null,
    usedBytes: seen?.usedBytes ?? null,
    revertSeq: seen?.revertSeq ?? 0,
    snapshots: snapshots.map(({ snapshotId }) => {
      const found = seen?.snapshots.find((one) => one.snapshotId === snapshotId);
      const fault = failedSnapshots[snapshotId] ?? null;
      if (found) return { snapshotId, observed: "available", quiesced: found.quiesced, fault: null };
      return { snapshotId, observed: fault ? "failed" : "absent", quiesced: null, fault };
    }),
  };
}

function change(volume: Volume, next: Partial<Shown>, acked = volume.acked, urgent = true): void {
  const before = JSON.stringify(reportOf(volume));
  volume.shown = { ...volume.shown, ...next };
  volume.acked = acked;
  if (JSON.stringify(reportOf(volume)) !== before) volume.deps.onChange(volume.id, urgent);
}

function progress(volume: Volume, phase: NonNullable<Shown["phase"]>, percent: number | null): void {
  const urgent = phase !== volume.shown.phase;
  change(volume, { phase, percent: percent === null ? null : Math.round(percent) }, volume.acked, urgent);
}
