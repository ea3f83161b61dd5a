/** What is asked for of volumes and their snapshots. */
import { z } from "zod";
import { properties } from "../hypervisor/property.ts";
import { zoneName } from "../hypervisor/zone.ts";
import { displayName } from "../instance/launch.ts";
import { description } from "../network/subnet-input.ts";
import { uuid } from "../uuid.ts";
import { diskQos } from "../wire/guest.ts";
import { sizeGib } from "./size.ts";

/** Of one instance, its root disk not counted. */
export const attachmentLimit = 26;
/** Of one volume. */
export const snapshotLimit = 100;

export const newVolumeSource = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("blank") }),
  z.object({ kind: z.literal("image"), imageId: z.uuid() }),
  z.object({ kind: z.literal("volume"), volumeId: z.uuid() }),
  z.object({ kind: z.literal("snapshot"), snapshotId: z.uuid() }),
]);
export type NewVolumeSource = z.infer<typeof newVolumeSource>;

export const newVolume = z.object({
  id: z.uuid(),
  name: displayName,
  description: description.default(""),
  metadata: properties.default({}),
  /** null: as large as its source. */
  sizeGib: sizeGib.nullable().default(null),
  /** null: its source's, or the cloud's usual one. */
  volumeTypeId: z.uuid().nullable().default(null),
  /** null: any */
  availabilityZone: zoneName.nullable().default(null),
  source: newVolumeSource.default({ kind: "blank" }),
});
export type NewVolume = z.infer<typeof newVolume>;

export const volumeChanges = z.object({
  name: displayName.optional(),
  description: description.optional(),
  metadata: properties.optional(),
  bootable: z.boolean().optional(),
  deleteProtection: z.boolean().optional(),
});
export type VolumeChanges = z.infer<typeof volumeChanges>;

/** Of one volume, or of all that an instance has, at one instant: one id for each, in any order. */
export const newSnapshot = z.object({
  name: displayName,
  description: description.default(""),
  metadata: properties.default({}),
  of: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("volume"), id: z.uuid(), volumeId: z.uuid() }),
    z.object({
      kind: z.literal("instance"),
      instanceId: z.uuid(),
      ids: z.array(z.uuid()).min(1).max(attachmentLimit),
    }),
  ]),
});
export type NewSnapshot = z.infer<typeof newSnapshot>;

export const snapshotChanges = z.object({
  name: displayName.optional(),
  description: description.optional(),
  metadata: properties.optional(),
});
export type SnapshotChanges = z.infer<typeof snapshotChanges>;

/** Projects that may choose one type that is not public. */
export const typeProjectLimit = 500;

/** A total and its halves exclude each other, as in QEMU. */
export const volumeQos = diskQos.refine(
  (qos) =>
    !(qos.totalBytesPerSecond && (qos.readBytesPerSecond || qos.writeBytesPerSecond)) &&
    !(qos.totalIops && (qos.readIops || qos.writeIops)),
  { error: "qosTotalAndHalves" },
);

const typeFields = {
  name: displayName,
  description,
  public: z.boolean(),
  qos: volumeQos,
  /** Whose members may choose it although it is not public; a public one has none. */
  projectIds: z.array(uuid).max(typeProjectLimit),
};
export const newVolumeType = z.object({
  id: z.uuid(),
  name: typeFields.name,
  description: typeFields.description.default(""),
  backend: z.enum(["file"]).default("file"),
  public: typeFields.public.default(true),
  qos: typeFields.qos.default({}),
  projectIds: typeFields.projectIds.default([]),
});
export type NewVolumeType = z.infer<typeof newVolumeType>;

export const volumeTypeChanges = z.object({
  name: typeFields.name.optional(),
  description: typeFields.description.optional(),
  public: typeFields.public.optional(),
  qos: typeFields.qos.optional(),
  projectIds: typeFields.projectIds.optional(),
});
export type VolumeTypeChanges = z.infer<typeof volumeTypeChanges>;

export function storedQos(stored: unknown): z.infer<typeof diskQos> {
  return diskQos.safeParse(stored).data ?? {};
}
