/**
 * One attempt to bring a volume to what its order says: look, then act, in an order in which nothing is lost. What can be
 * cut short in the middle is begun anew by the next attempt.
 */
import { asCloudError, CloudError, type PublicError } from "@madang/core/errors";
import type { VolumeReport, VolumeSpec } from "@madang/core/wire/volume";
import type { StorageDriver, VolumeInUse, VolumeObservation } from "@madang/drivers/storage/driver";
import { type Holder, type Holders, volumeInUse } from "./holders.ts";
import type { VolumeLocks } from "./locks.ts";
import type { VolumeNote } from "./memory.ts";
import { groupMates, removeSnapshots, takeSnapshot } from "./snapshots.ts";

export type ImageSource = Extract<VolumeSpec["source"], { kind: "image" }>;

export type AttemptDeps = {
  storage: StorageDriver;
  holders: Holders;
  locks: VolumeLocks;
  specs: () => readonly VolumeSpec[];
  /** A verified local file, or null where volumes are simulated. */
  image: (
    source: ImageSource,
    onPercent: (percent: number) => void,
    signal: AbortSignal,
  ) => Promise<string | null>;
  /** Volumes that are being copied into; what else a source was made ready for is tidied away. */
  copying: Set<string>;
  /** From this volume: what the copy needed of it can be tidied away. */
  onCopyEnded: (volumeId: string) => void;
};

export type Attempt = {
  spec: VolumeSpec;
  note: VolumeNote;
  onPhase: (phase: NonNullable<VolumeReport["phase"]>, percent: number | null) => void;
  /** Remembered, so that it is not taken at another moment, and that the revert of this number is not done without it. */
  onSnapshotFailed: (snapshotId: string, fault: PublicError, revertSeq: number | null) => Promise<void>;
  onMade: () => Promise<void>;
  signal: AbortSignal;
};

/** Null: it is gone, as it should be. */
export async function attemptVolume(deps: AttemptDeps, attempt: Attempt): Promise<VolumeObservation | null> {
  const { spec, signal } = attempt;
  if (spec.desired === "absent") return deps.locks.run([spec.volumeId], signal, () => remove(deps, attempt));
  const imagePath = await material(deps, attempt);
  const { source } = spec;
  if (source.kind !== "volume" || attempt.note.made) return bring(deps, attempt, imagePath);
  deps.copying.add(spec.volumeId);
  try {
    await deps.locks.run([source.volumeId], signal, () => beginCopy(deps, spec, source.volumeId, signal));
    return await bring(deps, attempt, imagePath);
  } finally {
    deps.copying.delete(spec.volumeId);
    deps.onCopyEnded(source.volumeId);
  }
}

/** A volume that is there does not depend on what can still be fetched. */
async function material({ image }: AttemptDeps, { spec, note, onPhase, signal }: Attempt) {
  if (spec.source.kind !== "image" || note.made) return null;
  return image(spec.source, (percent) => onPhase("fetching-image", percent), signal);
}

async function beginCopy(
  { storage, holders }: AttemptDeps,
  { volumeId: into }: VolumeSpec,
  volumeId: string,
  signal: AbortSignal,
): Promise<void> {
  // Made by an attempt whose end was not seen: nothing is to be copied any more.
  if (await storage.observe(into)) return;
  const holder = await holders.of(volumeId);
  const live = holders.live(holder);
  if (holder && live) return live.beginCopy(holder.guestId, volumeId, into, signal);
  await storage.beginCopy(volumeId, into);
}

async function bring(
  deps: AttemptDeps,
  attempt: Attempt,
  imagePath: string | null,
): Promise<VolumeObservation> {
  const { spec, note, signal } = attempt;
  const isFailed = (snapshotId: string) => note.failedSnapshots[snapshotId] !== undefined;
  const mates = groupMates(deps.specs(), spec, isFailed);
  return deps.locks.run([spec.volumeId, ...mates], signal, async () => {
    const made = await ensure(deps, attempt, imagePath);
    // Looking once more would start a program for nothing; that it is made is noted with the end of the attempt.
    if (isAsOrdered(spec, note, made)) return made;
    await attempt.onMade();
    await tidyCopies(deps, made);
    await revertAndSnapshot(deps, attempt, made, isFailed);
    return need(await deps.storage.observe(spec.volumeId));
  });
}

/** Nothing is left to be tidied away, taken, removed or gone back to. */
function isAsOrdered(spec: VolumeSpec, note: VolumeNote, seen: VolumeObservation): boolean {
  const isHere = (wanted: string) => seen.snapshots.some(({ snapshotId }) => snapshotId === wanted);
  const reverted = revertToDo(spec, note, seen) === null;
  const asWanted = spec.snapshots.every(
    ({ snapshotId, desired }) => isHere(snapshotId) === (desired === "present"),
  );
  return reverted && asWanted && seen.copies.length === 0;
}

async function ensure(
  { storage, holders, image }: AttemptDeps,
  { spec, note, onPhase, signal }: Attempt,
  imagePath: string | null,
): Promise<VolumeObservation> {
  // Also of one that was forgotten here.
  const isHere = note.made || (await storage.observe(spec.volumeId)) !== null;
  const inUse = isHere ? inUseBy(holders, spec, await holders.of(spec.volumeId)) : null;
  const order = { spec, imagePath, made: note.made, inUse };
  try {
    return await storage.ensure(order, { signal, onPhase });
  } catch (error) {
    if (asCloudError(error).options.reason !== "BaseMissing" || spec.source.kind !== "image") throw error;
    const fetched = await image(spec.source, (percent) => onPhase("fetching-image", percent), signal);
    return storage.ensure({ ...order, imagePath: fetched }, { signal, onPhase });
  }
}

