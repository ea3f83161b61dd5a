import { downAfterMs } from "@madang/core/hypervisor/state";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { containing, sql } from "../sql.ts";

export type ZoneItem = {
  name: string;
  /** Some hypervisor of it takes new instances now. */
  up: boolean;
};

/** A zone has no row and so no id: one is made of its name, for the cursor. */
const from = `(SELECT md5(availability_zone)::uuid AS id, availability_zone AS name,
    bool_or(enabled AND (fenced_at IS NULL OR boot_id IS DISTINCT FROM fenced_boot_id)
      AND last_seen_at > now() - interval '${downAfterMs} milliseconds') AS up
  FROM hypervisor WHERE revoked_at IS NULL GROUP BY availability_zone) z`;
const sorts = { name: { column: "z.name", type: "text" } } as const;

export const zoneFilter = z.object({ text: filterText.optional() }).optional();

/** Zones that at least one hypervisor names which is not revoked. */
export function listZones(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof zoneFilter> },
): Promise<Page<ZoneItem>> {
  const where = input.filter?.text ? [sql`z.name ILIKE ${containing(input.filter.text.trim())}`] : [];
  const select = "z.name, coalesce(z.up, false) AS up";
  const toItem = ({ name, up }: ZoneItem) => ({ name, up });
  return listPage<ZoneItem, ZoneItem>(
    database,
    { select, from, id: "z.id", sorts, defaultSort: "name", where, toItem },
    input,
  );
}
