/**
 * The storage seam. `observe` and `list` never change anything; everything else is idempotent, succeeds when the wish is
 * already true, may be aborted at any point and called again, and leaves a volume whole or not there. A volume is filled
 * once: one that was made and is gone is a fault (VolumeLost), never a reason to make another. Drivers throw CloudError;
 * that nobody writes to a volume while it is changed here is for the agent to see to, which tells by `inUse` who has it.
 */
import type { StoragePool, VolumeReport, VolumeSpec } from "@madang/core/wire/volume";
import type { VolumeConnection } from "../disk/connection.ts";
import type { CopyOutOptions } from "../disk/copy-out.ts";

export type ObservedSnapshot = {
  snapshotId: string;
  /** Null: no guest was running with it. */
  quiesced: boolean | null;
};

/** Without looking inside. */
export type ListedVolume = {
  volumeId: string;
  usedBytes: number;
  /** false: it is not finished, or was lost. */
  isWhole: boolean;
};

export type VolumeObservation = {
  volumeId: string;
  sizeBytes: number;
  /** On the disk of the hypervisor, with its snapshots. */
  usedBytes: number;
  snapshots: readonly ObservedSnapshot[];
  /** Volumes that are being copied from it, or whose copying ended early. */
  copies: readonly string[];
  /** The last revert that was done. */
  revertSeq: number;
  /** One that was begun and cut short: what is in the volume is neither the one nor the other until it is done again. */
  reverting?: NonNullable<VolumeSpec["revert"]> | null;
};

/** What a guest that runs with the volume does with it in the driver's stead. */
export type VolumeInUse = { resize(sizeBytes: number): Promise<void> };

export type VolumeOrder = {
  spec: Pick<VolumeSpec, "volumeId" | "sizeBytes" | "source">;
  /**
   * A verified local file, read only; null when the source is no image, where volumes are simulated, and for a volume that
   * was made: throws BaseMissing if it needs it after all.
   */
  imagePath: string | null;
  /** It was here before: if it is missing, it was lost. */
  made: boolean;
  inUse: VolumeInUse | null;
};

export type VolumeOptions = {
  signal: AbortSignal;
  /** Told what is going on; never awaited. */
  onPhase?: (phase: NonNullable<VolumeReport["phase"]>, percent: number | null) => void;
};

export type { CopyOutOptions } from "../disk/copy-out.ts";

export type CopySource =
  | { volumeId: string; copyId: string }
  /** Its volume may have grown since: so large is the copy. */
  | { volumeId: string; snapshotId: string; sizeBytes: number };

export type StorageDriver = {
  readonly kind: string;
  pool(): Promise<StoragePool>;
  /** Everything that is here, also what was never finished. */
  list(): Promise<ListedVolume[]>;
  /** Null when it is not here; throws VolumeLost when it was made and is gone. */
  observe(volumeId: string): Promise<VolumeObservation | null>;
  /**
   * Makes it, or extends it; it never shrinks. A source of kind `volume` must have been made ready by `beginCopy`, or by
   * the guest that runs with it under `copyTagOf`.
   */
  ensure(order: VolumeOrder, options: VolumeOptions): Promise<VolumeObservation>;
  remove(volumeId: string, signal: AbortSignal): Promise<void>;
  /** Of a volume that no guest runs with, as are the four that follow. */
  snapshot(volumeId: string, snapshotId: string): Promise<void>;
  removeSnapshot(volumeId: string, snapshotId: string): Promise<void>;
  beginCopy(volumeId: string, intoVolumeId: string): Promise<void>;
  /**
   * Alone in a new file: what `beginCopy` holds under `copyId`, or one of its snapshots, also while a guest runs with it.
   * Throws SourceMissing, SnapshotMissing, DiskFull.
   */
  copyOut(from: CopySource, path: string, options: CopyOutOptions): Promise<void>;
  endCopy(volumeId: string, intoVolumeId: string): Promise<void>;
  /** Back to a snapshot; what was extended since stays as large, with nothing in it. */
  revert(volumeId: string, revert: NonNullable<VolumeSpec["revert"]>): Promise<void>;
  /** Of one that was made, also when it was lost: a guest that has it open goes on. */
  connection(volumeId: string): Promise<VolumeConnection>;
  close(): Promise<void>;
};
