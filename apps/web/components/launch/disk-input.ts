/** The form's disks as the launch asks for them. */
import type { LaunchBootVolume, LaunchVolume } from "@madang/core/instance/launch-disk";
import { sizeOf } from "../volume/size-draft.ts";
import type { BootField, DiskField } from "./disks.ts";

/** Any UUID that no disk has as its key. */
const bootKey = "00000000-0000-7000-8000-b007b007b007";
const tail = 12;

/**
 * The id of an instance's new volume, always the same for the same two: so that sending a draft twice makes it once.
 * Both are random in their last 48 bits, and so is what comes of them.
 */
export function volumeIdOf(instanceId: string, diskKey: string): string {
  const bits = BigInt(`0x${instanceId.slice(-tail)}`) ^ BigInt(`0x${diskKey.slice(-tail)}`);
  return `${instanceId.slice(0, -tail)}${bits.toString(16).padStart(tail, "0")}`;
}

type Booting = Pick<
  { imageId: string | null; bootVolume: LaunchBootVolume | null },
  "imageId" | "bootVolume"
>;

export function bootInput(boot: BootField, imageId: string, instanceIds: readonly string[]): Booting {
  const { kind, deleteWithInstance } = boot;
  if (kind === "image") return { imageId, bootVolume: null };
  if (kind === "volume")
    return { imageId: null, bootVolume: { kind, volumeId: boot.volumeId, deleteWithInstance } };
  const from =
    kind === "newVolume"
      ? ({ kind: "image", imageId } as const)
      : ({ kind: "snapshot", snapshotId: boot.snapshotId } as const);
  return { imageId: null, bootVolume: { ...fresh(boot, bootKey, instanceIds), name: null, from } };
}

export function diskInput(disk: DiskField, instanceIds: readonly string[]): LaunchVolume {
  const { kind, sourceId, deleteWithInstance } = disk;
  if (kind === "volume") return { kind, volumeId: sourceId, deleteWithInstance };
  const from = kind === "snapshot" ? ({ kind, snapshotId: sourceId } as const) : null;
  return { ...fresh(disk, disk.key, instanceIds), name: disk.name || null, from };
}

type Fresh = Pick<DiskField, "size" | "volumeTypeId" | "deleteWithInstance">;

function fresh(
  { size, volumeTypeId, deleteWithInstance }: Fresh,
  key: string,
  instanceIds: readonly string[],
) {
  return {
    kind: "new" as const,
    ids: instanceIds.map((id) => volumeIdOf(id, key)),
    sizeGib: sizeOf(size),
    volumeTypeId: volumeTypeId || null,
    deleteWithInstance,
  };
}
