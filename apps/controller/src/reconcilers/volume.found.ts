/** A volume that the database calls unplaced, for it is older than the volume's placing, and that a hypervisor has all the same. */
import type { Tx, Volume } from "@madang/db";

/**
 * From now on it lives where it was found, full or not, whatever was asked for: made elsewhere it would be an empty one. No
 * hypervisor ever spoke of it as its own, so it is not what an attempt left behind that came to nothing; and whoever made a
 * volume of this id after one was found has no right to what is in that one. false: it was found nowhere.
 */
export async function placeWhereFound(
  tx: Pick<Tx, "volume" | "orphanVolume">,
  { id, createdAt, reportedAt }: Pick<Volume, "id" | "createdAt" | "reportedAt">,
): Promise<boolean> {
  if (reportedAt !== null) return false;
  const found = await tx.orphanVolume.findFirst({
    where: { volumeId: id, seenAt: { gt: createdAt } },
    orderBy: [{ usedBytes: "desc" }, { hypervisorId: "asc" }],
  });
  if (!found) return false;
  await tx.volume.update({ where: { id }, data: { hypervisorId: found.hypervisorId, made: true } });
  return true;
}
