import { CloudError, type PublicError, publicError } from "@madang/core/errors";
import { snapshotFields } from "@madang/core/filter/storage-fields";
import { type Properties, storedProperties } from "@madang/core/hypervisor/property";
import { type SnapshotStatus, snapshotStatuses } from "@madang/core/volume/status";
import { copiesSql, type Database } from "@madang/db";
import { z } from "zod";
import { among, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type SnapshotItem = {
  id: string;
  projectId: string;
  volumeId: string;
  volumeTypeId: string;
  volumeName: string;
  /** Its volume is. */
  bootable: boolean;
  name: string;
  description: string;
  metadata: Properties;
  sizeGib: number;
  status: SnapshotStatus;
  /** Snapshots of one group were taken at one instant. */
  groupId: string | null;
  /** The guest held its writes meanwhile; null: not told. */
  quiesced: boolean | null;
  fault: PublicError | null;
  /** Volumes that are being filled from it, and images that are being made of it. */
  copies: number;
  /** Its volume is going back to it now. */
  goneBackTo: boolean;
  createdAt: Date;
};

type Row = Omit<SnapshotItem, "fault" | "metadata"> & {
  fault: unknown;
  metadata: unknown;
  sortValue?: string;
  sortId?: string;
};

const select = `s.id, s.project_id AS "projectId", s.volume_id AS "volumeId", v.name AS "volumeName", v.bootable, v.volume_type_id AS "volumeTypeId", s.name, s.description,
  s.metadata, s.size_gib AS "sizeGib", s.status, s.group_id AS "groupId", s.quiesced, coalesce(s.fault, s.host_fault) AS fault,
  ${copiesSql("source_snapshot_id", "s.id")} AS copies,
  v.status = 'reverting' AND v.revert_snapshot_id IS NOT DISTINCT FROM s.id AS "goneBackTo",
  s.created_at AS "createdAt"`;
const joins = "JOIN volume v ON v.id = s.volume_id";
const sorts = {
  name: { column: "s.name", type: "text" },
  status: { column: "s.status", type: "text" },
  sizeGib: { column: "s.size_gib", type: "int" },
  createdAt: { column: "s.created_at", type: "timestamptz" },
} as const;

export const snapshotFilter = z
  .object({
    text: listText.optional(),
    status: z.array(z.enum(snapshotStatuses)).max(snapshotStatuses.length).optional(),
    volumeId: z.uuid().optional(),
    groupId: z.uuid().optional(),
    ids: z.array(z.uuid()).max(500).optional(),
  })
  .optional();
type Filter = z.infer<typeof snapshotFilter>;

export function listSnapshots(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: Filter },
): Promise<Page<SnapshotItem>> {
  const where = [sql`s.project_id = ${projectId}::uuid`, ...clauses(input.filter)];
  const from = "volume_snapshot s";
  const query = { select, from, joins, id: "s.id", sorts, defaultSort: "-createdAt", where, toItem };
  return listPage<Row, SnapshotItem>(database, query, input);
}

function clauses(filter: Filter): Sql[] {
  if (!filter) return [];
  const { text, status, volumeId, groupId, ids } = filter;
  return [
    ...filterClauses(text, snapshotList),
    ...(status ? [sql`s.status = ANY(${status}::text[])`] : []),
    ...(volumeId ? [sql`s.volume_id = ${volumeId}::uuid`] : []),
    ...(groupId ? [sql`s.group_id = ${groupId}::uuid`] : []),
    ...(ids ? [sql`s.id = ANY(${ids}::uuid[])`] : []),
  ];
}

export function snapshotNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such snapshot in this project.", {
    reason: "snapshotNotFound",
    ...(field === undefined ? {} : { field }),
  });
}

function toItem({ fault, metadata, sortValue: _value, sortId: _id, ...row }: Row): SnapshotItem {
  return {
    ...row,
    fault: publicError.nullable().catch(null).parse(fault),
    metadata: storedProperties(metadata),
  };
}

const snapshotList: ListFilter<typeof snapshotFields> = {
  fields: snapshotFields,
  places: {
    name: at("s.name"),
    id: at("s.id"),
    status: at("s.status"),
    size: at("s.size_gib"),
    volume: among("volume v WHERE v.id = s.volume_id", "v.name"),
    description: at("s.description"),
    metadata: at("s.metadata"),
    created: at("s.created_at"),
  },
  free: (text) => sql`s.name ILIKE ${containing(text)}`,
};
