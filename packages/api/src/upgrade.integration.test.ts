/** A cloud as it was before projects, roles and quotas (ba4575e), brought up to what is there now: nothing is lost. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase, quotaLines } from "@madang/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../../../boot/migrations.mjs";
import { verifyCredentials } from "./admission/sign-in.ts";
import { restoreDatabase, writeBackup } from "./backup.ts";
import { openIdentityReader, readIdentity } from "./identity.ts";
import { listEvents } from "./reads/event.ts";
import { emptyDatabase, openTestCloud, type TestCloud } from "./testing.ts";

const repository = join(import.meta.dirname, "../../..");
/** What that state of main had. */
const earlier = [
  "20261122000000_init",
  "20261122063000_damage_placement_fencing",
  "20261122071500_left_guest",
  "20261122081000_database_times",
];
const password = "the words of an earlier autumn";
const passwordHash =
  "$argon2id$v=19$m=19456,t=2,p=1$s8grV2HkbDiHXx1+TiqHZA$IsDM9fqYYQC+ZsRrI2zir+WAc0jUhroAbomtUfbIhwY";
const ids = {
  domain: "01900000-0000-7000-8000-000000000001",
  mina: "01900000-0000-7000-8000-000000000002",
  admin: "01900000-0000-7000-8000-000000000003",
  garden: "01900000-0000-7000-8000-000000000004",
  shut: "01900000-0000-7000-8000-000000000005",
  session: "01900000-0000-7000-8000-000000000006",
  flavor: "01900000-0000-7000-8000-000000000007",
  image: "01900000-0000-7000-8000-000000000008",
  keyPair: "01900000-0000-7000-8000-000000000009",
  web: "01900000-0000-7000-8000-00000000000a",
  resized: "01900000-0000-7000-8000-00000000000b",
  guest: "01900000-0000-7000-8000-00000000000c",
  host: "01900000-0000-7000-8000-00000000000d",
  operation: "01900000-0000-7000-8000-00000000000e",
  aggregate: "01900000-0000-7000-8000-00000000000f",
};

/** Rows as that Madang wrote them. */
const rows = `
INSERT INTO domain (id, name) VALUES ('${ids.domain}', 'default');
INSERT INTO "user" (id, domain_id, name, email, password_hash, role_version) VALUES
  ('${ids.mina}', '${ids.domain}', 'mina', 'mina@example.org', '${passwordHash}', 3),
  ('${ids.admin}', '${ids.domain}', 'admin', NULL, '${passwordHash}', 1);
INSERT INTO project (id, domain_id, name, description, enabled) VALUES
  ('${ids.garden}', '${ids.domain}', 'garden', '마당 앞', true), ('${ids.shut}', '${ids.domain}', 'shut', '', false);
INSERT INTO role_assignment (user_id, project_id, role) VALUES
  ('${ids.mina}', '${ids.garden}', 'member'), ('${ids.mina}', '${ids.shut}', 'manager');
INSERT INTO system_role_assignment (user_id, role) VALUES ('${ids.admin}', 'admin');
INSERT INTO session (id, user_id, created_at, expires_at, address, user_agent)
  VALUES ('${ids.session}', '${ids.mina}', now() - interval '1 hour', now() + interval '1 day', '192.0.2.7', 'a browser');
INSERT INTO quota_default (resource, "limit") VALUES ('instances', 10), ('cores', 20), ('ram', 51200), ('key_pairs', 100);
INSERT INTO quota (project_id, resource, "limit") VALUES ('${ids.garden}', 'instances', 3), ('${ids.garden}', 'ram', -1);
INSERT INTO flavor (id, name, vcpus, ram_mib, disk_gib) VALUES ('${ids.flavor}', 'm1.small', 2, 512, 5);
INSERT INTO image (id, name, visibility, status, disk_format, sha256, size_bytes, virtual_size_bytes)
  VALUES ('${ids.image}', 'tiny', 'public', 'active', 'qcow2', repeat('a', 64), 1000, 67108864);
INSERT INTO key_pair (id, user_id, name, type, public_key, fingerprint)
  VALUES ('${ids.keyPair}', '${ids.mina}', 'laptop', 'ssh-ed25519', 'ssh-ed25519 AAAA', 'SHA256:abc');
INSERT INTO hypervisor (id, name, driver, inventory, last_seen_at)
  VALUES ('${ids.host}', 'host-1', 'libvirt-qemu', '{"vcpus":8,"ramMib":16384,"diskGib":100}', now());
INSERT INTO instance (id, project_id, user_id, name, hostname, flavor_id, flavor_name, vcpus, ram_mib, disk_gib, image_id,
    image_name, image_source, machine_type, schedule_deadline, active_guest_id, conditions, status, task_state, power_state)
  SELECT id::uuid, '${ids.garden}', '${ids.mina}', name, name, '${ids.flavor}', 'm1.small', vcpus, 512, 5, '${ids.image}', 'tiny',
    '{"format":"qcow2"}', 'pc-q35-7.2', now(), active::uuid, '{"Placed":{"ok":true}}', status, NULL, power
  FROM (VALUES ('${ids.web}', 'web', 2, '${ids.guest}', 'ACTIVE', 'RUNNING'), ('${ids.resized}', '웹 둘', 4, NULL, 'ERROR', 'NOSTATE'))
    AS made(id, name, vcpus, active, status, power);
INSERT INTO guest (id, instance_id, hypervisor_id, desired, instance_generation, generation, observed, acked_generation)
  VALUES ('${ids.guest}', '${ids.web}', '${ids.host}', 'running', 1, 4, 'running', 4);
INSERT INTO allocation (guest_id, resource_class, hypervisor_id, amount)
  VALUES ('${ids.guest}', 'VCPU', '${ids.host}', 2), ('${ids.guest}', 'MEMORY_MB', '${ids.host}', 512);
INSERT INTO user_data (instance_id, sha256, sealed) VALUES ('${ids.web}', repeat('b', 64), '\\x00ff5c');
INSERT INTO host_aggregate (id, name, properties) VALUES ('${ids.aggregate}', 'fast', '{"ssd":"true"}');
INSERT INTO host_aggregate_member (aggregate_id, hypervisor_id) VALUES ('${ids.aggregate}', '${ids.host}');
INSERT INTO placement_weight (name, factor) VALUES ('ram', 2);
INSERT INTO certificate (id, kind, subject_id, names, pem, serial, not_after)
  VALUES (gen_random_uuid(), 'ca', '00000000-0000-0000-0000-000000000000', '{}', 'a certificate', '01', now() + interval '1 year');
INSERT INTO resource_id (id, kind, project_id, body_hash) VALUES ('${ids.web}', 'instance', '${ids.garden}', 'hash');
INSERT INTO operation (id, kind, project_id, actor_id, actor_name, request_id, resource_kind, resource_id, resource_name, state, steps, percent)
  VALUES ('${ids.operation}', 'instance.launch', '${ids.garden}', '${ids.mina}', 'mina', 'req-1', 'instance', '${ids.web}', 'web',
    'succeeded', '[{"name":"start","state":"succeeded"}]', 100);
INSERT INTO event (project_id, actor_kind, actor_id, actor_name, resource_kind, resource_id, resource_name, action, result, request_id, params)
  SELECT '${ids.garden}', 'user', '${ids.mina}', 'mina', 'instance', '${ids.web}', 'web', 'instance.start', 'accepted', 'req-' || n,
    jsonb_build_object('n', n) FROM generate_series(1, 300) n;
`;

