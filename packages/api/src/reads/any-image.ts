import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, listText, type Page, type PageInput } from "../list.ts";
import { sql } from "../sql.ts";
import { type ImageItem, type ImageRow, imageColumns, imageItem, imageSorts } from "./image.ts";
import { anyImageList, statedClauses } from "./image-filter.ts";

export const anyImageFilter = z.object({
  text: listText.optional(),
  status: z.array(filterText).max(10).optional(),
  visibility: z.array(filterText).max(10).optional(),
});

export type AnyImageItem = Omit<ImageItem, "share" | "ownerName"> & {
  /** null: the cloud's own */
  projectName: string | null;
  sha256: string | null;
  /** Of all projects: what was launched from it and still is, what was made of it, and who took it when it was shared. */
  instances: number;
  volumes: number;
  members: number;
};

type Row = ImageRow & { sha256: string | null };
type Found = Omit<AnyImageItem, "instances" | "volumes" | "members">;
type Uses = { id: string; instances: number; volumes: number; members: number };

/** Of all projects and the cloud's own, with what uses them. What is being deleted is left out. */
export async function listAnyImages(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof anyImageFilter> | undefined },
): Promise<Page<AnyImageItem>> {
  const where = [sql`i.delete_requested_at IS NULL`, ...statedClauses(input.filter, anyImageList)];
  const query = {
    ...{ select: `${imageColumns}, i.sha256`, from: "image i", id: "i.id", sorts: imageSorts },
    ...{ defaultSort: "name", where, toItem: found },
  };
  const { items, ...page } = await listPage<Row, Found>(database, query, input);
  const uses = await usesOf(
    database,
    items.map(({ id }) => id),
  );
  const none = { instances: 0, volumes: 0, members: 0 };
  return { ...page, items: items.map((item) => ({ ...item, ...(uses.get(item.id) ?? none) })) };
}

function found({ sha256, ...row }: Row): Found {
  // As its owner sees it: nothing of it is kept from an administrator.
  const { share: _share, ownerName: _name, ...item } = imageItem(row, row.projectId ?? "");
  return { ...item, projectId: row.projectId, projectName: row.ownerName, sha256 };
}

/** Of the page's rows alone, each count by an index. */
async function usesOf({ pool }: Database, ids: readonly string[]): Promise<ReadonlyMap<string, Uses>> {
  const { rows } = await pool.query<Uses>(
    `SELECT i.id,
        (SELECT count(*)::int FROM instance n WHERE n.image_id = i.id) AS instances,
        (SELECT count(*)::int FROM volume v WHERE v.image_id = i.id AND v.source = 'image') AS volumes,
        (SELECT count(*)::int FROM image_member m WHERE m.image_id = i.id AND m.state = 'accepted') AS members
      FROM unnest($1::uuid[]) AS i(id)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
