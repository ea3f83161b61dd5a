import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Database, openDatabase } from "@madang/db";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { verifyCredentials } from "./admission/sign-in.ts";
import { createUser } from "./admission/user.ts";
import { readSnapshot } from "./agent/snapshot.ts";
import { countsForGuest } from "./agent/staleness.ts";
import { checkBackup, type Manifest, restoreDatabase, restoreFiles, writeBackup } from "./backup.ts";
import { openIdentityReader } from "./identity.ts";
import { callerAs, emptyDatabase, launchOf, openTestCloud, placeGuest, type TestCloud } from "./testing.ts";
import { allRowsOf, makeData } from "./testing-backup.ts";

const repository = join(import.meta.dirname, "../../..");
const password = "correct horse battery staple";
/** What is written meanwhile is written when the machine has time for it. */
const patience = { timeout: 60_000, interval: 20 };
let cloud: TestCloud;
let folder: string;
let data: string;
let path: string;
let manifest: Manifest;
/** As they were when the backup was made. */
let rowsThen: Map<string, string[]>;
/** Whatever is refused leaves it as empty as it is. */
let untouched: Awaited<ReturnType<typeof emptyDatabase>>;

beforeAll(async () => {
  cloud = await openTestCloud();
  untouched = await emptyDatabase();
  folder = await mkdtemp(join(tmpdir(), "madang-backup-"));
  data = await makeData(join(folder, "data"));
  path = join(folder, "cloud.tar.gz");
  await fillCloud();
  rowsThen = await allRowsOf(cloud.database);
  manifest = await writeBackup(wish(path));
});
afterAll(async () => {
  await cloud.close();
  await untouched.drop();
  await rm(folder, { recursive: true, force: true });
});

const wish = (to: string, withImages = false) => ({
  databaseUrl: cloud.database.url,
  data,
  secrets: join(data, "secrets"),
  authority: join(data, "ca"),
  imageStore: join(data, "images"),
  withImages,
  path: to,
});

/** Rows that are hard to carry: every kind of text, bytes, arrays, months long gone, and a trail larger than one share. */
async function fillCloud(): Promise<void> {
  const { prisma, pool } = cloud.database;
  const domainId = (await prisma.domain.findFirstOrThrow()).id;
  const user = { name: "mina \\N \t \\. 마당 🏠", email: null, password, mustChangePassword: false };
  await createUser(prisma, domainId, user);
  const input = launchOf(cloud, { userData: "#cloud-config\n\\.\n" });
  await callerAs(cloud, "member").instance.launch(input);
  const { hypervisorId } = await placeGuest(cloud.database, input.ids[0] ?? "", { observed: "running" });
  const type = await prisma.volumeType.create({ data: { id: crypto.randomUUID(), name: "kept" } });
  const volume = { projectId: cloud.projectId, id: crypto.randomUUID(), name: "kept", sizeGib: 1 };
  await callerAs(cloud, "member").volume.create({ ...volume, volumeTypeId: type.id });
  await prisma.volume.updateMany({ data: { hypervisorId, made: true, observed: "available" } });
  await prisma.certificate.create({
    data: {
      id: crypto.randomUUID(),
      kind: "web",
      subjectId: crypto.randomUUID(),
      names: ["a,b", "", '"{}"'],
    },
  });
  await pool.query(
    "CREATE TABLE event_2001_02 PARTITION OF event FOR VALUES FROM ('2001-02-01 00:00+00') TO ('2001-03-01 00:00+00')",
  );
  await pool.query(
    `INSERT INTO event (created_at, actor_kind, actor_name, resource_kind, resource_id, resource_name, action, result, params)
     SELECT '2001-02-03'::timestamptz + make_interval(secs => n), 'user', repeat('x', 3000), 'trail', gen_random_uuid(), 'of ' || n,
       'trail.trimmed', 'succeeded', jsonb_build_object('n', n, 'text', E'\\\\N\\n\\t"') FROM generate_series(1, 2000) n`,
  );
}

async function restored(from: string): Promise<{ database: Database; close: () => Promise<void> }> {
  const empty = await emptyDatabase();
  await restoreDatabase(from, empty.url).catch(async (error: unknown) => {
    await empty.drop();
    throw error;
  });
  const database = openDatabase(empty.url, 4);
  const close = async () => {
    await database.close();
    await empty.drop();
  };
  return { database, close };
}

