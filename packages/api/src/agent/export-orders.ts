/** The images that a hypervisor is to bring, as its agent is told of them. */
import { type ExportOrder, exportOrder } from "@madang/core/wire/export";
import type { AgentDeps } from "./deps.ts";

/**
 * As long as its bytes are wanted, and what it is to be made of is there. An instance's root disk is where the instance is;
 * one that boots from a volume is that volume.
 */
const query = {
  name: "madang_snapshot_exports",
  text: `SELECT i.id AS "exportId", CASE
      WHEN s.id IS NOT NULL
        THEN json_build_object('kind', 'snapshot', 'volumeId', i.source_volume_id, 'snapshotId', i.source_snapshot_id,
          'sizeBytes', (s.size_gib::bigint * 1073741824)::float8)
      WHEN i.source_volume_id IS NOT NULL THEN json_build_object('kind', 'volume', 'volumeId', i.source_volume_id)
      ELSE json_build_object('kind', 'guest', 'guestId', g.id) END AS source
    FROM image i LEFT JOIN volume_snapshot s ON s.id = i.source_snapshot_id LEFT JOIN instance n ON n.id = i.source_instance_id AND n.delete_requested_at IS NULL
      LEFT JOIN guest g ON g.id = n.active_guest_id AND g.hypervisor_id = i.source_hypervisor_id
    WHERE i.source_hypervisor_id = $1 AND i.upload_ended_at IS NULL AND i.fault IS NULL AND i.delete_requested_at IS NULL
      AND CASE WHEN i.source_snapshot_id IS NOT NULL THEN s.id IS NOT NULL ELSE i.source_volume_id IS NOT NULL OR g.id IS NOT NULL END
    ORDER BY i.created_at, i.id`,
};

/** A row that can't be told is logged and left out. */
export async function readExportOrders(deps: AgentDeps, hypervisorId: string): Promise<ExportOrder[]> {
  const { rows } = await deps.agents.pool.query<{ exportId: string }>(query, [hypervisorId]);
  return rows.flatMap((row) => {
    const { data, error } = exportOrder.safeParse(row);
    if (error) deps.log.error({ err: error, imageId: row.exportId }, "export can't be told to its agent");
    return data ? [data] : [];
  });
}
