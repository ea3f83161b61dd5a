/**
 * What may be done to a volume now, and why not: data shared by admission, buttons and tooltips. A reason is a key of the
 * catalogues (`reasons.<key>`).
 */
import type { AttachmentPhase, SnapshotStatus, VolumeStatus } from "./status.ts";

export const volumeActions = [
  "update",
  "attach",
  "detach",
  "extend",
  "snapshot",
  "copy",
  "revert",
  "transfer",
  "delete",
] as const;
export type VolumeAction = (typeof volumeActions)[number];

export type VolumeActionView = {
  status: VolumeStatus;
  attachment: AttachmentPhase | null;
  deleteProtection: boolean;
  /** Of those nobody asked to delete. */
  snapshots: number;
  /** Volumes that are being filled from it now. */
  copies: number;
};

type Check = (view: VolumeActionView) => string | null;

const notDeleting: Check = ({ status }) =>
  status === "deleting" || status === "error_deleting" ? "volumeDeleting" : null;
const notFailed: Check = ({ status }) => (status === "error" ? "volumeFailed" : null);
const notMaking: Check = ({ status }) => (status === "creating" ? "volumeCreating" : null);
const free: Check = ({ attachment }) => (attachment === null ? null : "volumeAttached");
const attached: Check = ({ attachment }) => (attachment === null ? "volumeNotAttached" : null);
const notDetaching: Check = ({ attachment }) => (attachment === "detaching" ? "volumeDetaching" : null);
const steady: Check = ({ status }) => (status === "available" || status === "in-use" ? null : "volumeBusy");
const unprotected: Check = ({ deleteProtection }) => (deleteProtection ? "volumeProtected" : null);
const notCopied: Check = ({ copies }) => (copies > 0 ? "volumeBeingCopied" : null);
const hasSnapshots: Check = ({ snapshots }) => (snapshots === 0 ? "volumeWithoutSnapshots" : null);

/** First check that objects gives the reason. */
const checks: Record<VolumeAction, readonly Check[]> = {
  update: [notDeleting],
  attach: [notDeleting, notFailed, notMaking, free, notCopied, steady],
  detach: [notDeleting, attached, notDetaching],
  extend: [notDeleting, notFailed, notMaking, notCopied, steady],
  snapshot: [notDeleting, notFailed, notMaking, steady],
  copy: [notDeleting, notFailed, notMaking, free, steady],
  revert: [notDeleting, notFailed, notMaking, hasSnapshots, free, notCopied, steady],
  transfer: [notDeleting, notFailed, notMaking, free, notCopied, steady],
  delete: [({ status }) => (status === "deleting" ? "volumeDeleting" : null), unprotected, free, notCopied],
};

/** null when the action is allowed, else the key of the reason. */
export function volumeActionBlocked(action: VolumeAction, view: VolumeActionView): string | null {
  for (const check of checks[action]) {
    const reason = check(view);
    if (reason) return reason;
  }
  return null;
}

export const snapshotActions = ["update", "delete", "restore", "copy"] as const;
export type SnapshotAction = (typeof snapshotActions)[number];

/** As `volumeActionBlocked`. `copies`: volumes that are being filled from it now. */
export function snapshotActionBlocked(
  action: SnapshotAction,
  { status, copies }: { status: SnapshotStatus; copies: number },
): string | null {
  if (status === "deleting") return "snapshotDeleting";
  if (action === "update") return null;
  if (action === "delete") return copies > 0 ? "volumeBeingCopied" : null;
  return status === "available" ? null : "snapshotNotReady";
}
