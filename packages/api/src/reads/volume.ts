import { CloudError, type PublicError, publicError } from "@madang/core/errors";
import { anyVolumeFields, volumeFields } from "@madang/core/filter/storage-fields";
import { type Properties, storedProperties } from "@madang/core/hypervisor/property";
import { type AttachmentPhase, type VolumeStatus, volumeStatuses } from "@madang/core/volume/status";
import { copiesSql, type Database } from "@madang/db";
import { z } from "zod";
import { among, anyOf, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { type ListQuery, listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type VolumeItem = {
  id: string;
  projectId: string;
  name: string;
  description: string;
  metadata: Properties;
  sizeGib: number;
  /** What it takes of its hypervisor's disk, its snapshots included; null: nothing is known of it. */
  usedBytes: number | null;
  status: VolumeStatus;
  /** What its hypervisor is doing now, and how far it is. */
  phase: string | null;
  percent: number | null;
  fault: PublicError | null;
  volumeTypeId: string;
  volumeTypeName: string;
  /** Asked for; null: any. */
  availabilityZone: string | null;
  /** Where it is; null: nowhere yet. */
  zone: string | null;
  /** It lives on one hypervisor, and can be attached only there. */
  placed: boolean;
  /** The same for the project's volumes on one hypervisor, which it does not tell; null: it is on none. */
  placeKey: string | null;
  bootable: boolean;
  deleteProtection: boolean;
  source: "blank" | "image" | "volume" | "snapshot";
  /** What it was made of, as long as that is there and can be seen. */
  sourceName: string | null;
  sourceId: string | null;
  attachment: VolumeAttachmentItem | null;
  snapshotCount: number;
  /** Of these nobody asked to delete. */
  snapshotsKept: number;
  /** Of those that are kept: still to be taken. */
  snapshotsTaking: number;
  /** Volumes that are being filled from it, and images that are being made of it. */
  copies: number;
  /** A key is out by which another project may take it over. */
  transferring: boolean;
  userName: string | null;
  createdAt: Date;
};

export type VolumeAttachmentItem = {
  instanceId: string;
  instanceName: string;
  /** `detaching` as soon as somebody asks to detach. */
  phase: AttachmentPhase;
  readOnly: boolean;
  deleteWithInstance: boolean;
  /** The instance boots from it. */
  boot: boolean;
  position: number;
};

type Row = Omit<VolumeItem, "fault" | "metadata" | "usedBytes"> & {
  fault: unknown;
  metadata: unknown;
  usedBytes: string | null;
  sortValue?: string;
  sortId?: string;
};

const select = `v.id, v.project_id AS "projectId", v.name, v.description, v.metadata, v.size_gib AS "sizeGib",
  v.used_bytes::text AS "usedBytes", v.status, v.phase, v.percent, coalesce(v.fault, v.host_fault) AS fault,
  v.volume_type_id AS "volumeTypeId", t.name AS "volumeTypeName", v.availability_zone AS "availabilityZone",
  h.availability_zone AS zone, v.hypervisor_id IS NOT NULL AS placed,
  md5(v.hypervisor_id::text || v.project_id::text) AS "placeKey", v.bootable,
  v.delete_protection AS "deleteProtection", v.source::text AS source,
  coalesce(m.name, ov.name, os.name) AS "sourceName", coalesce(m.id, os.id, ov.id) AS "sourceId",
  CASE WHEN a.id IS NULL THEN NULL ELSE json_build_object('instanceId', a.instance_id, 'instanceName', i.name,
    'phase', CASE WHEN a.detach_requested_at IS NULL THEN a.phase::text ELSE 'detaching' END, 'readOnly', a.read_only, 'deleteWithInstance', a.delete_with_instance,
    'boot', a.boot, 'position', a.position) END AS attachment,
  (SELECT count(*)::int FROM volume_snapshot s WHERE s.volume_id = v.id) AS "snapshotCount",
  (SELECT count(*)::int FROM volume_snapshot s WHERE s.volume_id = v.id AND s.delete_requested_at IS NULL) AS "snapshotsKept",
  (SELECT count(*)::int FROM volume_snapshot s WHERE s.volume_id = v.id AND s.delete_requested_at IS NULL
    AND s.status = 'creating') AS "snapshotsTaking",
  ${copiesSql("source_volume_id", "v.id")} AS copies,
  EXISTS (SELECT 1 FROM volume_transfer x WHERE x.volume_id = v.id) AS transferring,
  u.name AS "userName", v.created_at AS "createdAt"`;
const joins = `JOIN volume_type t ON t.id = v.volume_type_id LEFT JOIN hypervisor h ON h.id = v.hypervisor_id
  LEFT JOIN volume_attachment a ON a.volume_id = v.id LEFT JOIN instance i ON i.id = a.instance_id
  LEFT JOIN "user" u ON u.id = v.user_id LEFT JOIN image m ON m.id = v.image_id AND v.source = 'image'
    AND (m.project_id = v.project_id OR m.visibility IN ('public', 'community'))
  LEFT JOIN volume_snapshot os ON os.id = v.source_snapshot_id AND os.project_id = v.project_id
  LEFT JOIN volume ov ON ov.id = v.source_volume_id AND v.source = 'volume' AND ov.project_id = v.project_id`;
const sorts = {
  name: { column: "v.name", type: "text" },
  status: { column: "v.status", type: "text" },
  sizeGib: { column: "v.size_gib", type: "int" },
  createdAt: { column: "v.created_at", type: "timestamptz" },
} as const;

export const volumeFilter = z
  .object({
    /** Part of the name or of its instance's; or how its id begins. */
    text: listText.optional(),
    status: z.array(z.enum(volumeStatuses)).max(volumeStatuses.length).optional(),
    ids: z.array(z.uuid()).max(500).optional(),
    instanceId: z.uuid().optional(),
    volumeTypeId: z.uuid().optional(),
    bootable: z.boolean().optional(),
  })
  .optional();
type Filter = z.infer<typeof volumeFilter>;

export function volumeQuery(where: readonly Sql[]): ListQuery<Row, VolumeItem> {
  return { select, from: "volume v", joins, id: "v.id", sorts, defaultSort: "-createdAt", where, toItem };
}

export function listVolumes(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: Filter },
): Promise<Page<VolumeItem>> {
  const where = [sql`v.project_id = ${projectId}::uuid`, ...volumeClauses(input.filter)];
  return listPage(database, volumeQuery(where), input);
}

export function volumeClauses(filter: Filter, list: ListFilter = volumeList): Sql[] {
  if (!filter) return [];
  const { text, status, ids, instanceId, volumeTypeId, bootable } = filter;
  return [
    ...filterClauses(text, list),
    ...(status ? [sql`v.status = ANY(${status}::text[])`] : []),
    ...(ids ? [sql`v.id = ANY(${ids}::uuid[])`] : []),
    ...(instanceId
      ? [
          sql`EXISTS (SELECT 1 FROM volume_attachment a WHERE a.volume_id = v.id AND a.instance_id = ${instanceId}::uuid)`,
        ]
      : []),
    ...(volumeTypeId ? [sql`v.volume_type_id = ${volumeTypeId}::uuid`] : []),
    ...(bootable === undefined ? [] : [sql`v.bootable = ${bootable}`]),
  ];
}

function named(text: string): Sql {
  const pattern = containing(text);
  return sql`v.name ILIKE ${pattern} OR v.id::text LIKE ${pattern.slice(1).toLowerCase()} OR EXISTS
    (SELECT 1 FROM volume_attachment a JOIN instance i ON i.id = a.instance_id WHERE a.volume_id = v.id AND i.name ILIKE ${pattern})`;
}

/** Throws NotFound. */
export async function readVolume(database: Database, projectId: string, id: string): Promise<VolumeItem> {
  const where = [sql`v.project_id = ${projectId}::uuid`, sql`v.id = ${id}::uuid`];
  const { items } = await listPage(database, volumeQuery(where), { limit: 1 });
  const [item] = items;
  if (!item) throw volumeNotFound();
  return item;
}

export function volumeNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such volume in this project.", {
    reason: "volumeNotFound",
    ...(field === undefined ? {} : { field }),
  });
}

