/**
 * The one derivation of what people see of a volume and its snapshots (invariant 9), in Cinder's words. Pure: no clock, no
 * database.
 */
import type { PublicError } from "../errors.ts";

export const volumeStatuses = [
  "creating",
  "available",
  "reserved",
  "attaching",
  "in-use",
  "detaching",
  "extending",
  "reverting",
  "deleting",
  "error",
  "error_deleting",
] as const;
export type VolumeStatus = (typeof volumeStatuses)[number];

export const snapshotStatuses = ["creating", "available", "deleting", "error", "error_deleting"] as const;
export type SnapshotStatus = (typeof snapshotStatuses)[number];

export const attachmentPhases = ["reserved", "attaching", "attached", "detaching"] as const;
export type AttachmentPhase = (typeof attachmentPhases)[number];

export const bytesPerGib = 1024 ** 3;

export type VolumeObserved = "unknown" | "absent" | "available" | "failed";

export type VolumeView = {
  deleteRequested: boolean;
  /** It lives on a hypervisor. One that does not has nothing written in it yet. */
  placed: boolean;
  /** It is filled from another volume or a snapshot, and so has no content before it is placed. */
  copied: boolean;
  sizeGib: number;
  revertSeq: number;
  generation: number;
  fault: PublicError | null;
  observed: VolumeObserved;
  ackedGeneration: number;
  observedSizeBytes: number | null;
  observedRevertSeq: number;
  hostFault: PublicError | null;
  attachment: AttachmentPhase | null;
};

const ofPhase: Record<AttachmentPhase, VolumeStatus> = {
  reserved: "reserved",
  attaching: "attaching",
  attached: "in-use",
  detaching: "detaching",
};

/** What went wrong with what is asked of it now, for good; null when nothing did, or when it may still come right. */
export function volumeFault(
  volume: Pick<VolumeView, "fault" | "hostFault" | "generation" | "ackedGeneration">,
): PublicError | null {
  if (volume.fault) return volume.fault;
  const { hostFault, generation, ackedGeneration } = volume;
  if (!hostFault || ackedGeneration < generation) return null;
  return hostFault.retry === "later" ? null : hostFault;
}

export function deriveVolumeStatus(volume: VolumeView): VolumeStatus {
  const failed = volumeFault(volume) !== null;
  if (volume.deleteRequested) return failed ? "error_deleting" : "deleting";
  if (failed) return "error";
  if (!isMade(volume)) return isFilling(volume) ? "creating" : ofPhase[volume.attachment ?? "reserved"];
  if (volume.placed && volume.observedRevertSeq < volume.revertSeq) return "reverting";
  if (volume.attachment === "reserved" || volume.attachment === "attaching")
    return ofPhase[volume.attachment];
  if (isSmaller(volume)) return "extending";
  return volume.attachment === null ? "available" : ofPhase[volume.attachment];
}

/** A copy that an instance was launched with is an attachment from the start, and no disk of anybody's before it is filled. */
function isFilling({ attachment, copied }: VolumeView): boolean {
  return attachment === null || (copied && attachment === "reserved");
}

/** Nothing was written in a volume that is on no hypervisor, so there is nothing to wait for, unless it is to be a copy. */
function isMade({ placed, copied, observed }: VolumeView): boolean {
  return placed ? observed === "available" : !copied;
}

function isSmaller({ placed, sizeGib, observedSizeBytes }: VolumeView): boolean {
  return placed && observedSizeBytes !== null && observedSizeBytes < sizeGib * bytesPerGib;
}

/** All that was asked of it is so, as its hypervisor says. */
export function isVolumeSettled(volume: VolumeView): boolean {
  if (!volume.placed) return true;
  const { ackedGeneration, generation, observed, observedRevertSeq, revertSeq } = volume;
  return (
    ackedGeneration === generation &&
    observed === "available" &&
    observedRevertSeq >= revertSeq &&
    !isSmaller(volume)
  );
}

export type SnapshotView = {
  deleteRequested: boolean;
  fault: PublicError | null;
  observed: VolumeObserved;
  hostFault: PublicError | null;
};

export function deriveSnapshotStatus({
  deleteRequested,
  fault,
  observed,
  hostFault,
}: SnapshotView): SnapshotStatus {
  const failed = fault !== null || (hostFault !== null && hostFault.retry !== "later");
  if (deleteRequested) return failed && observed !== "absent" ? "error_deleting" : "deleting";
  if (failed) return "error";
  return observed === "available" ? "available" : "creating";
}
