/** Which volumes an instance can have, and which instances a volume can be given to: what stands in the way, beforehand. */
import { serialLength } from "@madang/core/volume/serial";
import { attachmentLimit } from "@madang/core/volume/volume-input";
import { copiesSql, type Database } from "@madang/db";

export type PlaceBlock =
  | "volumeBeingCopied"
  | "volumesTooMany"
  | "volumeSerialTaken"
  | "volumeElsewhere"
  | "volumeOtherZone"
  | "volumesNotKept";
export type AttachTarget = { id: string; name: string; status: string; blocked: PlaceBlock | null };
export type AttachableVolume = { id: string; name: string; sizeGib: number; blocked: PlaceBlock | null };

/** So many can be chosen from; who has more looks for the other end. */
const most = 500;

/** `v` is the volume, `p` the place of the instance: its guest's hypervisor, else that of the volumes it has already. */
const place = `LEFT JOIN LATERAL (SELECT h.id, h.availability_zone, h.storage FROM hypervisor h WHERE h.id = coalesce(
    (SELECT g.hypervisor_id FROM guest g WHERE g.id = i.active_guest_id),
    (SELECT o.hypervisor_id FROM volume_attachment a JOIN volume o ON o.id = a.volume_id
       WHERE a.instance_id = i.id AND o.hypervisor_id IS NOT NULL LIMIT 1))) p ON TRUE`;
const blocked = `CASE
    WHEN ${copiesSql("source_volume_id", "v.id")} > 0 THEN 'volumeBeingCopied'
    WHEN EXISTS (SELECT 1 FROM volume_attachment a WHERE a.instance_id = i.id AND a.volume_id <> v.id
      AND left(a.volume_id::text, ${serialLength}) = left(v.id::text, ${serialLength})) THEN 'volumeSerialTaken'
    WHEN (SELECT count(*) FROM volume_attachment a WHERE a.instance_id = i.id) >= ${attachmentLimit} THEN 'volumesTooMany'
    WHEN p.id IS NULL THEN NULL
    WHEN v.hypervisor_id IS NOT NULL AND v.hypervisor_id <> p.id THEN 'volumeElsewhere'
    WHEN p.storage IS NULL THEN 'volumesNotKept'
    WHEN v.hypervisor_id IS NULL AND v.availability_zone <> p.availability_zone THEN 'volumeOtherZone' END`;

const targetQuery = `SELECT i.id, i.name, i.status, ${blocked} AS blocked
  FROM instance i JOIN volume v ON v.id = $2 AND v.project_id = i.project_id ${place}
  WHERE i.project_id = $1 AND i.delete_requested_at IS NULL AND i.launched_at IS NOT NULL
  ORDER BY (${blocked}) IS NOT NULL, i.name, i.id LIMIT ${most}`;

export async function attachTargets(
  { pool }: Database,
  projectId: string,
  volumeId: string,
): Promise<AttachTarget[]> {
  return (await pool.query<AttachTarget>(targetQuery, [projectId, volumeId])).rows;
}

const volumeQuery = `SELECT v.id, v.name, v.size_gib AS "sizeGib", ${blocked} AS blocked
  FROM volume v JOIN instance i ON i.id = $2 AND i.project_id = v.project_id ${place}
  WHERE v.project_id = $1 AND v.status = 'available' ORDER BY (${blocked}) IS NOT NULL, v.name, v.id LIMIT ${most}`;

export async function attachableVolumes(
  { pool }: Database,
  projectId: string,
  instanceId: string,
): Promise<AttachableVolume[]> {
  return (await pool.query<AttachableVolume>(volumeQuery, [projectId, instanceId])).rows;
}
