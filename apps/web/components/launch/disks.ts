/** What the launch form knows of disks: the smallest that fits, what they take of the quota, what can't be chosen. */

import { launchVolumeLimit } from "@madang/core/instance/launch-disk";
import { displayName } from "@madang/core/instance/name";
import { sumUsage, type Usage } from "@madang/core/quota/resource";
import { volumeUsage } from "@madang/core/quota/type-resource";
import { z } from "zod";
import type { FlavorRow, ImageRow, SnapshotRow } from "../../lib/rows.ts";
import { sizeOf } from "../volume/size-draft.ts";
import { leastDiskGib } from "./flavor-fit.ts";

/** Its own root disk, made of an image; or a volume: a new one of an image or of a snapshot, or one that is there. */
export const bootKinds = ["image", "newVolume", "volume", "snapshot"] as const;
/** What a further disk begins with. */
export const diskKinds = ["blank", "snapshot", "volume"] as const;

const size = z.string().max(20);

export const bootField = z.object({
  kind: z.enum(bootKinds),
  volumeId: z.string(),
  snapshotId: z.string(),
  /** GiB, as typed. "": the larger of what it is made of and the flavor's disk */
  size,
  /** "": its source's, or the cloud's usual one */
  volumeTypeId: z.string(),
  deleteWithInstance: z.boolean(),
});
export type BootField = z.infer<typeof bootField>;

export const diskField = z.object({
  /** Tells its volumes from those of the other disks. */
  key: z.uuid(),
  kind: z.enum(diskKinds),
  /** "": the instance's name with a number */
  name: z.union([z.literal(""), displayName]),
  /** Of the snapshot or the volume. */
  sourceId: z.string(),
  /** GiB, as typed. "": as large as its source */
  size,
  volumeTypeId: z.string(),
  deleteWithInstance: z.boolean(),
});
export type DiskField = z.infer<typeof diskField>;
export const diskFields = z.array(diskField).max(launchVolumeLimit, { error: "launchVolumesTooMany" });

export const emptyBoot: BootField = {
  kind: "image",
  volumeId: "",
  snapshotId: "",
  size: "",
  volumeTypeId: "",
  deleteWithInstance: false,
};

export function emptyDisk(key: string): DiskField {
  const rest = { name: "", sourceId: "", volumeTypeId: "", deleteWithInstance: false };
  return { key, kind: "blank", size: "10", ...rest };
}

/** The volumes and the snapshots that a form names, each once. */
export function chosenOrigins({ boot, disks }: { boot: BootField; disks: readonly DiskField[] }) {
  const of = (kind: DiskField["kind"]) =>
    disks.filter((disk) => disk.kind === kind).map(({ sourceId }) => sourceId);
  const ids = (all: readonly string[]) => [...new Set(all)].filter((id) => id !== "");
  return {
    volumeIds: ids([boot.volumeId, ...of("volume")]),
    snapshotIds: ids([boot.snapshotId, ...of("snapshot")]),
  };
}

export type DiskChoices = {
  images: readonly Pick<ImageRow, "id" | "minDiskGib" | "virtualSizeBytes">[];
  snapshots: readonly Pick<SnapshotRow, "id" | "sizeGib" | "volumeTypeId">[];
  /** Of the cloud's usual volume type. */
  usualTypeId: string | null;
};
type Wish = { imageId: string; count: number; boot: BootField; disks: readonly DiskField[] };
type Flavor = Pick<FlavorRow, "diskGib"> | undefined;

const byId = <Row extends { id: string }>(rows: readonly Row[], id: string) =>
  rows.find((one) => one.id === id);

/** GiB of the smallest volume that what it is booted from fits in; null: nothing is chosen, or it is there already. */
export function leastBootGib({ imageId, boot }: Pick<Wish, "imageId" | "boot">, choices: DiskChoices) {
  if (boot.kind === "snapshot") return byId(choices.snapshots, boot.snapshotId)?.sizeGib ?? null;
  const image = boot.kind === "newVolume" ? byId(choices.images, imageId) : undefined;
  return image ? Math.max(1, leastDiskGib(image)) : null;
}

/** GiB of the smallest that what it begins with fits in. */
export function leastDiskFieldGib(disk: DiskField, { snapshots }: DiskChoices): number {
  return disk.kind === "snapshot" ? (byId(snapshots, disk.sourceId)?.sizeGib ?? 1) : 1;
}

