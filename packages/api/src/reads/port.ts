import { CloudError } from "@madang/core/errors";
import { portFields } from "@madang/core/filter/network-fields";
import { type PortStatus, portStatus } from "@madang/core/network/status";
import { type AddressPair, storedPairs } from "@madang/core/network/stored";
import type { Database } from "@madang/db";
import { z } from "zod";
import { among, anyOf, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { listPage, listText, type Page, type PageInput } from "../list.ts";
import { bind, containing, literal, type Sql, sql } from "../sql.ts";

export type PortOwner = "none" | "instance" | "router_interface" | "router_gateway" | "metadata";

export type PortItem = {
  id: string;
  projectId: string | null;
  networkId: string;
  networkName: string;
  name: string;
  description: string;
  mac: string;
  owner: PortOwner;
  instance: { id: string; name: string } | null;
  router: { id: string; name: string } | null;
  /** It goes with its instance. */
  deleteWithInstance: boolean;
  /** The order of an instance's interfaces. */
  position: number;
  status: PortStatus;
  addresses: { subnetId: string; address: string; floatingIp: string | null }[];
  portSecurity: boolean;
  allowedAddressPairs: AddressPair[];
  securityGroups: { id: string; name: string }[];
  createdAt: Date;
};

type Row = Omit<PortItem, "instance" | "router" | "status" | "allowedAddressPairs"> & {
  instanceId: string | null;
  instanceName: string | null;
  routerId: string | null;
  routerName: string | null;
  allowedAddressPairs: unknown;
  generation: number;
  realisedGeneration: number;
  up: boolean;
};

const select = `p.id, p.project_id AS "projectId", p.network_id AS "networkId", n.name AS "networkName", p.name, p.description,
  p.mac, p.owner::text AS owner, p.instance_id AS "instanceId", i.name AS "instanceName", p.router_id AS "routerId",
  r.name AS "routerName", p.delete_with_instance AS "deleteWithInstance", p.position, p.port_security AS "portSecurity",
  p.allowed_address_pairs AS "allowedAddressPairs", p.created_at AS "createdAt", p.generation,
  p.realised_generation AS "realisedGeneration", p.up,
  (SELECT coalesce(json_agg(json_build_object('subnetId', a.subnet_id, 'address', host(a.address), 'floatingIp',
     (SELECT host(f.address) FROM floating_ip f WHERE f.port_id = p.id AND f.fixed_address = a.address))
     ORDER BY a.address), '[]') FROM ip_allocation a WHERE a.port_id = p.id) AS addresses,
  (SELECT coalesce(json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.name), '[]')
     FROM port_security_group pg JOIN security_group g ON g.id = pg.security_group_id
     WHERE pg.port_id = p.id) AS "securityGroups"`;
const joins = `JOIN network n ON n.id = p.network_id LEFT JOIN instance i ON i.id = p.instance_id
  LEFT JOIN router r ON r.id = p.router_id`;
const sorts = {
  name: { column: "p.name", type: "text" },
  mac: { column: "p.mac", type: "text" },
  createdAt: { column: "p.created_at", type: "timestamptz" },
  position: { column: "p.position", type: "int" },
} as const;

export const portFilter = z
  .object({
    /** Part of the name, the MAC, an address or the name of its instance; or how its id begins. */
    text: listText.optional(),
    networkId: z.uuid().optional(),
    subnetId: z.uuid().optional(),
    instanceId: z.uuid().optional(),
    routerId: z.uuid().optional(),
    securityGroupId: z.uuid().optional(),
    ids: z.array(z.uuid()).max(500).optional(),
    /** true: only those that nobody uses yet */
    free: z.boolean().optional(),
  })
  .optional();
type Filter = z.infer<typeof portFilter>;

export function listPorts(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: Filter },
): Promise<Page<PortItem>> {
  const where = [sql`p.project_id = ${projectId}::uuid`, ...clauses(input.filter)];
  const query = {
    select,
    from: "port p",
    joins,
    id: "p.id",
    sorts,
    defaultSort: "-createdAt",
    where,
    toItem,
  };
  return listPage<Row, PortItem>(database, query, input);
}

