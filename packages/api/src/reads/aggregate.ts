import { type Properties, storedProperties } from "@madang/core/hypervisor/property";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type AggregateItem = {
  id: string;
  name: string;
  description: string;
  properties: Properties;
  hypervisors: { id: string; name: string }[];
  /** Names of flavors that require something this aggregate offers, at most 20. */
  flavors: string[];
  /** To be sent back with a change. */
  generation: number;
  createdAt: Date;
};

const select = `x.id, x.name, x.description, x.properties, x.generation, x.created_at AS "createdAt",
  (SELECT coalesce(json_agg(json_build_object('id', h.id, 'name', h.name) ORDER BY h.name), '[]')
     FROM host_aggregate_member m JOIN hypervisor h ON h.id = m.hypervisor_id WHERE m.aggregate_id = x.id) AS hypervisors,
  (SELECT coalesce(json_agg(f.name), '[]') FROM (SELECT f.name FROM flavor f WHERE EXISTS (
       SELECT 1 FROM jsonb_each_text(f.required_properties) r WHERE x.properties ->> r.key = r.value)
     ORDER BY f.name LIMIT 20) f) AS flavors`;
const sorts = {
  name: { column: "x.name", type: "text" },
  createdAt: { column: "x.created_at", type: "timestamptz" },
} as const;

export const aggregateFilter = z
  .object({ text: filterText.optional(), hypervisorId: z.uuid().optional() })
  .optional();

export function listAggregates(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof aggregateFilter> },
): Promise<Page<AggregateItem>> {
  const where: Sql[] = [];
  if (input.filter?.text) {
    const pattern = containing(input.filter.text.trim());
    where.push(sql`x.name ILIKE ${pattern} OR x.properties::text ILIKE ${pattern}`);
  }
  if (input.filter?.hypervisorId)
    where.push(sql`EXISTS (SELECT 1 FROM host_aggregate_member m
      WHERE m.aggregate_id = x.id AND m.hypervisor_id = ${input.filter.hypervisorId}::uuid)`);
  const query = { select, from: "host_aggregate x", id: "x.id", sorts, defaultSort: "name", where, toItem };
  return listPage<Row, AggregateItem>(database, query, input);
}

type Row = Omit<AggregateItem, "properties"> & { properties: unknown };

function toItem(row: Row): AggregateItem {
  const { id, name, description, hypervisors, flavors, generation, createdAt } = row;
  const properties = storedProperties(row.properties);
  return { id, name, description, properties, hypervisors, flavors, generation, createdAt };
}
