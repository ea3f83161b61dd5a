/**
 * What the control plane asks of an agent's storage and what the agent answers, volume by volume, by the same rules as for
 * guests: an answer counts only at the generation it names, and only `desired: "absent"` destroys.
 */
import { z } from "zod";
import { guestFault } from "./guest.ts";
import { heard } from "./heard.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a volume is filled with when it is made, and never again. */
export const volumeSource = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("blank") }),
  z.object({
    kind: z.literal("image"),
    sha256,
    sizeBytes: z.int().min(1),
    virtualSizeBytes: z.int().min(1),
    format: z.enum(["qcow2", "raw"]),
  }),
  z.object({ kind: z.literal("volume"), volumeId: z.uuid() }),
  z.object({ kind: z.literal("snapshot"), volumeId: z.uuid(), snapshotId: z.uuid() }),
]);
export type VolumeSource = z.infer<typeof volumeSource>;

export const snapshotSpec = z.object({
  snapshotId: z.uuid(),
  desired: z.enum(["present", "absent"]),
  /** Those of one group are taken at one instant. */
  groupId: z.uuid().nullable(),
});
export type SnapshotSpec = z.infer<typeof snapshotSpec>;

export const volumeSpec = z.object({
  volumeId: z.uuid(),
  projectId: z.uuid(),
  generation: z.int().min(1),
  desired: z.enum(["present", "absent"]),
  backend: z.string().max(64),
  /** It never shrinks. */
  sizeBytes: z.int().min(1),
  source: volumeSource,
  snapshots: z.array(snapshotSpec).max(1_000),
  /** Back to a snapshot, once for each number, while no guest has it. */
  revert: z.object({ seq: z.int().min(1), snapshotId: z.uuid() }).nullable(),
  /** It was there once, as its hypervisor said itself: if it is missing, it was lost. Control planes from before say nothing. */
  made: z.boolean().optional(),
});
export type VolumeSpec = z.infer<typeof volumeSpec>;

export const volumeReport = z.object({
  volumeId: z.uuid(),
  /** The generation of the spec that was acted on. */
  generation: z.int().min(1),
  observed: z.enum(["unknown", "absent", "available", "failed"]),
  sizeBytes: z.int().min(0).nullable(),
  /** What it takes of the hypervisor's disk, its snapshots included. */
  usedBytes: z.int().min(0).nullable(),
  snapshots: z
    .array(
      z.object({
        snapshotId: z.uuid(),
        observed: z.enum(["absent", "available", "failed"]),
        quiesced: z.boolean().nullable(),
        fault: guestFault.nullable(),
      }),
    )
    .max(1_000),
  revertSeq: z.int32().min(0),
  phase: z
    .enum(["fetching-image", "copying", "extending", "snapshotting", "reverting", "removing"])
    .nullable(),
  percent: z.int().min(0).max(100).nullable(),
  fault: guestFault.nullable(),
});
export type VolumeReport = z.infer<typeof volumeReport>;

/** What a hypervisor can keep volumes in. */
export const storagePool = z.object({
  backend: heard(64),
  format: z.enum(["qcow2", "raw"]),
  /** Copies cost nothing until they differ. */
  reflink: z.boolean(),
  totalBytes: z.int().min(0),
  freeBytes: z.int().min(0),
  /** The sum of what its volumes were promised. */
  provisionedBytes: z.int().min(0),
});
export type StoragePool = z.infer<typeof storagePool>;

/** A volume that a hypervisor has and nobody asked for. */
export const orphanVolume = z.object({
  volumeId: z.uuid(),
  usedBytes: z.int().min(0),
  /** Why it could not be removed. Agents from before it could be say nothing. */
  fault: guestFault.nullable().optional(),
});
export type OrphanVolume = z.infer<typeof orphanVolume>;
