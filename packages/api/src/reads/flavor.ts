import { flavorFields } from "@madang/core/filter/people-fields";
import { type Properties, storedProperties } from "@madang/core/hypervisor/property";
import type { Database } from "@madang/db";
import { z } from "zod";
import { at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, sql } from "../sql.ts";

export type FlavorItem = {
  id: string;
  name: string;
  description: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  enabled: boolean;
  /** Only hypervisors in host aggregates with these properties take it. */
  requiredProperties: Properties;
  createdAt: Date;
};

const select = `f.id, f.name, f.description, f.vcpus, f.ram_mib AS "ramMib", f.disk_gib AS "diskGib", f.enabled,
  f.required_properties AS "requiredProperties", f.created_at AS "createdAt"`;
const sorts = {
  name: { column: "f.name", type: "text" },
  vcpus: { column: "f.vcpus", type: "int" },
  ramMib: { column: "f.ram_mib", type: "int" },
  diskGib: { column: "f.disk_gib", type: "int" },
  createdAt: { column: "f.created_at", type: "timestamptz" },
} as const;

export const flavorFilter = z
  .object({ text: listText.optional(), ids: z.array(z.uuid()).max(500).optional() })
  .optional();

/** `everything` also answers what is disabled or not public, for administrators. */
export function listFlavors(
  database: Database,
  everything: boolean,
  input: PageInput & { filter?: z.infer<typeof flavorFilter> },
): Promise<Page<FlavorItem>> {
  const where = everything ? [] : [sql`f.enabled AND f.is_public`];
  where.push(...filterClauses(input.filter?.text, flavorList));
  if (input.filter?.ids) where.push(sql`f.id = ANY(${input.filter.ids}::uuid[])`);
  const query = { select, from: "flavor f", id: "f.id", sorts, defaultSort: "ramMib", where, toItem };
  return listPage<Row, FlavorItem>(database, query, input);
}

type Row = Omit<FlavorItem, "requiredProperties"> & { requiredProperties: unknown };

function toItem({
  id,
  name,
  description,
  vcpus,
  ramMib,
  diskGib,
  enabled,
  requiredProperties,
  createdAt,
}: Row): FlavorItem {
  return {
    id,
    name,
    description,
    vcpus,
    ramMib,
    diskGib,
    enabled,
    requiredProperties: storedProperties(requiredProperties),
    createdAt,
  };
}

const flavorList: ListFilter<typeof flavorFields> = {
  fields: flavorFields,
  places: {
    name: at("f.name"),
    id: at("f.id"),
    description: at("f.description"),
    vcpus: at("f.vcpus"),
    ram: at("f.ram_mib"),
    disk: at("f.disk_gib"),
    enabled: at("f.enabled"),
    property: at("f.required_properties"),
    created: at("f.created_at"),
  },
  free: (text) => sql`f.name ILIKE ${containing(text)}`,
};