let cloud: TestCloud;
let database: Database;
let drop: () => Promise<void>;
let before: Map<string, Record<string, unknown>[]>;
let folder: string;
/** Made before it was brought up to date. */
let archive: string;
beforeAll(async () => {
  cloud = await openTestCloud();
  const empty = await emptyDatabase();
  drop = empty.drop;
  database = openDatabase(empty.url, 4);
  await asItWas(database);
  before = await rowsOf(database);
  folder = await mkdtemp(join(tmpdir(), "madang-older-"));
  archive = await backUp(empty.url);
  const logs = await mkdtemp(join(tmpdir(), "madang-upgrade-"));
  await migrate({ url: empty.url, logs, env: process.env });
  await rm(logs, { recursive: true });
});
afterAll(async () => {
  await cloud.close();
  await database.close();
  await drop();
  await rm(folder, { recursive: true });
});

async function backUp(databaseUrl: string): Promise<string> {
  const path = join(folder, "older.tar.gz");
  for (const name of ["session.key", "seal.key", "ca.key", "ca.pem"])
    await writeFile(join(folder, name), name);
  const keys = { data: folder, secrets: folder, authority: folder };
  await writeBackup({ databaseUrl, path, ...keys, imageStore: folder, withImages: false });
  return path;
}

async function asItWas({ pool }: Database): Promise<void> {
  await pool.query(`CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL,
    finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`);
  for (const name of earlier) {
    const sql = await readFile(join(repository, "prisma/migrations", name, "migration.sql"), "utf8");
    await pool.query(sql);
    await pool.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)`,
      [crypto.randomUUID(), createHash("sha256").update(sql).digest("hex"), name],
    );
  }
  await pool.query(rows);
}

async function rowsOf({ pool }: Database): Promise<Map<string, Record<string, unknown>[]>> {
  const tables = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
     AND NOT relispartition AND relname <> '_prisma_migrations' ORDER BY 1`,
  );
  const found = new Map<string, Record<string, unknown>[]>();
  for (const { name } of tables.rows) {
    const all = await pool.query<{ row: Record<string, unknown> }>(
      `SELECT to_jsonb(t) AS row FROM "${name}" t ORDER BY t.ctid`,
    );
    found.set(
      name,
      all.rows.map(({ row }) => row),
    );
  }
  return found;
}