/** GiB of the new volume that is booted from; null: none is made, or it is not known yet how large. */
export function bootGib(wish: Wish, choices: DiskChoices, flavor: Flavor): number | null {
  const least = leastBootGib(wish, choices);
  if (least === null) return null;
  return wish.boot.size.trim() === "" ? Math.max(least, flavor?.diskGib ?? 0) : sizeOf(wish.boot.size);
}

function diskGib(disk: DiskField, choices: DiskChoices): number | null {
  if (disk.kind === "snapshot" && disk.size.trim() === "") return leastDiskFieldGib(disk, choices);
  return sizeOf(disk.size);
}

/** What the volumes that a launch makes ask for; one that is there already counts already. */
export function newVolumesUsage(wish: Wish, choices: DiskChoices, flavor: Flavor): Usage {
  const { boot, disks } = wish;
  const makesBoot = boot.kind === "newVolume" || boot.kind === "snapshot";
  const ofBoot = boot.kind === "snapshot" ? boot.snapshotId : "";
  const made = [
    ...(makesBoot ? [{ gib: bootGib(wish, choices, flavor), of: ofBoot, asked: boot.volumeTypeId }] : []),
    ...disks
      .filter(({ kind }) => kind !== "volume")
      .map((disk) => {
        const of = disk.kind === "snapshot" ? disk.sourceId : "";
        return { gib: diskGib(disk, choices), of, asked: disk.volumeTypeId };
      }),
  ];
  return sumUsage(
    ...made.map(({ gib, of, asked }) => {
      const amounts = { volumes: wish.count, gigabytes: (gib ?? 0) * wish.count };
      const typeId = asked || (byId(choices.snapshots, of)?.volumeTypeId ?? choices.usualTypeId);
      return typeId === null ? amounts : volumeUsage(typeId, amounts);
    }),
  );
}

export type DiskFault = { path: (string | number)[]; message: string };

/** What is missing or can't be, each at its field; messages are keys of `validation`. */
export function diskFaults(wish: Wish, choices: DiskChoices): DiskFault[] {
  const seen = new Set<string>();
  return [
    ...bootFaults(wish, choices, seen),
    ...wish.disks.flatMap((disk, index) =>
      diskFaultsOf(disk, wish, choices, seen).map(({ path, message }) => {
        return { path: ["disks", index, ...path], message };
      }),
    ),
  ];
}

function bootFaults(wish: Wish, choices: DiskChoices, seen: Set<string>): DiskFault[] {
  const { boot, imageId, count } = wish;
  if (boot.kind === "volume") return presentFaults(boot.volumeId, count, seen, ["boot", "volumeId"]);
  if (boot.kind === "snapshot" && boot.snapshotId === "")
    return [{ path: ["boot", "snapshotId"], message: "snapshotRequired" }];
  if (boot.kind !== "snapshot" && imageId === "") return [{ path: ["imageId"], message: "imageRequired" }];
  const least = leastBootGib(wish, choices);
  if (least === null || boot.size.trim() === "" || (sizeOf(boot.size) ?? 0) >= least) return [];
  return [{ path: ["boot", "size"], message: "volumeTooSmall" }];
}

function diskFaultsOf(
  disk: DiskField,
  { count }: Wish,
  choices: DiskChoices,
  seen: Set<string>,
): DiskFault[] {
  if (disk.kind === "volume") return presentFaults(disk.sourceId, count, seen, ["sourceId"]);
  const missing = disk.kind === "snapshot" && disk.sourceId === "";
  const gib = diskGib(disk, choices) ?? 0;
  return [
    ...(missing ? [{ path: ["sourceId"], message: "snapshotRequired" }] : []),
    ...(gib < leastDiskFieldGib(disk, choices) ? [{ path: ["size"], message: "volumeTooSmall" }] : []),
  ];
}

function presentFaults(id: string, count: number, seen: Set<string>, path: string[]): DiskFault[] {
  if (id === "") return [{ path, message: "volumeRequired" }];
  if (count > 1) return [{ path, message: "volumeWithSeveral" }];
  if (seen.has(id)) return [{ path, message: "volumeTwice" }];
  seen.add(id);
  return [];
}
