import { type PublicError, publicError } from "@madang/core/errors";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { bind, containing, literal, type Sql, sql } from "../sql.ts";
import { imageNotFound, offeredImage, visibleImage } from "./visible-image.ts";

export type ImageItem = {
  id: string;
  /** null: the cloud's own */
  projectId: string | null;
  /** Of another project's; null where it is not told. */
  ownerName: string | null;
  name: string;
  description: string;
  status: string;
  visibility: string;
  origin: string;
  /** How it is stored, and how it came. */
  diskFormat: string;
  uploadFormat: string | null;
  sizeBytes: number;
  virtualSizeBytes: number;
  /** Of the file that is brought; null: not known beforehand. */
  uploadSizeBytes: number | null;
  uploadedBytes: number;
  minDiskGib: number;
  minRamMib: number;
  protected: boolean;
  fault: PublicError | null;
  /** The share's, with this project; null: it is not shared with it. */
  share: "pending" | "accepted" | "rejected" | null;
  createdAt: Date;
};

type Row = Omit<
  ImageItem,
  "sizeBytes" | "virtualSizeBytes" | "uploadSizeBytes" | "uploadedBytes" | "fault" | "share"
> & {
  sizeBytes: string | null;
  virtualSizeBytes: string | null;
  uploadSizeBytes: string | null;
  uploadedBytes: string;
  fault: unknown;
  shares: Record<string, "pending" | "accepted" | "rejected"> | null;
};

const select = `i.id, i.project_id AS "projectId", i.name, i.description, i.status::text, i.visibility::text,
  i.origin::text, i.disk_format::text AS "diskFormat", i.upload_format::text AS "uploadFormat", i.size_bytes AS "sizeBytes",
  i.virtual_size_bytes AS "virtualSizeBytes", i.upload_size_bytes AS "uploadSizeBytes",
  i.uploaded_bytes AS "uploadedBytes", i.min_disk_gib AS "minDiskGib", i.min_ram_mib AS "minRamMib", i.protected,
  i.fault, i.created_at AS "createdAt", (SELECT p.name FROM project p WHERE p.id = i.project_id) AS "ownerName",
  (SELECT json_object_agg(m.project_id, m.state) FROM image_member m WHERE m.image_id = i.id) AS shares`;
const sorts = {
  name: { column: "i.name", type: "text" },
  createdAt: { column: "i.created_at", type: "timestamptz" },
  sizeBytes: { column: "i.size_bytes", type: "bigint" },
} as const;

export const imageFilter = z
  .object({
    text: filterText.optional(),
    status: z.array(filterText).max(10).optional(),
    visibility: z.array(filterText).max(10).optional(),
    ids: z.array(z.uuid()).max(500).optional(),
    /** true: only the project's own */
    own: z.boolean().optional(),
    /** true: what other projects offer to this one and it has not turned down, instead of what it has */
    offered: z.boolean().optional(),
  })
  .optional();
type Filter = z.infer<typeof imageFilter>;

/** The project's own and everybody's; what is being deleted is not offered. */
export function listImages(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: Filter },
): Promise<Page<ImageItem>> {
  const { filter } = input;
  const where = [
    filter?.offered ? offeredImage(projectId) : visibleImage(projectId),
    ...clauses(projectId, filter),
  ];
  const toItem = (row: Row) => itemFor(row, projectId);
  const query = { select, from: "image i", id: "i.id", sorts, defaultSort: "name", where, toItem };
  return listPage<Row, ImageItem>(database, query, input);
}

