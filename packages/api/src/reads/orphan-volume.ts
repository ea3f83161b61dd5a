/** Volumes that hypervisors found on themselves and that nobody asked for, as they told of them last. */
import { type PublicError, publicError } from "@madang/core/errors";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { literal, sql } from "../sql.ts";

export type OrphanVolumeItem = {
  volumeId: string;
  usedBytes: number;
  /** When it was told of first. */
  seenAt: Date;
  /** An administrator wants it gone. */
  removal: { requestedAt: Date; fault: PublicError | null } | null;
};

export const orphanVolumeItem = z.object({
  volumeId: z.uuid(),
  usedBytes: z.coerce.number(),
  seenAt: z.coerce.date(),
  removal: z.object({ requestedAt: z.coerce.date(), fault: publicError.nullable() }).nullable(),
});

/** SQL over `orphan_volume o`: no volume that lives there, or may be placed there next, has this id. */
export const isOrphanVolume = `NOT EXISTS (SELECT 1 FROM volume known WHERE known.id = o.volume_id
  AND (known.hypervisor_id = o.hypervisor_id OR known.hypervisor_id IS NULL))`;

const item = `jsonb_build_object('volumeId', o.volume_id, 'usedBytes', o.used_bytes, 'seenAt', o.seen_at, 'removal',
  CASE WHEN o.remove_requested_at IS NOT NULL THEN
    jsonb_build_object('requestedAt', o.remove_requested_at, 'fault', o.fault) END)`;

/** So many a row of hypervisors carries; all of them have a list of their own. */
const firstFew = 10;

/** SQL of {count, first}, over `hypervisor h`. */
export const orphanVolumesOfHypervisor = `jsonb_build_object(
  'count', (SELECT count(*) FROM orphan_volume o WHERE o.hypervisor_id = h.id AND ${isOrphanVolume}),
  'first', (SELECT coalesce(jsonb_agg(${item} ORDER BY o.seen_at DESC, o.volume_id DESC), '[]'::jsonb) FROM
    (SELECT o.* FROM orphan_volume o WHERE o.hypervisor_id = h.id AND ${isOrphanVolume}
      ORDER BY o.seen_at DESC, o.volume_id DESC LIMIT ${firstFew}) o))`;

/** One page of them, the latest first. Of a hypervisor that is not there: none. */
export function listOrphanVolumes(
  database: Database,
  { hypervisorId, ...input }: PageInput & { hypervisorId: string },
): Promise<Page<OrphanVolumeItem>> {
  const query = {
    select: `${item} AS item`,
    from: "orphan_volume o",
    id: "o.volume_id",
    sorts: {
      seenAt: { column: "o.seen_at", type: "timestamptz" },
      usedBytes: { column: "o.used_bytes", type: "bigint" },
    } as const,
    defaultSort: "-seenAt",
    where: [sql`o.hypervisor_id = ${hypervisorId}::uuid`, literal(isOrphanVolume)],
    toItem: (row: { item: unknown }) => orphanVolumeItem.parse(row.item),
  };
  return listPage<{ item: unknown }, OrphanVolumeItem>(database, query, input);
}
