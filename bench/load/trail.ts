/** A million events as a busy year leaves them: two hundred people, forty projects, sixty thousand resources, rare acts among many. */
import type pg from "pg";

const months = 12;

/** Spread evenly over twelve months up to now. */
export async function fillTrail(database: pg.Pool, count: number): Promise<void> {
  await database.query(partitions);
  await database.query(events, [count]);
  await database.query("VACUUM ANALYZE event");
}

/** The controller makes months ahead; a cloud that was started now has none behind. */
const partitions = `DO $$
  DECLARE first_day timestamptz;
  BEGIN
    FOR back IN 1..${months} LOOP
      first_day := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - make_interval(months => back);
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
        'event_' || to_char(first_day AT TIME ZONE 'UTC', 'YYYY_MM'), first_day, first_day + interval '1 month');
    END LOOP;
  END $$`;

/** action, kind of resource, share of all, result; people do what is accepted or refused, the cloud the rest. */
const acts: readonly [string, string, number, string][] = [
  ["instance.create", "instance", 0.1, "accepted"],
  ["instance.running", "instance", 0.16, "succeeded"],
  ["instance.stop", "instance", 0.08, "accepted"],
  ["instance.stopped", "instance", 0.08, "succeeded"],
  ["instance.start", "instance", 0.08, "accepted"],
  ["instance.delete", "instance", 0.08, "accepted"],
  ["instance.deleted", "instance", 0.08, "succeeded"],
  ["instance.failed", "instance", 0.01, "failed"],
  ["console.open", "instance", 0.06, "accepted"],
  ["console.close", "instance", 0.06, "accepted"],
  ["session.sign-in", "session", 0.1, "succeeded"],
  ["session.sign-out", "session", 0.05, "succeeded"],
  ["session.refused", "session", 0.01, "refused"],
  ["key_pair.create", "key_pair", 0.02, "accepted"],
  ["instance.rename", "instance", 0.021, "accepted"],
  ["access.refused", "procedure", 0.001, "refused"],
  ["hypervisor.up", "hypervisor", 0.004, "succeeded"],
  ["hypervisor.down", "hypervisor", 0.0038, "succeeded"],
  ["flavor.update", "flavor", 0.0002, "accepted"],
];

const bands = acts
  .map(([action, kind, share, result], index) => {
    const below = acts.slice(0, index).reduce((sum, [, , part]) => sum + part, 0);
    const above = index === acts.length - 1 ? 2 : below + share;
    return `('${action}', '${kind}', '${result}', ${below}::float8, ${above}::float8)`;
  })
  .join(", ");

/** The same for the same text, and of a version that the API takes for one (RFC 9562: 4, variant 8). */
const uuidOf = (text: string) =>
  `overlay(overlay(md5(${text}) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid`;

const events = `WITH band(action, kind, result, below, above) AS (VALUES ${bands})
  INSERT INTO event (created_at, project_id, actor_kind, actor_id, actor_name, resource_kind, resource_id, resource_name,
    action, result, request_id, address, params, changes)
  SELECT now() - (n::float8 / $1::int) * interval '360 days',
    CASE WHEN b.kind IN ('instance', 'key_pair') THEN ${uuidOf("'project' || h % 40")} END,
    CASE WHEN own THEN 'user' ELSE 'controller' END, CASE WHEN own THEN ${uuidOf("'user' || h % 200")} END,
    CASE WHEN own THEN (ARRAY['minsu', 'jiwoo', 'hana', '보라', 'dohyun'])[1 + h % 5] || '.' || (ARRAY['kim', 'lee', 'park', 'choi'])[1 + h % 4] || '-' || h % 200
      ELSE 'controller' END,
    b.kind, ${uuidOf("'resource' || h % 60000")},
    (ARRAY['web', 'database', 'worker', 'batch', '캐시'])[1 + h % 5] || '-' || h % 60000 || CASE WHEN h % 7 = 0 THEN ' of the long running campaign' ELSE '' END,
    b.action, b.result, 'req-' || md5((n / 2)::text)::uuid,
    CASE WHEN own THEN '10.' || h % 3 || '.' || h % 7 || '.' || h % 250 END, '{}',
    CASE b.action WHEN 'flavor.update' THEN '{"name": ["m1.small", "m1.little"]}' WHEN 'instance.rename' THEN '{"name": ["old", "new"]}' ELSE '{}' END::jsonb
  FROM generate_series(1, $1::int) AS n
  CROSS JOIN LATERAL (SELECT abs(hashint4(n))::int AS h, (hashint4(n + 7)::bigint + 2147483648) / 4294967296.0::float8 AS r) AS q
  JOIN band b ON q.r >= b.below AND q.r < b.above
  CROSS JOIN LATERAL (SELECT b.result <> 'succeeded' OR b.kind = 'session' AS own) AS o`;
