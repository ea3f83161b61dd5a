/** The volumes that live on a hypervisor, as its agent is told of them. */
import { type VolumeSpec, volumeSpec } from "@madang/core/wire/volume";
import type { AgentDeps } from "./deps.ts";

const gib = "1073741824";

/**
 * A revert is told until it was seen done, and not again: the number says how often. A volume that an instance still has is
 * not told to go.
 */
const query = {
  name: "madang_snapshot_volumes",
  text: `SELECT v.id AS "volumeId", v.project_id AS "projectId", v.generation,
    CASE WHEN v.delete_requested_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM volume_attachment a WHERE a.volume_id = v.id)
      THEN 'absent' ELSE 'present' END AS desired,
    v.made, t.backend, (v.size_gib::bigint * ${gib})::float8 AS "sizeBytes",
    CASE v.source WHEN 'image' THEN v.image_source || jsonb_build_object('kind', 'image')
      WHEN 'volume' THEN jsonb_build_object('kind', 'volume', 'volumeId', v.source_volume_id)
      WHEN 'snapshot' THEN jsonb_build_object('kind', 'snapshot', 'volumeId', v.source_volume_id, 'snapshotId', v.source_snapshot_id)
      ELSE jsonb_build_object('kind', 'blank') END AS source,
    (SELECT coalesce(json_agg(json_build_object('snapshotId', s.id, 'groupId', s.group_id, 'desired',
        CASE WHEN s.delete_requested_at IS NULL THEN 'present' ELSE 'absent' END) ORDER BY s.created_at, s.id), '[]')
      FROM volume_snapshot s WHERE s.volume_id = v.id) AS snapshots,
    CASE WHEN v.revert_seq > v.observed_revert_seq AND v.revert_snapshot_id IS NOT NULL
      THEN json_build_object('seq', v.revert_seq, 'snapshotId', v.revert_snapshot_id) END AS revert
  FROM volume v JOIN volume_type t ON t.id = v.volume_type_id WHERE v.hypervisor_id = $1 ORDER BY v.id`,
};

/** A row that can't be told is logged and left out, which orders nothing (invariant 5). */
export async function readVolumeSpecs(deps: AgentDeps, hypervisorId: string): Promise<VolumeSpec[]> {
  const { rows } = await deps.agents.pool.query<{ volumeId: string }>(query, [hypervisorId]);
  return rows.flatMap((row) => {
    const { data, error } = volumeSpec.safeParse(row);
    if (error) deps.log.error({ err: error, volumeId: row.volumeId }, "volume can't be told to its agent");
    return data ? [data] : [];
  });
}
