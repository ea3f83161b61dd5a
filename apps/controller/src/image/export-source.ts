/** Images that hypervisors bring: why one never will. */
import { CloudError, type PublicError, publicError } from "@madang/core/errors";
import type { Database, Image } from "@madang/db";

/** null: nothing says that it will not come. */
export async function exportLoss(
  database: Pick<Database, "pool">,
  image: Image,
): Promise<PublicError | null> {
  if (image.sourceHypervisorId === null || image.uploadEndedAt !== null) return null;
  const fault = publicError.nullable().catch(null).parse(image.exportFault);
  if (fault && fault.retry !== "later") return { ...fault, retry: "never" };
  return (await isThere(database, image.id)) ? null : sourceGone().toPublic();
}

/** What it is to be made of, where it is to be made, as packages/api/src/agent/export-orders.ts tells of it. */
async function isThere({ pool }: Pick<Database, "pool">, id: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT 1 FROM image i JOIN hypervisor h ON h.id = i.source_hypervisor_id AND h.revoked_at IS NULL
     WHERE i.id = $1 AND CASE
       WHEN i.source_snapshot_id IS NOT NULL THEN EXISTS (SELECT 1 FROM volume_snapshot s
         WHERE s.id = i.source_snapshot_id AND s.delete_requested_at IS NULL)
       WHEN i.source_volume_id IS NOT NULL THEN EXISTS (SELECT 1 FROM volume v
         WHERE v.id = i.source_volume_id AND v.hypervisor_id = h.id AND v.delete_requested_at IS NULL)
       ELSE EXISTS (SELECT 1 FROM instance n JOIN guest g ON g.id = n.active_guest_id
         WHERE n.id = i.source_instance_id AND n.delete_requested_at IS NULL AND g.hypervisor_id = h.id) END`,
    [id],
  );
  return rowCount === 1;
}

function sourceGone(): CloudError {
  return new CloudError("InvalidState", "What the image was to be made of is gone.", {
    reason: "imageSourceGone",
    retry: "never",
  });
}