function clauses(projectId: string, filter: Filter): Sql[] {
  const text = filter?.text?.trim();
  return [
    ...(text ? [sql`i.name ILIKE ${containing(text)} OR i.id::text LIKE ${`${text.toLowerCase()}%`}`] : []),
    ...(filter?.status?.length ? [sql`i.status::text = ANY(${filter.status}::text[])`] : []),
    ...(filter?.visibility?.length ? [sql`i.visibility::text = ANY(${filter.visibility}::text[])`] : []),
    ...(filter?.ids ? [sql`i.id = ANY(${filter.ids}::uuid[])`] : []),
    ...(filter?.own ? [sql`i.project_id = ${projectId}::uuid`] : []),
    ...(asksForCommunity(filter)
      ? []
      : [sql`i.visibility <> 'community' OR i.project_id = ${projectId}::uuid`]),
  ];
}

/** What anybody hands to everybody stands in nobody's list unasked: it has to be looked for, as in Glance. */
function asksForCommunity(filter: Filter): boolean {
  if (!filter) return false;
  const { text, ids, visibility } = filter;
  return Boolean(text?.trim()) || ids !== undefined || visibility?.includes("community") === true;
}

const count = (value: string | null) => (value === null ? null : Number(value));

/** Whose it is, is told to those with whom it was shared; with whom else, to nobody. */
function itemFor({ shares, ...row }: Row, projectId: string): ImageItem {
  const share = shares?.[projectId] ?? null;
  return {
    ...row,
    share,
    ownerName: share !== null && row.projectId !== projectId ? row.ownerName : null,
    projectId: row.projectId === projectId || share !== null ? row.projectId : null,
    sizeBytes: count(row.sizeBytes) ?? 0,
    virtualSizeBytes: count(row.virtualSizeBytes) ?? 0,
    uploadSizeBytes: count(row.uploadSizeBytes),
    uploadedBytes: count(row.uploadedBytes) ?? 0,
    fault: row.fault === null ? null : publicError.parse(row.fault),
  };
}

export type ImageMemberItem = {
  projectId: string;
  /** null: that project has not accepted, and so has not told what it is called. */
  projectName: string | null;
  state: "pending" | "accepted" | "rejected";
};

export type ImageDetail = ImageItem & {
  own: boolean;
  sha256: string | null;
  sha512: string | null;
  uploadSha256: string | null;
  sourceUrl: string | null;
  properties: Record<string, string>;
  /** With whom it is shared; only for whom it belongs to. */
  members: ImageMemberItem[];
  /** The project's instances that were launched from it: they keep what they have. */
  instances: number;
};
type DetailRow = Row &
  Pick<ImageDetail, "sha256" | "sha512" | "uploadSha256" | "sourceUrl" | "properties" | "instances"> & {
    members: ImageMemberItem[] | null;
  };

const detail = `${select}, i.sha256, i.sha512, i.upload_sha256 AS "uploadSha256", i.source_url AS "sourceUrl", i.properties,
  (SELECT json_agg(json_build_object('projectId', m.project_id, 'state', m.state,
       'projectName', CASE WHEN m.state = 'accepted' THEN p.name END) ORDER BY m.created_at, m.project_id)
     FROM image_member m JOIN project p ON p.id = m.project_id WHERE m.image_id = i.id) AS members`;

/** Throws NotFound. */
export async function readImage(database: Database, projectId: string, id: string): Promise<ImageDetail> {
  const { rows } = await database.pool.query<DetailRow>(
    bind(sql`SELECT ${literal(detail)}, (SELECT count(*)::int FROM instance n
        WHERE n.image_id = i.id AND n.project_id = ${projectId}::uuid) AS instances
      FROM image i WHERE i.id = ${id}::uuid AND ((${visibleImage(projectId)}) OR (${offeredImage(projectId)}))`),
  );
  const [row] = rows;
  if (!row) throw imageNotFound();
  const { members, sourceUrl, ...told } = row;
  const { sha256, sha512, uploadSha256, properties, instances } = told;
  const own = row.projectId === projectId;
  return {
    ...itemFor(told, projectId),
    ...{ sha256, sha512, uploadSha256, properties, instances },
    own,
    sourceUrl: own ? sourceUrl : null,
    members: own ? (members ?? []) : [],
  };
}
