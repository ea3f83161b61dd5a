/** What is being made of a volume or of one of its snapshots now, and needs it as it is: volumes, and images until all their bytes came. */
import type { Tx } from "./client.ts";
import { Prisma } from "./generated/client.ts";

type Origin = { sourceVolumeId: string } | { sourceSnapshotId: string };

export async function countCopies(tx: Pick<Tx, "volume" | "image">, origin: Origin): Promise<number> {
  const volumes = await tx.volume.count({ where: { ...origin, status: "creating" } });
  const fault = { equals: Prisma.DbNull };
  const images = await tx.image.count({
    where: { ...origin, uploadEndedAt: null, deleteRequestedAt: null, fault },
  });
  return volumes + images;
}

/** The same for lists: SQL of a number. The arguments are SQL of our own source. */
export function copiesSql(column: "source_volume_id" | "source_snapshot_id", id: string): string {
  return `((SELECT count(*) FROM volume WHERE volume.${column} = ${id} AND volume.status = 'creating')
    + (SELECT count(*) FROM image WHERE image.${column} = ${id} AND image.upload_ended_at IS NULL
      AND image.delete_requested_at IS NULL AND image.fault IS NULL))::int`;
}