function toItem({ fault, metadata, usedBytes, sortValue: _value, sortId: _id, ...row }: Row): VolumeItem {
  return {
    ...row,
    fault: publicError.nullable().catch(null).parse(fault),
    metadata: storedProperties(metadata),
    usedBytes: usedBytes === null ? null : Number(usedBytes),
  };
}

const places = {
  name: at("v.name"),
  id: at("v.id"),
  status: at("v.status"),
  size: at("v.size_gib"),
  type: among("volume_type t WHERE t.id = v.volume_type_id", "t.name"),
  instance: among(
    "volume_attachment a JOIN instance i ON i.id = a.instance_id WHERE a.volume_id = v.id",
    "i.name",
  ),
  bootable: at("v.bootable"),
  zone: anyOf(
    at("v.availability_zone"),
    among("hypervisor h WHERE h.id = v.hypervisor_id", "h.availability_zone"),
  ),
  user: among('"user" u WHERE u.id = v.user_id', "u.name"),
  description: at("v.description"),
  metadata: at("v.metadata"),
  created: at("v.created_at"),
  protected: at("v.delete_protection"),
} as const;
const volumeList: ListFilter<typeof volumeFields> = { fields: volumeFields, places, free: named };

export const anyVolumeList: ListFilter<typeof anyVolumeFields> = {
  fields: anyVolumeFields,
  places: {
    ...places,
    project: among("project o WHERE o.id = v.project_id", "o.name"),
    host: among("hypervisor h WHERE h.id = v.hypervisor_id", "h.name"),
  },
  free: named,
};