function clauses(filter: Filter): Sql[] {
  if (!filter) return [];
  const { text, networkId, subnetId, instanceId, routerId, securityGroupId, ids, free } = filter;
  return [
    ...filterClauses(text, portList),
    ...(networkId ? [sql`p.network_id = ${networkId}::uuid`] : []),
    ...(subnetId
      ? [
          sql`EXISTS (SELECT 1 FROM ip_allocation a WHERE a.port_id = p.id AND a.subnet_id = ${subnetId}::uuid)`,
        ]
      : []),
    ...(instanceId ? [sql`p.instance_id = ${instanceId}::uuid`] : []),
    ...(routerId ? [sql`p.router_id = ${routerId}::uuid`] : []),
    ...(securityGroupId
      ? [
          sql`EXISTS (SELECT 1 FROM port_security_group pg
            WHERE pg.port_id = p.id AND pg.security_group_id = ${securityGroupId}::uuid)`,
        ]
      : []),
    ...(ids ? [sql`p.id = ANY(${ids}::uuid[])`] : []),
    ...(free ? [sql`p.owner = 'none'`] : []),
  ];
}

function named(text: string): Sql {
  const pattern = containing(text);
  return sql`p.name ILIKE ${pattern} OR p.mac LIKE ${pattern.toLowerCase()} OR p.id::text LIKE ${pattern.slice(1).toLowerCase()}
    OR EXISTS (SELECT 1 FROM ip_allocation a WHERE a.port_id = p.id AND host(a.address) LIKE ${pattern})
    OR EXISTS (SELECT 1 FROM instance i WHERE i.id = p.instance_id AND i.name ILIKE ${pattern})`;
}

/** Throws NotFound. */
export async function readPort(database: Database, projectId: string, id: string): Promise<PortItem> {
  const { rows } = await database.pool.query<Row>(
    bind(sql`SELECT ${literal(select)} FROM port p ${literal(joins)}
      WHERE p.id = ${id}::uuid AND p.project_id = ${projectId}::uuid`),
  );
  const [row] = rows;
  if (!row) throw portNotFound();
  return toItem(row);
}

export function portNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such port in this project.", {
    reason: "portNotFound",
    ...(field === undefined ? {} : { field }),
  });
}

function toItem(row: Row): PortItem {
  const { instanceId, instanceName, routerId, routerName } = row;
  return {
    id: row.id,
    projectId: row.projectId,
    networkId: row.networkId,
    networkName: row.networkName,
    name: row.name,
    description: row.description,
    mac: row.mac,
    owner: row.owner,
    instance: instanceId === null ? null : { id: instanceId, name: instanceName ?? "" },
    router: routerId === null ? null : { id: routerId, name: routerName ?? "" },
    deleteWithInstance: row.deleteWithInstance,
    position: row.position,
    status: portStatus(row),
    addresses: row.addresses,
    portSecurity: row.portSecurity,
    allowedAddressPairs: storedPairs(row.allowedAddressPairs),
    securityGroups: row.securityGroups,
    createdAt: row.createdAt,
  };
}

const portList: ListFilter<typeof portFields> = {
  fields: portFields,
  places: {
    name: at("p.name"),
    id: at("p.id"),
    ip: anyOf(
      among("ip_allocation a WHERE a.port_id = p.id", "a.address"),
      among("floating_ip f WHERE f.port_id = p.id", "f.address"),
    ),
    mac: at("p.mac"),
    network: among("network n WHERE n.id = p.network_id", "n.name"),
    instance: among("instance i WHERE i.id = p.instance_id", "i.name"),
    router: among("router r WHERE r.id = p.router_id", "r.name"),
    group: among(
      "port_security_group pg JOIN security_group g ON g.id = pg.security_group_id WHERE pg.port_id = p.id",
      "g.name",
    ),
    owner: at("p.owner"),
    description: at("p.description"),
    created: at("p.created_at"),
  },
  free: named,
};
