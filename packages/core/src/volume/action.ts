/**
 * What may be done to a volume now, and why not: data shared by admission, buttons and tooltips. A reason is a key of the
 * catalogues (`reasons.<key>`).
 */
import type { AttachmentPhase, SnapshotStatus, VolumeStatus } from "./status.ts";
import { snapshotLimit } from "./volume-input.ts";

export const volumeActions = [
  "update",
  "attach",
  "detach",
  "extend",
  "retype",
  "snapshot",
  "copy",
  "image",
  "revert",
  "callOff",
  "transfer",
  "delete",
  "forceDelete",
] as const;
export type VolumeAction = (typeof volumeActions)[number];

export type VolumeActionView = {
  status: VolumeStatus;
  /** `detaching` as soon as somebody asks to detach. */
  attachment: AttachmentPhase | null;
  deleteProtection: boolean;
  /** The instance that has it boots from it. */
  boots?: boolean;
  /** Of those nobody asked to delete. */
  snapshots: number;
  /** Of these: still to be taken. */
  snapshotsTaking: number;
  /** With those that are still going: its hypervisor is told of all of them. */
  snapshotsHeld: number;
  /** Volumes that are being filled from it now, and images that are being made of it. */
  copies: number;
  /** Left out: it is on a hypervisor. One that is on none has nothing written in it. */
  placed?: boolean;
};

type Check = (view: VolumeActionView) => string | null;

const notDeleting: Check = ({ status }) =>
  status === "deleting" || status === "error_deleting" ? "volumeDeleting" : null;
const notFailed: Check = ({ status }) => (status === "error" ? "volumeFailed" : null);
const notMaking: Check = ({ status }) => (status === "creating" ? "volumeCreating" : null);
const free: Check = ({ attachment }) => (attachment === null ? null : "volumeAttached");
const attached: Check = ({ attachment }) => (attachment === null ? "volumeNotAttached" : null);
const notBooted: Check = ({ boots }) => (boots ? "volumeBooted" : null);
const notDetaching: Check = ({ attachment }) => (attachment === "detaching" ? "volumeDetaching" : null);
const steady: Check = ({ status }) => (status === "available" || status === "in-use" ? null : "volumeBusy");
const unprotected: Check = ({ deleteProtection }) => (deleteProtection ? "volumeProtected" : null);
const notCopied: Check = ({ copies }) => (copies > 0 ? "volumeBeingCopied" : null);
const hasSnapshots: Check = ({ snapshots }) => (snapshots === 0 ? "volumeWithoutSnapshots" : null);
const hasPlace: Check = ({ snapshotsHeld }) => (snapshotsHeld < snapshotLimit ? null : "snapshotsTooMany");
/** Going back first would lose what they are to keep. */
const taken: Check = ({ snapshotsTaking }) => (snapshotsTaking === 0 ? null : "volumeSnapshotCreating");

const reverting: Check = ({ status }) => (status === "reverting" ? null : "volumeNotReverting");

const written: Check = ({ placed = true }) => (placed ? null : "volumeNeverUsed");

/** First check that objects gives the reason. */
const checks: Record<VolumeAction, readonly Check[]> = {
  update: [notDeleting],
  attach: [notDeleting, notFailed, notMaking, free, notCopied, steady],
  detach: [notDeleting, attached, notBooted, notDetaching],
  extend: [notDeleting, notFailed, notMaking, notCopied, steady],
  retype: [notDeleting, notFailed, notMaking, notCopied, steady],
  snapshot: [notDeleting, notFailed, notMaking, steady, hasPlace],
  copy: [notDeleting, notFailed, notMaking, free, steady],
  image: [notDeleting, notFailed, notMaking, written, steady],
  revert: [notDeleting, notFailed, notMaking, hasSnapshots, free, notCopied, steady, taken],
  callOff: [notDeleting, reverting],
  transfer: [notDeleting, notFailed, notMaking, free, notCopied, steady],
  delete: [({ status }) => (status === "deleting" ? "volumeDeleting" : null), unprotected, free, notCopied],
  forceDelete: [free, notCopied],
};

/** null when the action is allowed, else the key of the reason. */
export function volumeActionBlocked(action: VolumeAction, view: VolumeActionView): string | null {
  for (const check of checks[action]) {
    const reason = check(view);
    if (reason) return reason;
  }
  return null;
}

/** Of all volumes of an instance at one instant, all or none: one that comes or goes would be missing, and nobody told. */
export function groupSnapshotBlocked(volumes: readonly VolumeActionView[]): string | null {
  if (volumes.length === 0) return "instanceWithoutVolumes";
  if (volumes.some(({ attachment }) => attachment !== "attached")) return "snapshotVolumesUnsettled";
  for (const volume of volumes) {
    const reason = volumeActionBlocked("snapshot", volume);
    if (reason) return reason;
  }
  return null;
}

export const snapshotActions = ["update", "delete", "restore", "copy", "image"] as const;
export type SnapshotAction = (typeof snapshotActions)[number];

export type SnapshotActionView = {
  status: SnapshotStatus;
  /** Volumes that are being filled from it now. */
  copies: number;
  /** Its volume is going back to it now. */
  goneBackTo: boolean;
};

/** As `volumeActionBlocked`. */
export function snapshotActionBlocked(
  action: SnapshotAction,
  { status, copies, goneBackTo }: SnapshotActionView,
): string | null {
  if (status === "deleting") return "snapshotDeleting";
  if (action === "update") return null;
  if (action !== "delete") return status === "available" ? null : "snapshotNotReady";
  if (goneBackTo) return "volumeBusy";
  return copies > 0 ? "volumeBeingCopied" : null;
}
