import { storedPools, storedRoutes } from "@madang/core/network/stored";
import { type Pool, poolSize } from "@madang/core/network/subnet";
import type { Route } from "@madang/core/network/topology";
import type { Database } from "@madang/db";
import { z } from "zod";
import { filterText, listPage, type Page, type PageInput } from "../list.ts";
import { bind, containing, literal, sql } from "../sql.ts";
import { visibleTo } from "./visible-network.ts";

export type SubnetItem = {
  id: string;
  networkId: string;
  networkName: string;
  /** null: the cloud's own */
  projectId: string | null;
  name: string;
  description: string;
  cidr: string;
  gateway: string | null;
  dhcp: boolean;
  pools: Pool[];
  dnsServers: string[];
  hostRoutes: Route[];
  /** How many addresses its pools give out, and how many of the subnet are held. */
  addresses: { total: number; used: number };
  createdAt: Date;
};

type Row = Omit<SubnetItem, "pools" | "hostRoutes" | "addresses"> & {
  pools: unknown;
  hostRoutes: unknown;
  used: number;
};

const select = `s.id, s.network_id AS "networkId", n.name AS "networkName", s.project_id AS "projectId", s.name, s.description,
  s.cidr, s.gateway, s.dhcp, s.allocation_pools AS pools, s.dns_servers AS "dnsServers", s.host_routes AS "hostRoutes",
  s.created_at AS "createdAt", (SELECT count(*)::int FROM ip_allocation a WHERE a.subnet_id = s.id) AS used`;
const from = "subnet s JOIN network n ON n.id = s.network_id";
const sorts = {
  name: { column: "s.name", type: "text" },
  createdAt: { column: "s.created_at", type: "timestamptz" },
} as const;

export const subnetFilter = z
  .object({ text: filterText.optional(), networkId: z.uuid().optional() })
  .optional();

/** Of the networks that a project sees. */
export function listSubnets(
  database: Database,
  projectId: string,
  input: PageInput & { filter?: z.infer<typeof subnetFilter> },
): Promise<Page<SubnetItem>> {
  const where = [visibleTo(projectId)];
  if (input.filter?.networkId) where.push(sql`s.network_id = ${input.filter.networkId}::uuid`);
  if (input.filter?.text?.trim()) {
    const pattern = containing(input.filter.text.trim());
    where.push(sql`s.name ILIKE ${pattern} OR s.cidr LIKE ${pattern}`);
  }
  const query = { select, from, id: "s.id", sorts, defaultSort: "name", where, toItem };
  return listPage<Row, SubnetItem>(database, query, input);
}

/** Of a network that the caller has been shown, the oldest first. */
export async function readSubnetsOf(database: Database, networkId: string): Promise<SubnetItem[]> {
  const { rows } = await database.pool.query<Row>(
    bind(sql`SELECT ${literal(select)} FROM ${literal(from)} WHERE s.network_id = ${networkId}::uuid
      ORDER BY s.created_at, s.id`),
  );
  return rows.map(toItem);
}

function toItem({ pools, hostRoutes, used, ...row }: Row): SubnetItem {
  const stored = storedPools(pools);
  return {
    id: row.id,
    networkId: row.networkId,
    networkName: row.networkName,
    projectId: row.projectId,
    name: row.name,
    description: row.description,
    cidr: row.cidr,
    gateway: row.gateway,
    dhcp: row.dhcp,
    pools: stored,
    dnsServers: row.dnsServers,
    hostRoutes: storedRoutes(hostRoutes),
    addresses: { total: poolSize(stored), used },
    createdAt: row.createdAt,
  };
}
