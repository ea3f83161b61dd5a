/** The form's disks as the launch asks for them. */
import type { LaunchBootVolume, LaunchVolume } from "@madang/core/instance/launch-disk";
import { sizeOf } from "../volume/size-draft.ts";
import type { BootField, DiskField } from "./disks.ts";

/** Any UUID that no disk has as its key. */
const bootKey = "b0070000-0000-7000-8000-b007b007b007";
const half = 16;

/**
 * The id of an instance's new volume (RFC 9562, version 8), always the same for the same two: so that sending a draft
 * twice makes it once. The instance's halves are swapped: what is random of it is in the second one, and a guest knows a
 * disk by how the volume's id begins.
 */
export function volumeIdOf(instanceId: string, diskKey: string): string {
  const instance = instanceId.replaceAll("-", "");
  const swapped = BigInt(`0x${instance.slice(half)}${instance.slice(0, half)}`);
  const bits = swapped ^ BigInt(`0x${diskKey.replaceAll("-", "")}`);
  const hex = bits.toString(16).padStart(2 * half, "0");
  const variant = ((Number.parseInt(hex.charAt(half), 16) & 0x3) | 0x8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, half)}`];
  return [...parts, `${variant}${hex.slice(half + 1, half + 4)}`, hex.slice(half + 4)].join("-");
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
