/** The volumes and snapshots a launch may name, those that can't be chosen now with the reason. */
import { snapshotActionBlocked, volumeActionBlocked } from "@madang/core/volume/action";
import type { SnapshotRow, VolumeRow } from "../../lib/rows.ts";
import { actionViewOf } from "../volume/action-view.ts";
import type { BootField, DiskField } from "./disks.ts";

/** `reason`: a key of `reasons`; null: it can be chosen. */
export type DiskOption = { id: string; name: string; gib: number; reason: string | null };
type Rows = { volumes: readonly VolumeRow[]; snapshots: readonly SnapshotRow[] };
type Named = {
  boot: Pick<BootField, "kind" | "volumeId" | "snapshotId">;
  disks: readonly Pick<DiskField, "kind" | "sourceId">[];
};

/** The volumes whose hypervisor the instance has to start on: those that are named, and those of snapshots that are. */
export function tyingVolumes({ boot, disks }: Named, { volumes, snapshots }: Rows): VolumeRow[] {
  const present = [
    ...(boot.kind === "volume" ? [boot.volumeId] : []),
    ...disks.filter(({ kind }) => kind === "volume").map(({ sourceId }) => sourceId),
  ];
  const copied = [
    ...(boot.kind === "snapshot" ? [boot.snapshotId] : []),
    ...disks.filter(({ kind }) => kind === "snapshot").map(({ sourceId }) => sourceId),
  ].map((id) => snapshots.find((one) => one.id === id)?.volumeId);
  const ids = new Set([...present, ...copied]);
  return volumes.filter(({ id, placeKey }) => ids.has(id) && placeKey !== null);
}

/** `others`: what else was chosen ties the instance there already. */
export function volumeOptions({ volumes }: Rows, others: readonly VolumeRow[], boots: boolean): DiskOption[] {
  return volumes.map((volume) => {
    const { id, name, sizeGib: gib } = volume;
    const reason =
      volumeActionBlocked("attach", actionViewOf(volume)) ??
      bootBlocked(volume, boots) ??
      apart(volume, others);
    return { id, name, gib, reason };
  });
}

export function snapshotOptions(
  { volumes, snapshots }: Rows,
  others: readonly VolumeRow[],
  boots: boolean,
): DiskOption[] {
  return snapshots.map((snapshot) => {
    const { id, sizeGib: gib } = snapshot;
    const volume = volumes.find((one) => one.id === snapshot.volumeId);
    const reason =
      snapshotActionBlocked("copy", snapshot) ??
      (volume ? (bootBlocked(volume, boots) ?? apart(volume, others)) : null);
    return { id, name: `${snapshot.name} · ${snapshot.volumeName}`, gib, reason };
  });
}

function bootBlocked({ bootable }: VolumeRow, boots: boolean): string | null {
  return boots && !bootable ? "notBootable" : null;
}

function apart({ placeKey }: VolumeRow, others: readonly VolumeRow[]): string | null {
  const elsewhere = placeKey !== null && others.some((other) => other.placeKey !== placeKey);
  return elsewhere ? "livesApart" : null;
}