function inUseBy(holders: Holders, { volumeId }: VolumeSpec, holder: Holder | null): VolumeInUse | null {
  const live = holders.live(holder);
  if (!holder || !live) return null;
  return { resize: (sizeBytes) => live.resize(holder.guestId, volumeId, sizeBytes) };
}

/** What copies of it left behind that ended, or were never finished. */
async function tidyCopies(
  { storage, holders, copying }: AttemptDeps,
  { volumeId, copies }: VolumeObservation,
): Promise<void> {
  const stale = copies.filter((into) => !copying.has(into));
  if (stale.length === 0) return;
  const holder = await holders.of(volumeId);
  const live = holders.live(holder);
  for (const into of stale)
    if (holder && live) await live.endCopy(holder.guestId, volumeId, into);
    else await storage.endCopy(volumeId, into);
}

/** Deletions first, for they make room; a revert comes after what is to be taken of the volume, for it ends what it held. */
async function revertAndSnapshot(
  deps: AttemptDeps,
  attempt: Attempt,
  seen: VolumeObservation,
  isFailed: (snapshotId: string) => boolean,
): Promise<void> {
  const { spec, note } = attempt;
  const reverts = revertToDo(spec, note, seen);
  const target = reverts?.snapshotId;
  const others = { ...spec, snapshots: spec.snapshots.filter(({ snapshotId }) => snapshotId !== target) };
  if (needsRemoval(others, seen)) attempt.onPhase("snapshotting", null);
  await removeSnapshots(deps, others, seen);
  const areTaken = await takeMissing(deps, attempt, seen, reverts, isFailed);
  if (!reverts) return;
  if (!areTaken || reverts.seq <= note.refusedRevertSeq) throw revertRefused();
  await goBack(deps, attempt, reverts);
  await removeSnapshots(deps, spec, need(await deps.storage.observe(spec.volumeId)));
}

/**
 * One that was begun is brought to its end, though it was called off since. Orders older than what was acknowledged may be
 * those of before it was called off: an agent that could not save the newer ones starts with them.
 */
function revertToDo(
  { revert, generation }: VolumeSpec,
  { ackedGeneration }: VolumeNote,
  { revertSeq, reverting = null }: VolumeObservation,
): VolumeSpec["revert"] {
  const isStale = generation < (ackedGeneration ?? 0);
  return revert !== null && revert.seq > revertSeq && !isStale ? revert : reverting;
}

function needsRemoval({ snapshots }: VolumeSpec, seen: VolumeObservation): boolean {
  const unwanted = snapshots.filter(({ desired }) => desired === "absent");
  return unwanted.some((one) => seen.snapshots.some(({ snapshotId }) => snapshotId === one.snapshotId));
}

async function goBack(
  { storage, holders }: AttemptDeps,
  { spec, onPhase, signal }: Attempt,
  revert: NonNullable<VolumeSpec["revert"]>,
): Promise<void> {
  const holder = await holders.of(spec.volumeId);
  if (holder?.running) throw volumeInUse(spec.volumeId, holder);
  signal.throwIfAborted();
  onPhase("reverting", null);
  await storage.revert(spec.volumeId, revert);
}

/** False: one could not be taken. What was here once, or is to be gone back to, is never taken of what is there now. */
async function takeMissing(
  deps: AttemptDeps,
  { spec, note, onPhase, onSnapshotFailed, signal }: Attempt,
  seen: VolumeObservation,
  reverts: VolumeSpec["revert"],
  isFailed: (snapshotId: string) => boolean,
): Promise<boolean> {
  const has = (snapshotId: string) => seen.snapshots.some((one) => one.snapshotId === snapshotId);
  let areTaken = true;
  for (const snapshot of spec.snapshots) {
    const { snapshotId, desired } = snapshot;
    if (desired !== "present" || has(snapshotId) || isFailed(snapshotId)) continue;
    if (note.takenSnapshots.includes(snapshotId) || snapshotId === reverts?.snapshotId) {
      await onSnapshotFailed(snapshotId, snapshotLost(), null);
      continue;
    }
    onPhase("snapshotting", null);
    const fault = await takeSnapshot(deps, spec, snapshot, signal);
    if (fault) await onSnapshotFailed(snapshotId, fault, reverts?.seq ?? null);
    areTaken &&= fault === null;
  }
  return areTaken;
}

function snapshotLost(): PublicError {
  const message = "The snapshot is gone from its hypervisor; nothing was put in its place.";
  return new CloudError("InvalidState", message, { reason: "SnapshotLost", retry: "never" }).toPublic();
}

function revertRefused(): CloudError {
  const message = "A snapshot that was to be taken before could not be taken, so the volume did not go back.";
  return new CloudError("InvalidState", message, { reason: "RevertRefused", retry: "never" });
}

async function remove({ storage, holders }: AttemptDeps, { spec, onPhase, signal }: Attempt): Promise<null> {
  const holder = await holders.of(spec.volumeId);
  if (holder) throw volumeInUse(spec.volumeId, holder);
  signal.throwIfAborted();
  onPhase("removing", null);
  await storage.remove(spec.volumeId, signal);
  return null;
}

function need(seen: VolumeObservation | null): VolumeObservation {
  if (seen) return seen;
  throw new CloudError("Unavailable", "The volume is not there yet.", {
    reason: "VolumeNotReady",
    retry: "later",
  });
}
