import { type PublicError, publicError } from "@madang/core/errors";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { bind, literal, sql } from "../sql.ts";
import { type ImageFilter, imageClauses } from "./image-filter.ts";
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
  /** What is on it, by its properties os_distro and os_version. */
  distro: string | null;
  distroVersion: string | null;
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
  /** Deactivated by an administrator, and his to reactivate. */
  withdrawn: boolean;
  fault: PublicError | null;
  /** Of the work that makes it an image, all of it and its present step; null: there is none. */
  progress: { percent: number; step: string | null; stepPercent: number | null } | null;
  /** The share's, with this project; null: it is not shared with it. */
  share: "pending" | "accepted" | "rejected" | null;
  createdAt: Date;
};

export type ImageRow = Omit<
  ImageItem,
  "sizeBytes" | "virtualSizeBytes" | "uploadSizeBytes" | "uploadedBytes" | "fault" | "share" | "progress"
> & {
  sizeBytes: string | null;
  virtualSizeBytes: string | null;
  uploadSizeBytes: string | null;
  uploadedBytes: string;
  fault: unknown;
  work: unknown;
  shares: Record<string, "pending" | "accepted" | "rejected"> | null;
};

export const imageColumns = `i.id, i.project_id AS "projectId", i.name, i.description, i.status::text, i.visibility::text,
  i.origin::text, i.properties->>'os_distro' AS distro, i.properties->>'os_version' AS "distroVersion", i.disk_format::text AS "diskFormat", i.upload_format::text AS "uploadFormat", i.size_bytes AS "sizeBytes",
  i.virtual_size_bytes AS "virtualSizeBytes", i.upload_size_bytes AS "uploadSizeBytes",
  i.uploaded_bytes AS "uploadedBytes", i.min_disk_gib AS "minDiskGib", i.min_ram_mib AS "minRamMib", i.protected, i.withdrawn,
  CASE WHEN i.status IN ('queued', 'saving', 'importing') THEN (SELECT json_build_object('percent', o.percent, 'steps', o.steps)
    FROM operation o WHERE o.resource_id = i.id AND o.state IN ('pending', 'running') ORDER BY o.created_at LIMIT 1) END AS work,
  i.fault, i.created_at AS "createdAt", (SELECT p.name FROM project p WHERE p.id = i.project_id) AS "ownerName",
  (SELECT json_object_agg(m.project_id, m.state) FROM image_member m WHERE m.image_id = i.id) AS shares`;
export const imageSorts = {
  name: { column: "i.name", type: "text" },
  createdAt: { column: "i.created_at", type: "timestamptz" },
  sizeBytes: { column: "coalesce(i.size_bytes, 0)", type: "bigint" },
} as const;

/** The project's own and everybody's; what is being deleted is not offered. */
export function listImages(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: ImageFilter },
): Promise<Page<ImageItem>> {
  const { filter } = input;
  const where = [
    filter?.offered ? offeredImage(projectId) : visibleImage(projectId),
    ...imageClauses(projectId, filter),
  ];
  const toItem = (row: ImageRow) => imageItem(row, projectId);
  const query = {
    select: imageColumns,
    from: "image i",
    id: "i.id",
    sorts: imageSorts,
    defaultSort: "name",
    where,
    toItem,
  };
  return listPage<ImageRow, ImageItem>(database, query, input);
}

const worked = z.object({
  percent: z.number(),
  steps: z.array(z.object({ name: z.string(), state: z.string(), percent: z.number().nullish() })),
});

function progressOf(work: unknown): ImageItem["progress"] {
  if (work === null) return null;
  const { percent, steps } = worked.parse(work);
  const step = steps.find(({ state }) => state === "running");
  return { percent, step: step?.name ?? null, stepPercent: step?.percent ?? null };
}

const count = (value: string | null) => (value === null ? null : Number(value));

/** Whose it is, is told to those with whom it was shared; with whom else, to nobody. */
export function imageItem({ shares, work, ...row }: ImageRow, projectId: string): ImageItem {
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
    progress: progressOf(work),
    fault: row.fault === null ? null : publicError.parse(row.fault),
  };
}

