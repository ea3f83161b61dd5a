import { anyNetworkFields, networkFields } from "@madang/core/filter/network-fields";
import { type NetworkStatus, networkStatus } from "@madang/core/network/status";
import type { Database } from "@madang/db";
import { z } from "zod";
import { among, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { bind, containing, literal, type Sql, sql } from "../sql.ts";
import { readSubnetsOf, type SubnetItem } from "./subnet.ts";
import { networkNotFound, visibleTo } from "./visible-network.ts";

export type NetworkItem = {
  id: string;
  /** null: the cloud's own */
  projectId: string | null;
  name: string;
  description: string;
  shared: boolean;
  external: boolean;
  type: "geneve" | "flat" | "vlan";
  /** bytes */
  mtu: number;
  status: NetworkStatus;
  subnets: { id: string; name: string; cidr: string }[];
  /** Of instances, routers and loose ones; null: not told of a network that others use too. */
  ports: number | null;
  generation: number;
  createdAt: Date;
};

type Row = Omit<NetworkItem, "status"> & { realisedGeneration: number };

const select = `n.id, n.project_id AS "projectId", n.name, n.description, n.shared, n.external, n.type::text AS type, n.mtu,
  n.generation, n.realised_generation AS "realisedGeneration", n.created_at AS "createdAt",
  (SELECT coalesce(json_agg(json_build_object('id', s.id, 'name', s.name, 'cidr', s.cidr)
     ORDER BY s.created_at, s.id), '[]') FROM subnet s WHERE s.network_id = n.id) AS subnets,
  CASE WHEN n.project_id IS NOT NULL THEN (SELECT count(*)::int FROM port p
     WHERE p.network_id = n.id AND p.owner <> 'metadata') END AS ports`;
const sorts = {
  name: { column: "n.name", type: "text" },
  createdAt: { column: "n.created_at", type: "timestamptz" },
  mtu: { column: "n.mtu", type: "int" },
} as const;

export const networkFilter = z
  .object({
    /** Part of the name, of a subnet's range, or how its id begins. */
    text: listText.optional(),
    ids: z.array(z.uuid()).max(500).optional(),
    external: z.boolean().optional(),
    /** true: only the project's own */
    own: z.boolean().optional(),
    /** true: only those in which its instances may have ports */
    usable: z.boolean().optional(),
  })
  .optional();
type Filter = z.infer<typeof networkFilter>;

/** The project's own networks, and those of the cloud that it may use. */
export function listNetworks(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: Filter },
): Promise<Page<NetworkItem>> {
  const where = [visibleTo(projectId), ...clauses(projectId, input.filter)];
  const query = { select, from: "network n", id: "n.id", sorts, defaultSort: "name", where, toItem };
  return listPage<Row, NetworkItem>(database, query, input);
}

function clauses(projectId: string | null, filter: Filter, list: ListFilter = networkList): Sql[] {
  return [
    ...filterClauses(filter?.text, list),
    ...(filter?.ids ? [sql`n.id = ANY(${filter.ids}::uuid[])`] : []),
    ...(filter?.external === undefined ? [] : [sql`n.external = ${filter.external}`]),
    ...(filter?.own ? [sql`n.project_id = ${projectId}::uuid`] : []),
    ...(filter?.usable ? [sql`NOT n.external`] : []),
  ];
}

function named(text: string): Sql {
  const pattern = containing(text);
  return sql`n.name ILIKE ${pattern} OR n.id::text LIKE ${pattern.slice(1).toLowerCase()}
    OR EXISTS (SELECT 1 FROM subnet s WHERE s.network_id = n.id AND s.cidr LIKE ${pattern})`;
}

export type NetworkDetail = Omit<NetworkItem, "subnets"> & { subnets: SubnetItem[] };

/** Throws NotFound. */
export async function readNetwork(database: Database, projectId: string, id: string): Promise<NetworkDetail> {
  const { rows } = await database.pool.query<Row>(
    bind(
      sql`SELECT ${literal(select)} FROM network n WHERE n.id = ${id}::uuid AND (${visibleTo(projectId)})`,
    ),
  );
  const [row] = rows;
  if (!row) throw networkNotFound();
  return { ...toItem(row), subnets: await readSubnetsOf(database, id) };
}

export type AnyNetworkItem = NetworkItem & {
  projectName: string | null;
  physicalNetwork: string | null;
  segmentationId: number | null;
};
type AnyRow = Row & Pick<AnyNetworkItem, "projectName" | "physicalNetwork" | "segmentationId">;

export const anyNetworkFilter = z
  .object({
    text: listText.optional(),
    external: z.boolean().optional(),
    shared: z.boolean().optional(),
    projectId: z.uuid().optional(),
  })
  .optional();

/** The networks of all projects and of the cloud, for whoever oversees it. */
export function listAnyNetworks(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof anyNetworkFilter> },
): Promise<Page<AnyNetworkItem>> {
  const { filter } = input;
  const where = [
    ...clauses(null, { text: filter?.text, external: filter?.external }, anyNetworkList),
    ...(filter?.shared === undefined ? [] : [sql`n.shared = ${filter.shared}`]),
    ...(filter?.projectId ? [sql`n.project_id = ${filter.projectId}::uuid`] : []),
  ];
  const query = {
    select: `${select}, p.name AS "projectName", n.physical_network AS "physicalNetwork",
      n.segmentation_id AS "segmentationId"`,
    from: "network n",
    joins: "LEFT JOIN project p ON p.id = n.project_id",
    ...{ id: "n.id", sorts, defaultSort: "name", where },
    toItem: ({ projectName, physicalNetwork, segmentationId, ...row }: AnyRow) => ({
      ...{ ...toItem(row), projectName, physicalNetwork, segmentationId },
    }),
  };
  return listPage<AnyRow, AnyNetworkItem>(database, query, input);
}

function toItem(row: Row): NetworkItem {
  const { id, projectId, name, description, shared, external, type, mtu, subnets, ports } = row;
  const { generation, createdAt } = row;
  const item = { id, projectId, name, description, shared, external, type, mtu, subnets, ports };
  return { ...item, status: networkStatus(row), generation, createdAt };
}

const places = {
  name: at("n.name"),
  id: at("n.id"),
  cidr: among("subnet s WHERE s.network_id = n.id", "s.cidr::inet"),
  mtu: at("n.mtu"),
  shared: at("n.shared"),
  external: at("n.external"),
  description: at("n.description"),
  created: at("n.created_at"),
} as const;
const networkList: ListFilter<typeof networkFields> = { fields: networkFields, places, free: named };
const anyNetworkList: ListFilter<typeof anyNetworkFields> = {
  fields: anyNetworkFields,
  places: { ...places, project: among("project o WHERE o.id = n.project_id", "o.name") },
  free: named,
};
