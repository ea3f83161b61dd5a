/** A volume that the database calls unplaced, for it is older than the volume's placing, and that a hypervisor has all the same. */
import type { Tx, Volume } from "@madang/db";
import { recordVolumeEvent } from "./volume.operations.ts";

type Unplaced = Pick<Volume, "id" | "createdAt" | "reportedAt">;

/**
 * null: nowhere. No hypervisor ever spoke of it as its own, so what is found is not what an attempt left behind that came to
 * nothing; and whoever made a volume of this id after one was found has no right to what is in that one.
 */
export async function foundAt(
  tx: Pick<Tx, "orphanVolume">,
  { id, createdAt, reportedAt }: Unplaced,
): Promise<string | null> {
  if (reportedAt !== null) return null;
  const found = await tx.orphanVolume.findFirst({
    where: { volumeId: id, seenAt: { gt: createdAt } },
    orderBy: [{ usedBytes: "desc" }, { hypervisorId: "asc" }],
  });
  return found?.hypervisorId ?? null;
}

/** From now on it lives there, full or not, whatever was asked for: made elsewhere it would be an empty one. */
export async function placeFound(tx: Tx, id: string, hypervisorId: string): Promise<void> {
  const volume = await tx.volume.update({ where: { id }, data: { hypervisorId, made: true } });
  await recordVolumeEvent(tx, volume, { action: "volume.found" });
}
