import { downAfterMs } from "@madang/core/hypervisor/state";
import type { InstanceStatus, PowerState, TaskState } from "@madang/core/instance/status";
import { judgeReach } from "@madang/core/network/reach";
import type { Reach, ReachFacts, ReachInterface } from "@madang/core/network/reach-facts";
import type { Database } from "@madang/db";
import { bind, literal, type Sql, sql } from "../sql.ts";
import { instanceNotFound } from "./instance.ts";
import { visibleTo } from "./visible-network.ts";

type Ref = { projectId: string; id: string };

/** Why the instance can't be reached from outside, as the rows tell it. Throws NotFound. */
export async function readReach(database: Database, ref: Ref): Promise<Reach> {
  const [instance, interfaces, externalNetworks, freeFloatingIps, routers] = await Promise.all([
    readGuest(database, ref),
    all<ReachInterface>(database, interfacesOf(ref)),
    all<ReachFacts["externalNetworks"][number]>(database, externalsOf(ref)),
    all<ReachFacts["freeFloatingIps"][number]>(database, freeIpsOf(ref)),
    all<ReachFacts["routers"][number]>(database, routersOf(ref)),
  ]);
  return judgeReach({ ...instance, interfaces, externalNetworks, freeFloatingIps, routers });
}

async function all<Row extends object>(database: Database, query: Sql): Promise<Row[]> {
  return (await database.pool.query<Row>(bind(query))).rows;
}

type GuestRow = {
  status: InstanceStatus;
  taskState: TaskState | null;
  powerState: PowerState;
  guestId: string | null;
  seenAt: Date | null;
};

async function readGuest(database: Database, { projectId, id }: Ref) {
  const [row] = await all<GuestRow>(
    database,
    sql`SELECT i.status, i.task_state AS "taskState", i.power_state AS "powerState", g.id AS "guestId", h.last_seen_at AS "seenAt"
      FROM instance i LEFT JOIN guest g ON g.id = i.active_guest_id LEFT JOIN hypervisor h ON h.id = g.hypervisor_id
      WHERE i.id = ${id}::uuid AND i.project_id = ${projectId}::uuid`,
  );
  if (!row) throw instanceNotFound();
  const { status, taskState, powerState, guestId, seenAt } = row;
  const recent = database.now().getTime() - (seenAt?.getTime() ?? 0) <= downAfterMs;
  return { status, taskState, powerState, hypervisorReachable: guestId === null ? null : recent };
}

const addresses = `(SELECT coalesce(json_agg(json_build_object('address', host(a.address), 'subnetId', s.id,
    'gateway', s.gateway, 'dhcp', s.dhcp) ORDER BY a.address), '[]')
  FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = p.id)`;
const rules = `(SELECT coalesce(json_agg(json_build_object('direction', r.direction, 'etherType', r.ether_type,
    'protocol', r.protocol, 'portMin', r.port_min, 'portMax', r.port_max, 'remoteCidr', r.remote_cidr,
    'remoteGroupId', r.remote_group_id)), '[]') FROM security_group_rule r WHERE r.security_group_id = g.id)`;
const groups = `(SELECT coalesce(json_agg(json_build_object('id', g.id, 'name', g.name, 'isDefault', g.is_default,
    'rules', ${rules}) ORDER BY g.name), '[]')
  FROM port_security_group o JOIN security_group g ON g.id = o.security_group_id WHERE o.port_id = p.id)`;
const floatingIps = `(SELECT coalesce(json_agg(json_build_object('address', host(f.address),
    'fixedAddress', host(f.fixed_address), 'applied', f.realised_generation >= f.generation) ORDER BY f.address), '[]')
  FROM floating_ip f WHERE f.port_id = p.id)`;
/** Legs of the project's own routers in the port's subnets. */
const routers = `(SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'subnetId', a.subnet_id,
    'address', host(a.address), 'externalNetworkId', t.external_network_id,
    'applied', t.realised_generation >= t.generation) ORDER BY t.name, t.id), '[]')
  FROM port leg JOIN router t ON t.id = leg.router_id JOIN ip_allocation a ON a.port_id = leg.id
  WHERE leg.network_id = p.network_id AND leg.owner = 'router_interface' AND t.project_id = i.project_id)`;

function interfacesOf({ projectId, id }: Ref): Sql {
  return sql`SELECT p.id AS "portId", n.id AS "networkId", n.name AS "networkName", n.external,
    ${literal(addresses)} AS addresses, ${literal(groups)} AS groups, ${literal(floatingIps)} AS "floatingIps",
    ${literal(routers)} AS routers, p.port_security AS "portSecurity", p.up,
    (p.realised_generation >= p.generation AND p.realised_hypervisor_id = guest.hypervisor_id) IS TRUE AS bound
    FROM port p JOIN network n ON n.id = p.network_id JOIN instance i ON i.id = p.instance_id
    LEFT JOIN guest ON guest.id = i.active_guest_id
    WHERE i.id = ${id}::uuid AND i.project_id = ${projectId}::uuid ORDER BY p.position, p.created_at, p.id`;
}

/** Many more than one are rare; the first is what a remedy proposes. */
const proposed = 20;

function externalsOf({ projectId }: Ref): Sql {
  return sql`SELECT n.id, n.name FROM network n WHERE n.external AND (${visibleTo(projectId)})
    AND EXISTS (SELECT 1 FROM subnet s WHERE s.network_id = n.id) ORDER BY n.name, n.id LIMIT ${proposed}`;
}

function freeIpsOf({ projectId }: Ref): Sql {
  return sql`SELECT f.id, host(f.address) AS address, f.network_id AS "networkId" FROM floating_ip f
    WHERE f.project_id = ${projectId}::uuid AND f.port_id IS NULL ORDER BY f.address LIMIT ${proposed}`;
}

function routersOf({ projectId }: Ref): Sql {
  return sql`SELECT t.id, t.name, t.external_network_id AS "externalNetworkId" FROM router t
    WHERE t.project_id = ${projectId}::uuid ORDER BY t.name, t.id LIMIT ${proposed}`;
}
