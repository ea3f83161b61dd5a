import type { VolumeActionView } from "@madang/core/volume/action";
import type { VolumeRow } from "../../lib/rows.ts";

/** What the table of actions judges by, as the list tells it. */
export function actionViewOf(volume: VolumeRow): VolumeActionView {
  const { status, deleteProtection, copies, snapshotsTaking } = volume;
  return {
    status,
    attachment: volume.attachment?.phase ?? null,
    deleteProtection,
    boots: volume.attachment?.boot ?? false,
    snapshots: volume.snapshotsKept,
    snapshotsTaking,
    snapshotsHeld: volume.snapshotCount,
    copies,
    placed: volume.placed,
  };
}