/** But for the columns named, which a restoration gives anew. */
async function expectKept(upgraded: Database, given: Record<string, string[]> = {}): Promise<void> {
  const after = await rowsOf(upgraded);
  expect([...before.values()].flat().length).toBeGreaterThan(320);
  const plain = (one: unknown) => JSON.stringify(one);
  for (const [name, earlierRows] of before) {
    const columns = Object.keys(earlierRows[0] ?? {}).filter((column) => !given[name]?.includes(column));
    const told = (rowsNow: Record<string, unknown>[]) =>
      rowsNow
        .map((row) => plain(Object.fromEntries(columns.map((column) => [column, row[column]]))))
        .toSorted();
    expect(told(after.get(name) ?? []), name).toEqual(told(earlierRows));
  }
}

test("every row is still there, with every value that it had", () => expectKept(database));

test("a backup of that Madang is restored with every row, and brought up to date", async () => {
  const empty = await emptyDatabase();
  const { migrations } = await restoreDatabase(archive, empty.url);
  expect(migrations.map(({ name }) => name)).toEqual(earlier);
  const restored = openDatabase(empty.url, 4);
  await expectKept(restored, { session: ["revoked_at"], guest: ["generation"], event: ["xid"] });
  const names = async ({ pool }: Database) =>
    (await pool.query<{ name: string }>("SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1"))
      .rows;
  expect(await names(restored)).toEqual(await names(database));
  await restored.close();
  await empty.drop();
});

test("a person signs in with his password, and the session that he had goes on with his roles", async () => {
  const deps = {
    ...cloud.deps,
    admission: database,
    reads: database,
    identities: openIdentityReader(database),
  };
  const attempt = {
    username: "mina",
    password,
    code: "",
    earlierSessionId: null,
    address: "192.0.2.7",
    userAgent: "",
    requestId: "req-1",
  };
  expect(await verifyCredentials(deps, attempt)).toMatchObject({ userId: ids.mina });
  expect(await verifyCredentials(deps, { ...attempt, password: "wrong" })).toEqual({ refused: "wrong" });
  const identity = await readIdentity(database, ids.session);
  expect(identity?.grants).toEqual({ system: [], projects: { [ids.garden]: ["member"] } });
  expect(identity?.confirmedAt).toEqual(identity?.createdAt);
});

test("quotas count as they did: overrides, defaults and what is in use", async () => {
  const lines = await quotaLines(database.prisma, ids.garden, ids.mina);
  const told = Object.fromEntries(lines.map((line) => [line.resource, [line.inUse, line.limit]]));
  expect(told).toMatchObject({ instances: [2, 3], cores: [6, 20], ram: [1_024, -1], key_pairs: [1, 100] });
});

test("the trail reads, page by page, in its order", async () => {
  const first = await listEvents(database, ids.garden, { limit: 200 });
  const next = await listEvents(database, ids.garden, { limit: 200, cursor: first.nextCursor });
  expect([first.total, first.items.length, next.items.length]).toEqual([300, 200, 100]);
  expect(first.items[0]).toMatchObject({ action: "instance.start", actorName: "mina" });
});

test("a migration that was refused is tried again when its cause is gone", async () => {
  const empty = await emptyDatabase();
  const [name, own] = [new URL(empty.url).pathname.slice(1), new URL(empty.url)];
  const admin = openDatabase(empty.url, 2);
  const role = `madang_${name}`;
  await admin.pool.query(
    `CREATE ROLE "${role}" LOGIN PASSWORD 'of the test'; GRANT ALL ON SCHEMA public TO "${role}"`,
  );
  [own.username, own.password] = [role, "of the test"];
  const logs = await mkdtemp(join(tmpdir(), "madang-refused-"));
  const upgrade = () => migrate({ url: own.toString(), logs, env: process.env });
  await expect(upgrade()).rejects.toThrow(/Migrating the database failed/);
  const failed =
    "SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL";
  expect((await admin.pool.query(failed)).rowCount).toBe(1);
  await admin.pool.query(`GRANT CREATE ON DATABASE "${name}" TO "${role}"`);
  await upgrade();
  expect((await admin.pool.query(failed)).rowCount).toBe(0);
  expect((await admin.pool.query("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")).rowCount).toBe(1);
  await admin.pool.query(
    `REASSIGN OWNED BY "${role}" TO CURRENT_USER; DROP OWNED BY "${role}"; DROP ROLE "${role}"`,
  );
  await admin.close();
  await empty.drop();
  await rm(logs, { recursive: true });
});

test("each migration is one transaction, so that one that fails leaves nothing", async () => {
  const folder = join(repository, "prisma/migrations");
  const names = (await readdir(folder)).filter((name) => /^\d{14}_/.test(name));
  expect(names.length).toBeGreaterThan(earlier.length);
  for (const name of names) {
    const sql = await readFile(join(folder, name, "migration.sql"), "utf8");
    const bare = sql.replaceAll(/--.*$/gm, "").replaceAll(/\$(\w*)\$.*?\$\1\$/gs, "");
    expect(bare, name).not.toMatch(
      /\b(CONCURRENTLY|COMMIT|ROLLBACK|VACUUM)\b|\bBEGIN\s*;|START TRANSACTION/i,
    );
  }
});
