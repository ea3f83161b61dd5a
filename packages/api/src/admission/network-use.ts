/** What keeps a network or a subnet from being deleted, by name. */
import { CloudError } from "@madang/core/errors";
import type { Tx } from "@madang/db";

type Use = { instances: number; ports: number; routers: number; floatingIps: number; names: string | null };

/** Throws Conflict `networkInUse`. Call it with the network locked. */
export async function requireUnusedNetwork(tx: Tx, id: string): Promise<void> {
  const [use] = await tx.$queryRaw<Use[]>`
    WITH used AS (
      SELECT p.owner::text AS owner, coalesce(i.name, r.name, nullif(p.name, ''), p.mac) AS name
      FROM port p LEFT JOIN instance i ON i.id = p.instance_id LEFT JOIN router r ON r.id = p.router_id
      WHERE p.network_id = ${id}::uuid AND p.owner <> 'metadata'
      UNION ALL SELECT 'floating_ip', host(f.address) FROM floating_ip f WHERE f.network_id = ${id}::uuid)
    SELECT count(*) FILTER (WHERE owner = 'instance')::int AS instances,
      count(*) FILTER (WHERE owner = 'none')::int AS ports,
      count(*) FILTER (WHERE owner LIKE 'router%')::int AS routers,
      count(*) FILTER (WHERE owner = 'floating_ip')::int AS "floatingIps",
      (SELECT string_agg(name, ', ') FROM (SELECT name FROM used ORDER BY owner, name LIMIT 5) AS few) AS names
    FROM used`;
  refuse("networkInUse", "The network is still in use.", use);
}

/** An address that nobody holds is the host's own, and goes too. Throws Conflict `subnetInUse`. Call it with the subnet's network and the subnet locked. */
export async function requireUnusedSubnet(tx: Tx, id: string): Promise<void> {
  const [use] = await tx.$queryRaw<Use[]>`
    WITH used AS (
      SELECT coalesce(p.owner::text, 'floating_ip') AS owner,
        coalesce(i.name, r.name, nullif(p.name, ''), host(a.address)) AS name
      FROM ip_allocation a LEFT JOIN port p ON p.id = a.port_id LEFT JOIN instance i ON i.id = p.instance_id
        LEFT JOIN router r ON r.id = p.router_id
      WHERE a.subnet_id = ${id}::uuid AND p.owner IS DISTINCT FROM 'metadata'
        AND (a.port_id IS NOT NULL OR a.floating_ip_id IS NOT NULL))
    SELECT count(*) FILTER (WHERE owner = 'instance')::int AS instances,
      count(*) FILTER (WHERE owner = 'none')::int AS ports,
      count(*) FILTER (WHERE owner LIKE 'router%')::int AS routers,
      count(*) FILTER (WHERE owner = 'floating_ip')::int AS "floatingIps",
      (SELECT string_agg(name, ', ') FROM (SELECT name FROM used ORDER BY owner, name LIMIT 5) AS few) AS names
    FROM used`;
  refuse("subnetInUse", "Addresses of the subnet are still in use.", use);
}

function refuse(reason: string, message: string, use: Use | undefined): void {
  if (!use) return;
  const { names, ...counts } = use;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return;
  throw new CloudError("Conflict", message, { reason, params: { ...counts, total, names: names ?? "" } });
}
