import { CloudError } from "@madang/core/errors";
import { routerFields } from "@madang/core/filter/network-fields";
import { type StaticRoute, staticRoutes } from "@madang/core/network/router";
import type { Database } from "@madang/db";
import { z } from "zod";
import { among, at, filterClauses, type ListFilter } from "../filter/clauses.ts";
import { type ListQuery, listPage, listText, type Page, type PageInput } from "../list.ts";
import { containing, type Sql, sql } from "../sql.ts";

export type RouterItem = {
  id: string;
  projectId: string;
  name: string;
  description: string;
  /** null: it has no gateway. */
  externalNetworkId: string | null;
  externalNetworkName: string | null;
  gatewayAddress: string | null;
  snat: boolean;
  interfaceCount: number;
  routeCount: number;
  generation: number;
  realisedGeneration: number;
  createdAt: Date;
};

export type RouterInterface = {
  portId: string;
  mac: string;
  networkId: string;
  networkName: string;
  subnetId: string;
  subnetName: string;
  cidr: string;
  address: string;
  /** Floating IPs that lead into this subnet through the router. */
  floatingIps: string[];
};

export type RouterDetail = RouterItem & {
  interfaces: RouterInterface[];
  routes: StaticRoute[];
  /** Where traffic to and from outside passes; null: nowhere, or not for the asker to know. */
  gatewayHypervisorName: string | null;
  /** How many hypervisors can lead outside at all. */
  gatewayCandidates: number;
};

export const routerFilter = z.object({ text: listText.optional() }).optional();

const gatewayAddress = `(SELECT host(a.address) FROM port p JOIN ip_allocation a ON a.port_id = p.id
  WHERE p.router_id = r.id AND p.owner = 'router_gateway' ORDER BY a.address LIMIT 1)`;
const select = `r.id, r.project_id AS "projectId", r.name, r.description,
  r.external_network_id AS "externalNetworkId", n.name AS "externalNetworkName", ${gatewayAddress} AS "gatewayAddress",
  r.snat, (SELECT count(*)::int FROM port p WHERE p.router_id = r.id AND p.owner = 'router_interface') AS "interfaceCount",
  jsonb_array_length(r.routes) AS "routeCount", r.generation, r.realised_generation AS "realisedGeneration",
  r.created_at AS "createdAt"`;
const sorts = {
  name: { column: "r.name", type: "text" },
  createdAt: { column: "r.created_at", type: "timestamptz" },
} as const;

type Row = RouterItem & { sortValue?: string; sortId?: string };

function queryOf(where: readonly Sql[]): ListQuery<Row, RouterItem> {
  const joins = "LEFT JOIN network n ON n.id = r.external_network_id";
  return { select, from: "router r", joins, id: "r.id", sorts, defaultSort: "name", where, toItem };
}

function toItem({ sortValue: _value, sortId: _id, ...item }: Row): RouterItem {
  return item;
}

export function listRouters(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof routerFilter> },
): Promise<Page<RouterItem>> {
  const where = [sql`r.project_id = ${projectId}::uuid`, ...filterClauses(input.filter?.text, routerList)];
  return listPage(database, queryOf(where), input);
}

/** Those that the network driver is told of: with a switch, and a way into the external network. */
const candidates = `(SELECT count(*)::int FROM hypervisor WHERE revoked_at IS NULL
  AND coalesce(network ->> 'datapath', '') <> 'none' AND coalesce((network ->> 'leadsOut')::boolean, TRUE))`;

/** `seesHypervisors`: only administrators learn where something is. Throws NotFound. */
export async function readRouter(
  database: Database,
  projectId: string,
  id: string,
  seesHypervisors: boolean,
): Promise<RouterDetail> {
  const where = [sql`r.project_id = ${projectId}::uuid`, sql`r.id = ${id}::uuid`];
  const [{ items }, interfaces, { rows }] = await Promise.all([
    listPage(database, queryOf(where), { limit: 1 }),
    readInterfaces(database, id),
    database.pool.query<{ routes: unknown; host: string | null; candidates: number }>(
      `SELECT r.routes, h.name AS host, ${candidates} AS candidates
       FROM router r LEFT JOIN hypervisor h ON h.id = r.gateway_hypervisor_id WHERE r.id = $1`,
      [id],
    ),
  ]);
  const [item] = items;
  const [more] = rows;
  if (!item || !more) throw routerNotFound();
  return {
    ...item,
    interfaces,
    routes: staticRoutes.parse(more.routes),
    gatewayHypervisorName: seesHypervisors ? more.host : null,
    gatewayCandidates: more.candidates,
  };
}

async function readInterfaces({ pool }: Database, routerId: string): Promise<RouterInterface[]> {
  const { rows } = await pool.query<RouterInterface>(
    `SELECT p.id AS "portId", p.mac, n.id AS "networkId", n.name AS "networkName", s.id AS "subnetId",
       s.name AS "subnetName", s.cidr, host(a.address) AS address,
       ARRAY(SELECT host(f.address) FROM floating_ip f JOIN ip_allocation fixed
         ON fixed.port_id = f.port_id AND fixed.address = f.fixed_address
         WHERE f.router_id = p.router_id AND fixed.subnet_id = s.id ORDER BY f.address) AS "floatingIps"
     FROM port p JOIN network n ON n.id = p.network_id JOIN ip_allocation a ON a.port_id = p.id
       JOIN subnet s ON s.id = a.subnet_id
     WHERE p.router_id = $1 AND p.owner = 'router_interface' ORDER BY n.name, a.address`,
    [routerId],
  );
  return rows;
}

export function routerNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such router.", { reason: "routerNotFound" });
}

const routerList: ListFilter<typeof routerFields> = {
  fields: routerFields,
  places: {
    name: at("r.name"),
    id: at("r.id"),
    external: among("network n WHERE n.id = r.external_network_id", "n.name"),
    ip: among("port p JOIN ip_allocation a ON a.port_id = p.id WHERE p.router_id = r.id", "a.address"),
    snat: at("r.snat"),
    description: at("r.description"),
    created: at("r.created_at"),
  },
  free: (text) => sql`r.name ILIKE ${containing(text)} OR r.id::text ILIKE ${containing(text)}`,
};
