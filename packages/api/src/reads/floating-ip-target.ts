import type { Database } from "@madang/db";
import { bind, containing, sql } from "../sql.ts";

/** An address that a floating IP of a network could lead to, and what stands in the way. */
export type FloatingIpTarget = {
  portId: string;
  fixedAddress: string;
  portName: string;
  instanceId: string | null;
  instanceName: string | null;
  networkName: string;
  subnetName: string;
  /** Through which it would be reached; null: no router connects the subnet with the external network. */
  routerName: string | null;
  /** The floating IP that leads to it already. */
  floatingIp: string | null;
};

/** More than a list to choose from can show; `text` finds the others. */
const targetLimit = 200;

/** Those that can be reached come first. `text`: part of a name or an address. */
export async function listFloatingIpTargets(
  { pool }: Database,
  projectId: string,
  { networkId, text }: { networkId: string; text: string },
): Promise<FloatingIpTarget[]> {
  const part = containing(text.trim());
  const { rows } = await pool.query<FloatingIpTarget>(
    bind(sql`SELECT p.id AS "portId", host(a.address) AS "fixedAddress", p.name AS "portName", i.id AS "instanceId",
        i.name AS "instanceName", n.name AS "networkName", s.name AS "subnetName", way.name AS "routerName",
        host(f.address) AS "floatingIp"
      FROM port p JOIN ip_allocation a ON a.port_id = p.id JOIN subnet s ON s.id = a.subnet_id
        JOIN network n ON n.id = p.network_id LEFT JOIN instance i ON i.id = p.instance_id
        LEFT JOIN floating_ip f ON f.port_id = p.id AND f.fixed_address = a.address
        LEFT JOIN LATERAL (SELECT r.name FROM router r JOIN port leg ON leg.router_id = r.id AND leg.owner = 'router_interface'
          JOIN ip_allocation at ON at.port_id = leg.id AND at.subnet_id = a.subnet_id
          WHERE r.project_id = p.project_id AND r.external_network_id = ${networkId}::uuid ORDER BY r.id LIMIT 1) way ON TRUE
      WHERE p.project_id = ${projectId}::uuid AND p.owner IN ('none', 'instance') AND NOT n.external
        AND (i.name ILIKE ${part} OR p.name ILIKE ${part} OR host(a.address) ILIKE ${part} OR n.name ILIKE ${part})
      ORDER BY way.name IS NULL, f.address IS NOT NULL, i.name IS NULL, i.name, a.address LIMIT ${targetLimit}`),
  );
  return rows;
}