test("what comes back is what was there, row by row, and the trail goes on behind it", async () => {
  const { database, close } = await restored(path);
  const now = await allRowsOf(database);
  expect([...now.keys()]).toEqual([...rowsThen.keys()]);
  expect(now.size).toBeGreaterThan(30);
  const ended = ["session", "password_reset", "join_token", "guest", "volume"];
  for (const [name, rows] of rowsThen) if (!ended.includes(name)) expect(now.get(name), name).toEqual(rows);
  expect(await database.prisma.session.count({ where: { revokedAt: null } })).toBe(0);
  expect(await database.prisma.session.count()).toBe(people());
  const { rows } = await database.pool.query<{ partition: string; count: number }>(
    `SELECT tableoid::regclass::text AS partition, count(*)::int AS count FROM event GROUP BY 1 ORDER BY 1`,
  );
  expect(rows.find(({ partition }) => partition === "event_2001_02")?.count).toBe(2_000);
  expect(rows.map(({ partition }) => partition)).not.toContain("event_default");
  await close();
});

test("an agent that lived on, further than the backup knows, is heard and obeyed", async () => {
  const { database, close } = await restored(path);
  const held = 500;
  const guest = await database.prisma.guest.findFirstOrThrow();
  const told = await readSnapshot({ ...cloud.deps, agents: database, bus: cloud.bus }, guest.hypervisorId);
  expect(told.guests.map(({ guestId }) => guestId)).toEqual([guest.id]);
  expect(told.guests[0]?.generation).toBeGreaterThan(held);
  expect(countsForGuest(guest, held)).toBe(true);
  const volume = await database.prisma.volume.findFirstOrThrow();
  expect(told.volumes).toMatchObject([{ volumeId: volume.id, generation: volume.generation, made: true }]);
  expect(volume.generation).toBeGreaterThan(held);
  expect(countsForGuest(volume, held)).toBe(true);
  const before = await cloud.database.prisma.volume.findFirstOrThrow();
  expect({ ...volume, generation: 1 }).toEqual({ ...before, generation: 1 });
  const { database: anew, close: closeAnew } = await restored(path);
  const later = await anew.prisma.guest.findFirstOrThrow();
  expect(later.generation).toBeGreaterThanOrEqual(guest.generation);
  expect({ ...later, generation: 1 }).toEqual({ ...guest, generation: 1 });
  await closeAnew();
  await close();
});

const people = () => rowsThen.get("session")?.length ?? 0;

test("people sign in to it with their passwords, and the trail counts on", async () => {
  const { database, close } = await restored(path);
  const deps = {
    ...cloud.deps,
    admission: database,
    reads: database,
    identities: openIdentityReader(database),
  };
  const attempt = {
    username: "mina \\N \t \\. 마당 🏠",
    password,
    code: "",
    earlierSessionId: null,
    address: "192.0.2.5",
    userAgent: "",
    requestId: "r",
  };
  expect(await verifyCredentials(deps, attempt)).toHaveProperty("sessionId");
  expect(await verifyCredentials(deps, { ...attempt, password: "wrong" })).toEqual({ refused: "wrong" });
  const { rows } = await database.pool.query<{ last: string; next: string }>(
    `SELECT max(id) FILTER (WHERE action = 'trail.trimmed')::text AS last, max(id)::text AS next FROM event`,
  );
  expect(BigInt(rows[0]?.next ?? 0)).toBeGreaterThan(BigInt(rows[0]?.last ?? 0));
  await close();
});

test("Prisma finds nothing to migrate in it, and the schema is that of the migrations", async () => {
  const empty = await emptyDatabase();
  await restoreDatabase(path, empty.url);
  const prisma = join(repository, "node_modules/prisma/build/index.js");
  const env = { ...process.env, DATABASE_URL: empty.url };
  const status = spawnSync(process.execPath, [prisma, "migrate", "status"], {
    cwd: repository,
    env,
    encoding: "utf8",
  });
  expect(status.stdout + status.stderr).toContain("Database schema is up to date");
  await empty.drop();
});

