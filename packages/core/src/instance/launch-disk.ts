/** The volumes that a launch begins with, and which of them it boots from. */
import { z } from "zod";
import { uuid } from "../uuid.ts";
import { volumeSerial } from "../volume/serial.ts";
import { sizeGib } from "../volume/size.ts";
import { displayName } from "./name.ts";

/** Beside the disk that it boots from. */
export const launchVolumeLimit = 16;

export const launchVolumeSource = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("image"), imageId: uuid }),
  z.object({ kind: z.literal("snapshot"), snapshotId: uuid }),
  z.object({ kind: z.literal("volume"), volumeId: uuid }),
]);
export type LaunchVolumeSource = z.infer<typeof launchVolumeSource>;

const present = z.object({
  kind: z.literal("volume"),
  volumeId: uuid,
  /** It goes with the instance, unless it may not be deleted then. */
  deleteWithInstance: z.boolean().default(false),
});

const fresh = z.object({
  kind: z.literal("new"),
  /** Named by the client: one for each instance, in the order of the launch's own `ids`. */
  ids: z.array(uuid).min(1),
  /** null: the instance's name and what it is there. */
  name: displayName.nullable().default(null),
  /** GiB. null: as large as its source; the disk that is booted from: also as large as the flavor's. */
  sizeGib: sizeGib.nullable().default(null),
  /** null: its source's, or the cloud's usual one. */
  volumeTypeId: uuid.nullable().default(null),
  deleteWithInstance: z.boolean().default(false),
});

export const launchBootVolume = z.discriminatedUnion("kind", [
  present,
  fresh.extend({ from: launchVolumeSource }),
]);
export type LaunchBootVolume = z.infer<typeof launchBootVolume>;

export const launchVolume = z.discriminatedUnion("kind", [
  present,
  /** `from` null: empty. */
  fresh.extend({ from: launchVolumeSource.nullable().default(null) }),
]);
export type LaunchVolume = z.infer<typeof launchVolume>;

type Disks = {
  ids: readonly string[];
  imageId: string | null;
  bootVolume: LaunchBootVolume | null;
  volumes: readonly LaunchVolume[];
};

/** The key of the reason, and the field that it is about. */
type Objection = { reason: string; field: "imageId" | "bootVolume" | "volumes" };

/** What of one launch can't go together; null: nothing. */
export function launchDisksBlocked({ ids, imageId, bootVolume, volumes }: Disks): Objection | null {
  if (imageId === null && bootVolume === null) return { reason: "imageRequired", field: "imageId" };
  if (imageId !== null && bootVolume !== null) return { reason: "imageAndBootVolume", field: "bootVolume" };
  const seen = new Set<string>();
  const serials = new Set<string>();
  for (const [field, disk] of fieldsOf(bootVolume, volumes)) {
    const reason =
      (disk.kind === "new" ? newBlocked(disk.ids, ids) : presentBlocked(disk.volumeId, ids, seen)) ??
      serialBlocked(disk.kind === "new" ? disk.ids : [disk.volumeId], serials);
    if (reason) return { reason, field };
  }
  return null;
}

function fieldsOf(bootVolume: LaunchBootVolume | null, volumes: readonly LaunchVolume[]) {
  const boot = bootVolume === null ? [] : [["bootVolume", bootVolume] as const];
  return [...boot, ...volumes.map((volume) => ["volumes", volume] as const)];
}

function newBlocked(of: readonly string[], instances: readonly string[]): string | null {
  return of.length === instances.length ? null : "volumeIdsCount";
}

/** One volume can't be two disks, or several instances'. */
function presentBlocked(id: string, instances: readonly string[], seen: Set<string>): string | null {
  if (instances.length > 1) return "volumeWithSeveral";
  if (seen.has(id)) return "volumeTwice";
  seen.add(id);
  return null;
}

/** Disks of one instance, which could not be told apart in it. */
function serialBlocked(volumeIds: readonly string[], seen: Set<string>): string | null {
  for (const [instance, volumeId] of volumeIds.entries()) {
    const serial = `${instance} ${volumeSerial(volumeId)}`;
    if (seen.has(serial)) return "volumeSerialTaken";
    seen.add(serial);
  }
  return null;
}
