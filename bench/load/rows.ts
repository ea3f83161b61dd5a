/** Ten thousand instances as a busy year leaves them: long names, faults, stopped ones, guests on every hypervisor. */
import type pg from "pg";

export async function fillInstances(database: pg.Pool, projectId: string, count: number): Promise<void> {
  await database.query(instances, [projectId, count]);
  await database.query(guests, [projectId]);
  await database.query(
    `UPDATE instance i SET active_guest_id = g.id FROM guest g WHERE g.instance_id = i.id AND i.project_id = $1`,
    [projectId],
  );
  await database.query("ANALYZE instance, guest");
}

const fault = `{"code": "Internal", "reason": "guestDied", "message": "The guest could not be started: its disk is full.", "retry": "never"}`;

const instances = `INSERT INTO instance (id, project_id, user_id, name, hostname, flavor_id, flavor_name, vcpus, ram_mib, disk_gib,
    image_id, image_name, image_source, machine_type, power, schedule_deadline, launched_at, created_at, updated_at,
    observed_generation, fault, status, task_state, power_state)
  SELECT gen_random_uuid(), $1, (SELECT user_id FROM role_assignment WHERE project_id = $1 LIMIT 1),
    (ARRAY['web', 'database', 'worker', 'batch', 'cache'])[1 + n % 5] || '-' || n || repeat(' of the long running campaign', n % 7),
    'host-' || n, f.id, f.name, f.vcpus, f.ram_mib, f.disk_gib, m.id, m.name,
    jsonb_build_object('sha256', m.sha256, 'sizeBytes', m.size_bytes, 'virtualSizeBytes', m.virtual_size_bytes, 'format', 'qcow2'),
    'pc-q35-7.2', CASE WHEN n % 4 = 0 THEN 'stopped' ELSE 'running' END::power, now(), now(), now() - n * interval '7 seconds',
    now() - n * interval '3 seconds', 1, CASE WHEN n % 50 = 1 THEN '${fault}'::jsonb END,
    CASE WHEN n % 50 = 1 THEN 'ERROR' WHEN n % 4 = 0 THEN 'SHUTOFF' ELSE 'ACTIVE' END, NULL,
    CASE WHEN n % 4 = 0 THEN 'SHUTDOWN' ELSE 'RUNNING' END
  FROM generate_series(1, $2::int) AS n
  CROSS JOIN LATERAL (SELECT * FROM flavor ORDER BY ram_mib OFFSET n % 3 LIMIT 1) AS f
  CROSS JOIN LATERAL (SELECT * FROM image ORDER BY name LIMIT 1) AS m`;

/** On hypervisors that are not there any more, so that no agent takes them for orders. */
const guests = `WITH host AS (
    INSERT INTO hypervisor (id, name, enabled, revoked_at, driver)
    SELECT gen_random_uuid(), 'retired-' || left($1::uuid::text, 8) || '-' || n, false, now(), 'simulated' FROM generate_series(0, 9) AS n RETURNING id),
  numbered AS (SELECT id, row_number() OVER () - 1 AS n FROM host)
  INSERT INTO guest (id, instance_id, hypervisor_id, desired, instance_generation, observed, acked_generation)
  SELECT gen_random_uuid(), i.id, h.id, CASE WHEN i.power = 'stopped' THEN 'stopped' ELSE 'running' END::guest_desired, 1,
    CASE WHEN i.power = 'stopped' THEN 'stopped' ELSE 'running' END::guest_observed, 1
  FROM (SELECT id, power, row_number() OVER () AS n FROM instance WHERE project_id = $1) AS i
  JOIN numbered h ON h.n = i.n % 10`;