test("the files come back as they were, private, and nothing else does", async () => {
  const target = join(folder, "restored");
  await mkdir(target);
  await restoreFiles(path, target);
  const found = (await readdir(target, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(target.length + 1));
  expect(found.toSorted()).toEqual([
    "ca/ca.key",
    "ca/ca.pem",
    "ports.json",
    "secrets/seal.key",
    "secrets/session.key",
  ]);
  for (const name of found) {
    expect(await readFile(join(target, name), "utf8")).toBe(await readFile(join(data, name), "utf8"));
    const { mode } = await stat(join(target, name));
    expect(mode & 0o777).toBe(name.endsWith(".pem") ? 0o644 : 0o600);
  }
  await expect(restoreFiles(path, target)).rejects.toThrow(/EEXIST/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("image files are named as missing, or taken along", async () => {
  expect(manifest.images).toEqual([{ name: "tiny", sha256: "a".repeat(64), included: false }]);
  const whole = join(folder, "whole.tar.gz");
  expect((await writeBackup(wish(whole, true))).images[0]?.included).toBe(true);
  const target = join(folder, "with-images");
  await restoreFiles(whole, target);
  const image = join("images", "a".repeat(64));
  expect((await readFile(join(target, image))).equals(await readFile(join(data, image)))).toBe(true);
});

test("a backup replaces nothing and leaves nothing when it fails", async () => {
  await expect(writeBackup(wish(path))).rejects.toThrow(/there already/);
  const elsewhere = {
    ...wish(join(folder, "never.tar.gz")),
    databaseUrl: "postgresql://nobody@127.0.0.1:1/none",
  };
  await expect(writeBackup(elsewhere)).rejects.toThrow(/does not answer/);
  const never = wish(join(folder, "never.tar.gz"));
  await expect(writeBackup({ ...never, secrets: folder })).rejects.toThrow(/no secrets\/seal.key/);
  await expect(writeBackup({ ...never, authority: folder })).rejects.toThrow(/no ca\/ca.key/);
  expect((await readdir(folder)).filter((name) => /never|unfinished/.test(name))).toEqual([]);
});

test("keys that lie elsewhere are taken along, and what can't be read is no reason to go without", async () => {
  const other = await makeData(join(folder, "other"));
  await writeFile(join(other, "secrets/seal.key"), "c".repeat(64));
  const to = join(folder, "elsewhere.tar.gz");
  const from = { ...wish(to), secrets: join(other, "secrets"), authority: join(other, "ca") };
  await writeBackup(from);
  const target = join(folder, "from-elsewhere");
  await restoreFiles(to, target);
  expect(await readFile(join(target, "secrets/seal.key"), "utf8")).toBe("c".repeat(64));
  // A folder can't be read as a file, whoever asks: root may read everything else.
  await mkdir(join(other, "admin-password"));
  await mkdir(join(other, "agent/1/identity.json"), { recursive: true });
  for (const broken of [join(other, "admin-password"), join(other, "agent")]) {
    await expect(writeBackup({ ...from, data: other, path: `${to}.2` })).rejects.toThrow(/EISDIR/);
    await rm(broken, { recursive: true });
  }
  await writeBackup({ ...from, data: other, path: `${to}.2` });
});

test("it is of one moment, however much is written meanwhile", async () => {
  const { pool } = cloud.database;
  const busy = join(folder, "busy.tar.gz");
  let [going, written] = [true, 0];
  const writing = (async () => {
    for (; going; written++)
      await pool.query(`WITH one AS (INSERT INTO resource_id (id, kind, body_hash) VALUES (gen_random_uuid(), 'pair', '')
        RETURNING id) INSERT INTO placement_weight SELECT id::text, 1 FROM one`);
  })();
  await vi.waitUntil(() => written > 10, patience);
  const before = written;
  const { tables } = await writeBackup(wish(busy));
  await vi.waitUntil(() => written > before + 1, patience);
  going = false;
  await writing;
  const { database, close } = await restored(busy);
  const [ids, weights] = [
    await database.prisma.resourceId.count({ where: { kind: "pair" } }),
    await database.prisma.placementWeight.count(),
  ];
  expect(weights).toBe(ids);
  expect(weights).toBe(tables.find(({ name }) => name === "placement_weight")?.rows);
  expect(weights).toBeGreaterThanOrEqual(before);
  expect(weights).toBeLessThan(written);
  await close();
});

async function tablesIn(url: string): Promise<number> {
  const opened = openDatabase(url, 2);
  const { rows } = await opened.pool.query(
    `SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  );
  await opened.close();
  return rows.length;
}

/** Refused by the judge, by the database and by the files alike, and nothing is written. */
async function expectRefused(bad: string, words: RegExp): Promise<void> {
  const target = join(folder, `target-${crypto.randomUUID()}`);
  await expect(checkBackup(bad)).rejects.toThrow(words);
  await expect(restoreDatabase(bad, untouched.url)).rejects.toThrow(words);
  await expect(restoreFiles(bad, target)).rejects.toThrow(words);
  expect(await tablesIn(untouched.url)).toBe(0);
  await expect(stat(target)).rejects.toThrow(/ENOENT/);
}

test("damaged: one byte anywhere is noticed", async () => {
  const whole = await readFile(path);
  const bad = join(folder, "damaged.tar.gz");
  for (const at of [20, Math.floor(whole.length / 2), whole.length - 5]) {
    const copy = Buffer.from(whole);
    copy[at] = (copy[at] ?? 0) ^ 0x40;
    await writeFile(bad, copy);
    await expectRefused(bad, /damaged/);
  }
  const plain = gunzipSync(whole);
  const member = plain.indexOf("trail.trimmed");
  plain.write("trail.TRIMMED", member);
  await writeFile(bad, gzipSync(plain));
  await expectRefused(bad, /damaged: table\/event\/\d+ is not what it was/);
});

test("cut short: wherever it ends, it is no backup", async () => {
  const whole = await readFile(path);
  const bad = join(folder, "short.tar.gz");
  for (const length of [0, 1, 100, Math.floor(whole.length / 3), whole.length - 1]) {
    await writeFile(bad, whole.subarray(0, length));
    await expectRefused(bad, /cut short/);
  }
  await writeFile(bad, gzipSync(gunzipSync(whole).subarray(0, 512 * 20)));
  await expectRefused(bad, /cut short|damaged/);
});

test("of something else, of a newer version, or against itself: each is said", async () => {
  const bad = join(folder, "bad.tar.gz");
  await writeFile(bad, randomBytes(10_000));
  await expectRefused(bad, /no backup of Madang/);
  await rm(bad);
  await rewrite(bad, (told) => ({ ...told, format: 99 }));
  await expectRefused(bad, /newer Madang/);
  const future = { name: "29990101000000_future", checksum: "a".repeat(64) };
  await rewrite(bad, (told) => ({ ...told, version: "9.9.9", migrations: [...told.migrations, future] }));
  await expectRefused(bad, /Madang 9\.9\.9 with the migration 29990101000000_future/);
  await rewrite(bad, (told) => ({ ...told, files: [...told.files, "secrets/../../etc/passwd"] }));
  await expectRefused(bad, /contradicts itself/);
  await rewrite(bad, (told) => ({ ...told, product: "else" }));
  await expectRefused(bad, /can't be understood/);
  await rewrite(bad, (told) => ({ ...told, members: told.members.slice(1) }));
  await expectRefused(bad, /damaged/);
});

test("a row too few, or of no table, undoes the whole restoration", async () => {
  const bad = join(folder, "few.tar.gz");
  const alter = async (change: (told: Manifest) => unknown, words: RegExp) => {
    await rewrite(bad, change);
    await expect(restoreDatabase(bad, untouched.url)).rejects.toThrow(words);
    expect(await tablesIn(untouched.url)).toBe(0);
  };
  const table = (told: Manifest, change: (one: Manifest["tables"][number]) => object) => ({
    ...told,
    tables: told.tables.map((one) => (one.name === "user" ? { ...one, ...change(one) } : one)),
  });
  await alter((told) => table(told, ({ rows }) => ({ rows: rows + 1 })), /user has \d+ rows/);
  await alter((told) => table(told, () => ({ columns: ["id", "no_such"] })), /not one of its migrations/);
  await alter((told) => table(told, ({ columns }) => ({ columns: columns.toReversed() })), /./);
});

test("a database with anything in it, and two restorations at once, are refused", async () => {
  await expect(restoreDatabase(path, cloud.database.url)).rejects.toThrow(/not empty/);
  const empty = await emptyDatabase();
  const both = await Promise.allSettled([restoreDatabase(path, empty.url), restoreDatabase(path, empty.url)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  await empty.drop();
});

/** The same archive with another manifest, made by somebody else's tar. */
async function rewrite(to: string, change: (told: Manifest) => unknown): Promise<void> {
  const work = await mkdtemp(join(folder, "rewrite-"));
  const tar = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("tar", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  const names = tar("-tzf", path).trim();
  tar("-xzf", path, "-C", work);
  const file = join(work, "manifest.json");
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, "utf8")))));
  const list = join(work, "names");
  await writeFile(list, names);
  tar("-czf", to, "-C", work, "--no-recursion", "-T", list);
  await rm(work, { recursive: true });
}
