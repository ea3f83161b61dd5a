import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type ImageItem = {
  id: string;
  name: string;
  description: string;
  status: string;
  visibility: string;
  diskFormat: string;
  sizeBytes: number;
  virtualSizeBytes: number;
  minDiskGib: number;
  minRamMib: number;
  createdAt: Date;
};

type Row = Omit<ImageItem, "sizeBytes" | "virtualSizeBytes"> & {
  sizeBytes: string | null;
  virtualSizeBytes: string | null;
};

const select = `i.id, i.name, i.description, i.status::text, i.visibility::text, i.disk_format::text AS "diskFormat",
  i.size_bytes AS "sizeBytes", i.virtual_size_bytes AS "virtualSizeBytes", i.min_disk_gib AS "minDiskGib",
  i.min_ram_mib AS "minRamMib", i.created_at AS "createdAt"`;
const sorts = {
  name: { column: "i.name", type: "text" },
  createdAt: { column: "i.created_at", type: "timestamptz" },
  sizeBytes: { column: "i.size_bytes", type: "bigint" },
} as const;

export const imageFilter = z
  .object({
    text: filterText.optional(),
    status: z.array(filterText).max(10).optional(),
    ids: z.array(z.uuid()).max(500).optional(),
  })
  .optional();

/** Its own and everybody's; what is being deleted is not offered. */
export function visibleImage(projectId: string): Sql {
  return sql`i.delete_requested_at IS NULL AND (i.project_id = ${projectId}::uuid OR i.visibility IN ('public', 'community'))`;
}

export function listImages(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof imageFilter> },
): Promise<Page<ImageItem>> {
  const where = [visibleImage(projectId)];
  if (input.filter?.text) where.push(sql`i.name ILIKE ${containing(input.filter.text.trim())}`);
  if (input.filter?.status?.length) where.push(sql`i.status::text = ANY(${input.filter.status}::text[])`);
  if (input.filter?.ids) where.push(sql`i.id = ANY(${input.filter.ids}::uuid[])`);
  const query = { select, from: "image i", id: "i.id", sorts, defaultSort: "name", where, toItem };
  return listPage<Row, ImageItem>(database, query, input);
}

function toItem({
  id,
  name,
  description,
  status,
  visibility,
  diskFormat,
  minDiskGib,
  minRamMib,
  createdAt,
  ...row
}: Row): ImageItem {
  const sizes = {
    sizeBytes: Number(row.sizeBytes ?? 0),
    virtualSizeBytes: Number(row.virtualSizeBytes ?? 0),
  };
  return {
    id,
    name,
    description,
    status,
    visibility,
    diskFormat,
    minDiskGib,
    minRamMib,
    createdAt,
    ...sizes,
  };
}
