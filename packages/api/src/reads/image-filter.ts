/** What a list of images leaves out. */

import { parseFilter } from "@madang/core/filter/parse";
import { anyImageFields, imageFields } from "@madang/core/filter/storage-fields";
import type { Term } from "@madang/core/filter/term";
import { type ImageOwner, imageOwners } from "@madang/core/image/status";
import { z } from "zod";
import { among, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { filterText, listText } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export const imageFilter = z
  .object({
    text: listText.optional(),
    status: z.array(filterText).max(10).optional(),
    visibility: z.array(filterText).max(10).optional(),
    ids: z.array(z.uuid()).max(500).optional(),
    /** true: only the project's own */
    own: z.boolean().optional(),
    whose: z.enum(imageOwners).optional(),
    /** true: what other projects offer to this one and it has not turned down, instead of what it has */
    offered: z.boolean().optional(),
  })
  .optional();
export type ImageFilter = z.infer<typeof imageFilter>;

type Stated = Pick<NonNullable<ImageFilter>, "text" | "status" | "visibility">;

/** What may be said of images of any project. `list`: what its text can ask. */
export function statedClauses(filter: Stated | undefined, list: ListFilter = imageList): Sql[] {
  return [
    ...filterClauses(filter?.text, list),
    ...(filter?.status?.length ? [sql`i.status::text = ANY(${filter.status}::text[])`] : []),
    ...(filter?.visibility?.length ? [sql`i.visibility::text = ANY(${filter.visibility}::text[])`] : []),
  ];
}

export function imageClauses(projectId: string, filter: ImageFilter): Sql[] {
  return [
    ...(filter?.whose ? [ownedBy[filter.whose](projectId)] : []),
    ...statedClauses(filter),
    ...(filter?.ids ? [sql`i.id = ANY(${filter.ids}::uuid[])`] : []),
    ...(filter?.own ? [sql`i.project_id = ${projectId}::uuid`] : []),
    ...(asksForCommunity(filter)
      ? []
      : [sql`i.visibility <> 'community' OR i.project_id = ${projectId}::uuid`]),
  ];
}

const ownedBy: Readonly<Record<ImageOwner, (projectId: string) => Sql>> = {
  mine: (projectId) => sql`i.project_id = ${projectId}::uuid`,
  shared: (projectId) => sql`i.visibility = 'shared' AND i.project_id IS DISTINCT FROM ${projectId}::uuid`,
  community: () => sql`i.visibility = 'community'`,
  cloud: () => sql`i.visibility = 'public'`,
};

/** By name, beginning of its id, description, or a property, as name=value. */
function mentions(text: string): Sql {
  const within = containing(text);
  return sql`i.name ILIKE ${within} OR i.description ILIKE ${within} OR starts_with(i.id::text, ${text.toLowerCase()})
    OR (i.properties <> '{}' AND EXISTS (SELECT 1 FROM jsonb_each_text(i.properties) e
      WHERE e.key || '=' || e.value ILIKE ${within}))`;
}

/** What anybody hands to everybody stands in nobody's list unasked: it has to be looked for, as in Glance. */
function asksForCommunity(filter: ImageFilter): boolean {
  if (!filter) return false;
  const { text, ids, visibility, whose } = filter;
  const named = visibility?.includes("community") || whose === "community";
  return named || parseFilter(text ?? "").some(seeks) || ids !== undefined;
}

/** What narrows the list down, or leaves something out, is no search. */
function seeks({ field, values, negated }: Term): boolean {
  if (negated) return false;
  if (field === "visibility") return values.some((value) => value.text.toLowerCase() === "community");
  return field === null || field === "name" || field === "id";
}

const places = {
  name: at("i.name"),
  id: at("i.id"),
  status: at("i.status"),
  visibility: at("i.visibility"),
  format: at("i.disk_format"),
  size: at("i.size_bytes"),
  distro: at("concat_ws(' ', i.properties->>'os_distro', i.properties->>'os_version')"),
  property: at("i.properties"),
  description: at("i.description"),
  created: at("i.created_at"),
  protected: at("i.protected"),
} as const;
const imageList: ListFilter<typeof imageFields> = { fields: imageFields, places, free: mentions };

const inProject = among("project p WHERE p.id = i.project_id", "p.name");
export const anyImageList: ListFilter<typeof anyImageFields> = {
  fields: anyImageFields,
  places: { ...places, project: inProject },
  free: (text) =>
    sql`${mentions(text)} OR ${inProject((column) => sql`${column} ILIKE ${containing(text)}`)}`,
};
