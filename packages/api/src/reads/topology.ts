import { downAfterMs } from "@madang/core/hypervisor/state";
import type { InstanceStatus, PowerState, TaskState } from "@madang/core/instance/status";
import { type NetworkStatus, networkStatus } from "@madang/core/network/status";
import type { Database } from "@madang/db";
import { bind, literal, type Sql, sql } from "../sql.ts";
import { visibleTo } from "./visible-network.ts";

export type TopologyNetwork = {
  id: string;
  name: string;
  external: boolean;
  shared: boolean;
  own: boolean;
  status: NetworkStatus;
  cidrs: string[];
};
export type TopologyRouter = {
  id: string;
  name: string;
  externalNetworkId: string | null;
  gatewayAddress: string | null;
  snat: boolean;
  applied: boolean;
  /** Networks that it connects, each with its address there. */
  legs: { networkId: string; address: string }[];
};
export type TopologyInstance = {
  id: string;
  name: string;
  status: InstanceStatus;
  taskState: TaskState | null;
  powerState: PowerState;
  waiting: boolean;
  /** false: its hypervisor has not been heard of lately. */
  hypervisorReachable: boolean;
  ports: { networkId: string; addresses: string[]; floatingIps: string[]; up: boolean }[];
};
export type TopologyView = {
  networks: TopologyNetwork[];
  routers: TopologyRouter[];
  instances: TopologyInstance[];
  /** How many there are; `instances` holds the first `instanceLimit` of them by name. */
  instanceTotal: number;
};

/** More than anybody can look at, and a bound on what one answer weighs. */
const instanceLimit = 2_000;
const networkLimit = 500;
const routerLimit = 500;

/** What a project has and uses, as it hangs together: four statements, however much it is. */
export async function readTopology(database: Database, projectId: string): Promise<TopologyView> {
  const [networks, routers, instances, counted] = await Promise.all([
    all<NetworkRow>(database, networksOf(projectId)),
    all<TopologyRouter>(database, routersOf(projectId)),
    all<InstanceRow>(database, instancesOf(projectId)),
    all<{ count: number }>(
      database,
      sql`SELECT count(*)::int AS count FROM instance WHERE project_id = ${projectId}::uuid`,
    ),
  ]);
  const now = database.now().getTime();
  return {
    networks: networks.map(toNetwork),
    routers,
    instances: instances.map((row) => toInstance(row, now)),
    instanceTotal: counted[0]?.count ?? 0,
  };
}

async function all<Row extends object>(database: Database, query: Sql): Promise<Row[]> {
  return (await database.pool.query<Row>(bind(query))).rows;
}

type NetworkRow = Omit<TopologyNetwork, "status"> & { generation: number; realisedGeneration: number };

function toNetwork({ generation, realisedGeneration, ...row }: NetworkRow): TopologyNetwork {
  return { ...row, status: networkStatus({ generation, realisedGeneration }) };
}

type InstanceRow = Omit<TopologyInstance, "hypervisorReachable"> & { seenAt: Date | null; placed: boolean };

function toInstance({ seenAt, placed, ...row }: InstanceRow, now: number): TopologyInstance {
  return { ...row, hypervisorReachable: !placed || now - (seenAt?.getTime() ?? 0) <= downAfterMs };
}

/** Those of others only where something of the project is in them, but every external one: it is where the world is. */
function networksOf(projectId: string): Sql {
  return sql`SELECT n.id, n.name, n.external, n.shared, n.project_id IS NOT DISTINCT FROM ${projectId}::uuid AS own,
      n.generation, n.realised_generation AS "realisedGeneration",
      ARRAY(SELECT s.cidr FROM subnet s WHERE s.network_id = n.id ORDER BY s.created_at, s.id) AS cidrs
    FROM network n WHERE (${visibleTo(projectId)}) AND (n.project_id = ${projectId}::uuid OR n.external
      OR EXISTS (SELECT 1 FROM port p WHERE p.network_id = n.id AND p.project_id = ${projectId}::uuid))
    ORDER BY n.name, n.id LIMIT ${networkLimit}`;
}

const legs = `(SELECT coalesce(json_agg(json_build_object('networkId', p.network_id, 'address', host(a.address))
    ORDER BY a.address), '[]')
  FROM port p JOIN ip_allocation a ON a.port_id = p.id WHERE p.router_id = r.id AND p.owner = 'router_interface')`;
const gatewayAddress = `(SELECT host(a.address) FROM port p JOIN ip_allocation a ON a.port_id = p.id
  WHERE p.router_id = r.id AND p.owner = 'router_gateway' ORDER BY a.address LIMIT 1)`;

function routersOf(projectId: string): Sql {
  return sql`SELECT r.id, r.name, r.external_network_id AS "externalNetworkId", r.snat,
      ${literal(gatewayAddress)} AS "gatewayAddress", r.realised_generation >= r.generation AS applied, ${literal(legs)} AS legs
    FROM router r WHERE r.project_id = ${projectId}::uuid ORDER BY r.name, r.id LIMIT ${routerLimit}`;
}

function instancesOf(projectId: string): Sql {
  return sql`WITH shown AS (SELECT * FROM instance WHERE project_id = ${projectId}::uuid ORDER BY name, id LIMIT ${instanceLimit}),
    port_of AS (SELECT p.instance_id, json_agg(json_build_object('networkId', p.network_id, 'up', p.up,
        'addresses', ARRAY(SELECT host(a.address) FROM ip_allocation a WHERE a.port_id = p.id ORDER BY a.address),
        'floatingIps', ARRAY(SELECT host(f.address) FROM floating_ip f WHERE f.port_id = p.id ORDER BY f.address))
        ORDER BY p.position, p.id) AS ports
      FROM port p WHERE p.instance_id IN (SELECT id FROM shown) GROUP BY p.instance_id)
    SELECT i.id, i.name, i.status, i.task_state AS "taskState", i.power_state AS "powerState",
      (i.active_guest_id IS NULL AND i.fault IS NULL AND i.conditions -> 'Scheduled' ->> 'ok' = 'false') IS TRUE AS waiting,
      coalesce(port_of.ports, '[]') AS ports, g.id IS NOT NULL AS placed, h.last_seen_at AS "seenAt"
    FROM shown i LEFT JOIN port_of ON port_of.instance_id = i.id LEFT JOIN guest g ON g.id = i.active_guest_id
      LEFT JOIN hypervisor h ON h.id = g.hypervisor_id ORDER BY i.name, i.id`;
}
