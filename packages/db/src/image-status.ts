/**
 * The only writer of image.status (invariant 3). Every transaction that changes an input of the derivation calls it before
 * it commits.
 */
import { deriveImageStatus, type ImageStatus } from "@madang/core/image/status";
import type { Tx } from "./client.ts";

/** Locks the row after its project's. False when there is no such image. */
export async function lockImage(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM image WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  return rows.length === 1;
}

/** Recomputes and stores; null when the image is gone. */
export async function writeImageStatus(tx: Pick<Tx, "image">, id: string): Promise<ImageStatus | null> {
  const row = await tx.image.findUnique({ where: { id } });
  if (!row) return null;
  const status = deriveImageStatus({
    deactivated: row.deactivated || row.withdrawn,
    uploadedBytes: Number(row.uploadedBytes),
    uploadEnded: row.uploadEndedAt !== null,
    stored: row.sha256 !== null,
    failed: row.fault !== null,
  });
  if (status !== row.status) await tx.image.update({ where: { id }, data: { status } });
  return status;
}