export type ImageMemberItem = {
  projectId: string;
  /** null: that project has not accepted, and so has not told what it is called. */
  projectName: string | null;
  state: "pending" | "accepted" | "rejected";
};

export type ImageOrigin = {
  kind: "volume" | "snapshot" | "instance";
  id: string;
  /** The snapshot's. */
  volumeId: string | null;
  /** null: it is gone by now. */
  name: string | null;
};

export type ImageDetail = ImageItem & {
  own: boolean;
  sha256: string | null;
  sha512: string | null;
  uploadSha256: string | null;
  sourceUrl: string | null;
  /** Of what disk of the project; null: of none, or it is another project's. */
  madeOf: ImageOrigin | null;
  properties: Record<string, string>;
  /** With whom it is shared; only for whom it belongs to. */
  members: ImageMemberItem[];
  /** The project's instances that were launched from it: they keep what they have. */
  instances: number;
  /** The project's volumes that were made from it: they keep what they have, too. */
  volumes: number;
};
type DetailRow = ImageRow &
  Pick<
    ImageDetail,
    "sha256" | "sha512" | "uploadSha256" | "sourceUrl" | "madeOf" | "properties" | "instances" | "volumes"
  > & {
    members: ImageMemberItem[] | null;
  };

const nameOf = (table: string, column: string) =>
  `(SELECT o.name FROM ${table} o WHERE o.id = i.${column} AND o.project_id = i.project_id)`;
const madeOf = `CASE i.origin
    WHEN 'volume' THEN json_build_object('kind', 'volume', 'id', i.source_volume_id, 'volumeId', i.source_volume_id,
      'name', ${nameOf("volume", "source_volume_id")})
    WHEN 'snapshot' THEN json_build_object('kind', 'snapshot', 'id', i.source_snapshot_id, 'volumeId', i.source_volume_id,
      'name', ${nameOf("volume_snapshot", "source_snapshot_id")})
    WHEN 'instance' THEN json_build_object('kind', 'instance', 'id', i.source_instance_id, 'volumeId', NULL,
      'name', ${nameOf("instance", "source_instance_id")}) END AS "madeOf"`;
const detail = `${imageColumns}, i.sha256, i.sha512, i.upload_sha256 AS "uploadSha256", i.source_url AS "sourceUrl", i.properties, ${madeOf},
  (SELECT json_agg(json_build_object('projectId', m.project_id, 'state', m.state,
       'projectName', CASE WHEN m.state = 'accepted' THEN p.name END) ORDER BY m.created_at, m.project_id)
     FROM image_member m JOIN project p ON p.id = m.project_id WHERE m.image_id = i.id) AS members`;

/** Throws NotFound. */
export async function readImage(database: Database, projectId: string, id: string): Promise<ImageDetail> {
  const { rows } = await database.pool.query<DetailRow>(
    bind(sql`SELECT ${literal(detail)}, (SELECT count(*)::int FROM instance n
        WHERE n.image_id = i.id AND n.project_id = ${projectId}::uuid) AS instances,
        (SELECT count(*)::int FROM volume v
          WHERE v.image_id = i.id AND v.project_id = ${projectId}::uuid AND v.source = 'image') AS volumes
      FROM image i WHERE i.id = ${id}::uuid AND ((${visibleImage(projectId)}) OR (${offeredImage(projectId)}))`),
  );
  const [row] = rows;
  if (!row) throw imageNotFound();
  const { members, sourceUrl, madeOf, ...told } = row;
  const { sha256, sha512, uploadSha256, properties, instances, volumes } = told;
  const own = row.projectId === projectId;
  return {
    ...imageItem(told, projectId),
    ...{ sha256, sha512, uploadSha256, properties, instances, volumes },
    own,
    sourceUrl: own ? sourceUrl : null,
    madeOf: own ? madeOf : null,
    members: own ? (members ?? []) : [],
  };
}
