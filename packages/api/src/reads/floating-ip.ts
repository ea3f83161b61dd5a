import { CloudError } from "@madang/core/errors";
import { floatingIpFields } from "@madang/core/filter/network-fields";
import { type FloatingIpStatus, floatingIpStatus } from "@madang/core/network/floating-ip";
import type { Database } from "@madang/db";
import { z } from "zod";
import { at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { type ListQuery, listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type FloatingIpItem = {
  id: string;
  projectId: string;
  address: string;
  description: string;
  networkId: string;
  networkName: string;
  status: FloatingIpStatus;
  /** null: it leads nowhere. */
  portId: string | null;
  fixedAddress: string | null;
  routerId: string | null;
  routerName: string | null;
  instanceId: string | null;
  instanceName: string | null;
  generation: number;
  createdAt: Date;
};

export const floatingIpFilter = z
  .object({
    /** Part of an address, of a description, or of the name of what it leads to. */
    text: listText.optional(),
    associated: z.boolean().optional(),
    instanceId: z.uuid().optional(),
    networkId: z.uuid().optional(),
  })
  .optional();

const select = `f.id, f.project_id AS "projectId", host(f.address) AS address, f.description,
  f.network_id AS "networkId", n.name AS "networkName", f.port_id AS "portId",
  CASE WHEN f.port_id IS NOT NULL THEN host(f.fixed_address) END AS "fixedAddress",
  CASE WHEN f.port_id IS NOT NULL THEN r.id END AS "routerId",
  CASE WHEN f.port_id IS NOT NULL THEN r.name END AS "routerName",
  i.id AS "instanceId", i.name AS "instanceName", f.generation, f.realised_generation AS "realisedGeneration",
  f.created_at AS "createdAt"`;
const from = `floating_ip f JOIN network n ON n.id = f.network_id LEFT JOIN router r ON r.id = f.router_id
  LEFT JOIN port p ON p.id = f.port_id LEFT JOIN instance i ON i.id = p.instance_id`;
const sorts = {
  address: { column: "f.address", type: "inet" },
  networkName: { column: "n.name", type: "text" },
  createdAt: { column: "f.created_at", type: "timestamptz" },
} as const;

type Row = Omit<FloatingIpItem, "status"> & { realisedGeneration: number };

function queryOf(where: readonly Sql[]): ListQuery<Row, FloatingIpItem> {
  return { select, from, id: "f.id", sorts, defaultSort: "address", where, toItem };
}

function toItem(row: Row): FloatingIpItem {
  const { id, projectId, address, description, networkId, networkName, portId, fixedAddress } = row;
  const { routerId, routerName, instanceId, instanceName, generation, createdAt } = row;
  return {
    ...{ id, projectId, address, description, networkId, networkName, portId, fixedAddress },
    ...{ routerId, routerName, instanceId, instanceName, generation, createdAt },
    status: floatingIpStatus(row),
  };
}

export function listFloatingIps(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof floatingIpFilter> },
): Promise<Page<FloatingIpItem>> {
  const { text, associated, instanceId, networkId } = input.filter ?? {};
  const where = [sql`f.project_id = ${projectId}::uuid`, ...filterClauses(text, floatingIpList)];
  if (associated !== undefined) where.push(sql`(f.port_id IS NOT NULL) = ${associated}`);
  if (instanceId) where.push(sql`p.instance_id = ${instanceId}::uuid`);
  if (networkId) where.push(sql`f.network_id = ${networkId}::uuid`);
  return listPage(database, queryOf(where), input);
}

export function floatingIpNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such floating IP.", { reason: "floatingIpNotFound" });
}

function named(text: string): Sql {
  const part = containing(text);
  return sql`host(f.address) ILIKE ${part} OR host(f.fixed_address) ILIKE ${part} OR f.description ILIKE ${part}
    OR i.name ILIKE ${part} OR f.id::text ILIKE ${part}`;
}

const floatingIpList: ListFilter<typeof floatingIpFields> = {
  fields: floatingIpFields,
  places: {
    ip: at("f.address"),
    id: at("f.id"),
    fixed: at("f.fixed_address"),
    network: at("n.name"),
    instance: at("i.name"),
    router: at("CASE WHEN f.port_id IS NOT NULL THEN r.name END"),
    associated: at("(f.port_id IS NOT NULL)"),
    description: at("f.description"),
    created: at("f.created_at"),
  },
  free: named,
};
