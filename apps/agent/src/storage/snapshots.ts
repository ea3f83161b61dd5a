/**
 * The snapshots of one volume, made what its order says. Those of one group are taken together, by whichever of their
 * volumes comes first; the caller holds the locks of all of them.
 */
import { asCloudError, CloudError, type PublicError } from "@madang/core/errors";
import type { SnapshotSpec, VolumeSpec } from "@madang/core/wire/volume";
import type { StorageDriver, VolumeObservation } from "@madang/drivers/storage/driver";
import type { Holder, Holders } from "./holders.ts";

export type SnapshotDeps = {
  storage: StorageDriver;
  holders: Holders;
  /** All volumes of this hypervisor that are to stay. */
  specs: () => readonly VolumeSpec[];
};

type Wish = { volumeId: string; snapshotId: string };
type Held = Wish & { holder: Holder | null };

/** The volumes that have a snapshot in a group with one that is still to be taken of this one. */
export function groupMates(
  specs: readonly VolumeSpec[],
  { volumeId, snapshots }: VolumeSpec,
  isSettled: (snapshotId: string) => boolean,
): string[] {
  const groups = new Set(
    snapshots.flatMap((one) => (isWanted(one) && !isSettled(one.snapshotId) && one.groupId) || []),
  );
  const isMate = (spec: VolumeSpec) =>
    spec.volumeId !== volumeId &&
    spec.snapshots.some((one) => isWanted(one) && one.groupId !== null && groups.has(one.groupId));
  return specs.filter(isMate).map((spec) => spec.volumeId);
}

const isWanted = ({ desired }: SnapshotSpec) => desired === "present";

export async function removeSnapshots(
  { storage, holders }: SnapshotDeps,
  { volumeId, snapshots }: VolumeSpec,
  seen: VolumeObservation,
): Promise<void> {
  const unwanted = snapshots.filter(
    (one) => !isWanted(one) && seen.snapshots.some(({ snapshotId }) => snapshotId === one.snapshotId),
  );
  if (unwanted.length === 0) return;
  const holder = await holders.of(volumeId);
  for (const { snapshotId } of unwanted)
    await removeOne({ storage, holders }, { volumeId, snapshotId, holder });
}

async function removeOne(
  { storage, holders }: Pick<SnapshotDeps, "storage" | "holders">,
  { volumeId, snapshotId, holder }: Held,
): Promise<void> {
  const live = holders.live(holder);
  if (holder && live) await live.removeSnapshot(holder.guestId, volumeId, snapshotId);
  else await storage.removeSnapshot(volumeId, snapshotId);
}

/** Null when it was taken; what is worth trying again is thrown, every other fault is its end. */
export async function takeSnapshot(
  deps: SnapshotDeps,
  spec: VolumeSpec,
  snapshot: SnapshotSpec,
  signal: AbortSignal,
): Promise<PublicError | null> {
  try {
    await takeTogether(deps, groupOf(deps, spec, snapshot), signal);
    return null;
  } catch (error) {
    signal.throwIfAborted();
    const fault = asCloudError(error).toPublic();
    if (fault.retry === "later") throw error;
    return { ...fault, retry: "never" };
  }
}

function groupOf({ specs }: SnapshotDeps, { volumeId }: VolumeSpec, snapshot: SnapshotSpec): Wish[] {
  const { snapshotId, groupId } = snapshot;
  const own = { volumeId, snapshotId };
  if (groupId === null) return [own];
  const others = specs().filter((spec) => spec.volumeId !== volumeId && spec.desired === "present");
  const mates = others.flatMap((spec) =>
    spec.snapshots
      .filter((one) => isWanted(one) && one.groupId === groupId)
      .map((one) => ({ volumeId: spec.volumeId, snapshotId: one.snapshotId })),
  );
  return [own, ...mates];
}

async function takeTogether(deps: SnapshotDeps, group: readonly Wish[], signal: AbortSignal): Promise<void> {
  const present = await Promise.all(group.map((wish) => isThere(deps.storage, wish)));
  if (present.every(Boolean)) return;
  if (present.some(Boolean))
    throw new CloudError("Conflict", "The others of its group were taken at another moment.", {
      reason: "GroupTorn",
      retry: "never",
    });
  const held = await Promise.all(
    group.map(async (wish) => ({ ...wish, holder: await deps.holders.of(wish.volumeId) })),
  );
  const guestIds = new Set(
    held.flatMap(({ holder }) => (deps.holders.live(holder) && holder?.guestId) || []),
  );
  try {
    for (const guestId of guestIds) {
      const its = held.filter(({ holder }) => holder?.guestId === guestId);
      await deps.holders.live(its[0]?.holder ?? null)?.snapshot(guestId, its, signal);
    }
    for (const { volumeId, snapshotId, holder } of held)
      if (!deps.holders.live(holder)) await deps.storage.snapshot(volumeId, snapshotId);
  } catch (error) {
    // None was here before: nobody was told of any, and without them the next try can take all of them together again.
    for (const one of held) await removeOne(deps, one).catch(() => {});
    throw error;
  }
}

async function isThere(storage: StorageDriver, { volumeId, snapshotId }: Wish): Promise<boolean> {
  const seen = await storage.observe(volumeId);
  if (!seen)
    throw new CloudError("Unavailable", "A volume of the group is not there yet.", {
      reason: "VolumeNotReady",
      params: { volumeId },
      retry: "later",
    });
  return seen.snapshots.some((one) => one.snapshotId === snapshotId);
}
