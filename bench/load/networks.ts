/** A busy cloud's networks: 100 with ten ports each, and 100 security groups with four rules each; nothing of it realised. */
import type pg from "pg";

export const networkCount = 100;
export const portCount = 1_000;
export const ruleCount = 400;

export async function fillNetworks(database: pg.Pool, projectId: string): Promise<void> {
  for (const text of [networks, subnets, ports, addresses, groups, rules, members]) {
    await database.query(text, [projectId]);
  }
  await database.query("ANALYZE network, subnet, port, ip_allocation, security_group, security_group_rule");
}

/** What `fillNetworks` made, and nothing else. */
export async function emptyNetworks(database: pg.Pool, projectId: string): Promise<void> {
  const mine = `SELECT id FROM network WHERE project_id = $1 AND name LIKE 'thousand %'`;
  await database.query(`DELETE FROM port WHERE network_id IN (${mine})`, [projectId]);
  await database.query(`DELETE FROM network WHERE id IN (${mine})`, [projectId]);
  await database.query(`DELETE FROM security_group WHERE project_id = $1 AND name LIKE 'thousand %'`, [
    projectId,
  ]);
}

/** How many of the project's rows are not as they were last asked for. */
export async function unrealised(database: pg.Pool, projectId: string): Promise<number> {
  const tables = ["network", "port", "security_group"].map(
    (table) =>
      `(SELECT count(*)::int FROM ${table} WHERE project_id = $1 AND realised_generation < generation)`,
  );
  const { rows } = await database.query<{ left: number }>(`SELECT ${tables.join(" + ")} AS left`, [
    projectId,
  ]);
  return rows[0]?.left ?? 0;
}

const networks = `INSERT INTO network (id, project_id, name, mtu)
  SELECT gen_random_uuid(), $1, 'thousand ' || n, 1442 FROM generate_series(0, 99) AS n`;

const numbered = `SELECT id, substr(name, 10)::int AS n FROM network WHERE project_id = $1 AND name LIKE 'thousand %'`;

const subnets = `INSERT INTO subnet (id, network_id, project_id, name, cidr, gateway, allocation_pools)
  SELECT gen_random_uuid(), id, $1, 'subnet', '10.64.' || n || '.0/24', '10.64.' || n || '.1',
    jsonb_build_array(jsonb_build_object('start', '10.64.' || n || '.2', 'end', '10.64.' || n || '.254'))
  FROM (${numbered}) AS network`;

const ports = `INSERT INTO port (id, project_id, network_id, mac)
  SELECT gen_random_uuid(), $1, id, 'fa:16:3e:70:' || lpad(to_hex(n), 2, '0') || ':' || lpad(to_hex(host), 2, '0')
  FROM (${numbered}) AS network, generate_series(10, 19) AS host`;

const addresses = `INSERT INTO ip_allocation (subnet_id, address, port_id)
  SELECT s.id, ('10.64.' || network.n || '.' || ('x' || substr(p.mac, 16))::bit(8)::int)::inet, p.id
  FROM (${numbered}) AS network JOIN subnet s ON s.network_id = network.id JOIN port p ON p.network_id = network.id`;

const groups = `INSERT INTO security_group (id, project_id, name)
  SELECT gen_random_uuid(), $1, 'thousand ' || n FROM generate_series(0, 99) AS n`;

const mine = `SELECT id, substr(name, 10)::int AS n FROM security_group WHERE project_id = $1 AND name LIKE 'thousand %'`;

/** As the default group, with SSH and HTTP. */
const rules = `INSERT INTO security_group_rule (id, security_group_id, direction, protocol, port_min, port_max, remote_group_id)
  SELECT gen_random_uuid(), g.id, r.direction::rule_direction, r.protocol, r.port, r.port, CASE WHEN r.own THEN g.id END
  FROM (${mine}) AS g, (VALUES ('egress', NULL::int, NULL::int, false), ('ingress', NULL, NULL, true),
    ('ingress', 6, 22, false), ('ingress', 6, 80, false)) AS r (direction, protocol, port, own)`;

const members = `INSERT INTO port_security_group (port_id, security_group_id)
  SELECT p.id, g.id FROM (${numbered}) AS network JOIN port p ON p.network_id = network.id JOIN (${mine}) AS g ON g.n = network.n`;
