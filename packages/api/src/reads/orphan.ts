/** Guests that hypervisors found on themselves and that no instance names, as they told of them last. */
import { type PublicError, publicError } from "@madang/core/errors";
import { type Orphan, orphan } from "@madang/core/wire/agent";
import type { GuestBody } from "@madang/core/wire/guest";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { literal, sql } from "../sql.ts";

export type OrphanItem = {
  guestId: string;
  name: string;
  observed: Orphan["observed"];
  /** null: nothing is known of how it was made, so it can't be adopted. */
  body: Pick<GuestBody, "vcpus" | "ramMib" | "diskGib" | "projectId"> | null;
  /** Of the project it was made in, as long as there is one. */
  projectName: string | null;
  /** An administrator wants it destroyed. */
  destroy: { requestedAt: Date; fault: PublicError | null } | null;
};

export const orphanItem = orphan.extend({
  projectName: z.string().nullable(),
  destroy: z.object({ requestedAt: z.coerce.date(), fault: publicError.nullable() }).nullable(),
});

const guestId = "(o.said->>'guestId')::uuid";
const name = "coalesce(o.said->>'name', '')";
/** SQL over `jsonb_array_elements(h.orphans) AS o(said)`: a guest that an instance has by now is no orphan. */
export const isOrphanGuest = `NOT EXISTS (SELECT 1 FROM guest g WHERE g.id = ${guestId})`;
/** Each with the administrator's order and its project's name. */
const item = `o.said || jsonb_build_object('projectName', p.name, 'destroy', CASE WHEN d.id IS NULL THEN NULL
    ELSE jsonb_build_object('requestedAt', d.requested_at, 'fault', d.fault) END)`;
const beside = `LEFT JOIN orphan_order d ON d.hypervisor_id = h.id AND d.guest_id = ${guestId} AND d.done_at IS NULL
  LEFT JOIN project p ON p.id = (o.said->'body'->>'projectId')::uuid`;

/** So many a row of hypervisors carries; all of them have a list of their own. */
const firstFew = 10;

/** SQL of {count, first}, over `hypervisor h`. */
export const orphansOfHypervisor = `(SELECT jsonb_build_object('count', count(*), 'first',
    coalesce(jsonb_agg(found.item ORDER BY found.place) FILTER (WHERE found.item IS NOT NULL), '[]'::jsonb))
  FROM (SELECT place, CASE WHEN place <= ${firstFew} THEN (SELECT ${item} FROM (SELECT told.said) AS o(said) ${beside}) END AS item
    FROM (SELECT o.said, row_number() OVER (ORDER BY ${name}, ${guestId}) AS place
      FROM jsonb_array_elements(h.orphans) AS o(said) WHERE ${isOrphanGuest}) AS told) AS found)`;

/** One page of them, by name. Of a hypervisor that is not there: none. */
export function listOrphans(
  database: Database,
  { hypervisorId, ...input }: PageInput & { hypervisorId: string },
): Promise<Page<OrphanItem>> {
  const query = {
    select: `${item} AS item`,
    from: `hypervisor h CROSS JOIN LATERAL jsonb_array_elements(h.orphans) AS o(said) ${beside}`,
    id: guestId,
    sorts: { name: { column: name, type: "text" } } as const,
    defaultSort: "name",
    where: [sql`h.id = ${hypervisorId}::uuid`, literal(isOrphanGuest)],
    toItem: (row: { item: unknown }) => orphanItem.parse(row.item),
  };
  return listPage<{ item: unknown }, OrphanItem>(database, query, input);
}
