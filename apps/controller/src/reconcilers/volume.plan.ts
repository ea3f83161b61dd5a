/**
 * What to do next for one volume: first match wins, one step a pass. Pure. Where a volume that is attached lives its instance
 * decides; here copies go to their origin, snapshots of what is on no hypervisor find one, and a row goes once its hypervisor
 * says that nothing of it is left.
 */
import type { PublicError } from "@madang/core/errors";
import type { VolumeObserved } from "@madang/core/volume/status";

export type SnapshotFacts = {
  id: string;
  deleteRequested: boolean;
  observed: VolumeObserved;
  fault: PublicError | null;
};

export type VolumeFacts = {
  deleteRequested: boolean;
  /** Where it lives; null: nowhere yet. */
  hypervisorId: string | null;
  /** Of one that lives nowhere yet: a hypervisor has it all the same. */
  foundAt: string | null;
  /** Nobody there will ever answer. */
  hypervisorGone: boolean;
  attached: boolean;
  generation: number;
  ackedGeneration: number;
  observed: VolumeObserved;
  /** All but its snapshots is as wanted. */
  settled: boolean;
  /** For good, of what is wanted now. */
  fault: PublicError | null;
  /** What it is a copy of; null: it is none. `hypervisorId` null: its origin is gone. */
  origin: { hypervisorId: string | null } | null;
  snapshots: readonly SnapshotFacts[];
  /** Its hypervisor says that it will not go back, and still has it: asked for nothing more, it may be used. */
  revertRefused: boolean;
  /** The revert that was asked for is not to be done any more, if it is not done yet. */
  revertCalledOff: boolean;
  /** An administrator's word that its deletion waits for nobody who does not answer, and nobody does. */
  deletedByForce: boolean;
  /** It failed before, and something was asked of it since. */
  askedAnew: boolean;
};

export type VolumeStep =
  | { kind: "clear-fault" }
  | { kind: "drop-snapshots"; ids: readonly string[] }
  | { kind: "delete-volume" }
  | { kind: "place-found"; hypervisorId: string }
  | { kind: "place-at"; hypervisorId: string }
  | { kind: "place" }
  | { kind: "fail"; fault: PublicError }
  | { kind: "give-up-revert"; fault: PublicError }
  | { kind: "call-off-revert" }
  | { kind: "end-operations"; fault: PublicError | null }
  | { kind: "wait" };

export const originGone: PublicError = {
  code: "NotFound",
  reason: "volumeOriginGone",
  message: "What this volume is a copy of is gone.",
  retry: "never",
};

/** Its hypervisor was revoked: nothing that is asked of it will ever be answered. */
export const volumeHostGone: PublicError = {
  code: "Unavailable",
  reason: "volumeHostGone",
  message: "The hypervisor that kept this volume was revoked.",
  retry: "never",
};

export function planVolume(volume: VolumeFacts): VolumeStep {
  if (volume.askedAnew) return { kind: "clear-fault" };
  const gone = volume.snapshots.filter((snapshot) => isGone(volume, snapshot)).map(({ id }) => id);
  if (gone.length > 0) return { kind: "drop-snapshots", ids: gone };
  if (volume.deleteRequested) return planDeletion(volume);
  if (volume.hypervisorId === null) return planUnplaced(volume);
  if (volume.hypervisorGone && volume.fault?.reason !== volumeHostGone.reason)
    return { kind: "fail", fault: volumeHostGone };
  if (volume.fault && volume.revertRefused) return { kind: "give-up-revert", fault: volume.fault };
  if (volume.fault) return { kind: "end-operations", fault: volume.fault };
  // It heard that it need not, and says that it did not.
  if (volume.revertCalledOff && isAcked(volume) && volume.observed === "available")
    return { kind: "call-off-revert" };
  return isDone(volume) ? { kind: "end-operations", fault: null } : { kind: "wait" };
}

const isAcked = ({ ackedGeneration, generation }: VolumeFacts) => ackedGeneration === generation;

function isGone(volume: VolumeFacts, { deleteRequested, observed, fault }: SnapshotFacts): boolean {
  if (!deleteRequested) return false;
  if (volume.hypervisorId === null || volume.hypervisorGone) return true;
  // One that failed where it was to be taken is not there either.
  return isAcked(volume) && (observed === "absent" || (observed === "unknown" && fault === null));
}

/** An attachment ends first, by its instance. */
function planDeletion(volume: VolumeFacts): VolumeStep {
  if (volume.attached) return { kind: "wait" };
  const answered = isAcked(volume) && volume.observed === "absent";
  const waitsForNobody = volume.hypervisorId === null || volume.hypervisorGone || volume.deletedByForce;
  if (waitsForNobody || answered) return { kind: "delete-volume" };
  return volume.fault ? { kind: "end-operations", fault: volume.fault } : { kind: "wait" };
}

function planUnplaced(volume: VolumeFacts): VolumeStep {
  if (volume.foundAt !== null) return { kind: "place-found", hypervisorId: volume.foundAt };
  if (volume.fault) return { kind: "end-operations", fault: volume.fault };
  if (volume.origin) {
    const { hypervisorId } = volume.origin;
    return hypervisorId === null ? { kind: "fail", fault: originGone } : { kind: "place-at", hypervisorId };
  }
  if (volume.snapshots.length > 0 && !volume.attached) return { kind: "place" };
  return volume.snapshots.length > 0 ? { kind: "wait" } : { kind: "end-operations", fault: null };
}

function isDone(volume: VolumeFacts): boolean {
  return (
    volume.settled &&
    volume.snapshots.every(
      ({ deleteRequested, observed, fault }) => !deleteRequested && (observed === "available" || fault),
    )
  );
}
