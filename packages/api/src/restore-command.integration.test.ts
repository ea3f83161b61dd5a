/** `npm run backup` and `npm run restore` as people run them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@madang/db";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { verifyCredentials } from "./admission/sign-in.ts";
import { createUser } from "./admission/user.ts";
import { emptyDatabase, openTestCloud, type TestCloud } from "./testing.ts";

const repository = join(import.meta.dirname, "../../..");
const password = "correct horse battery staple";
let cloud: TestCloud;
let folder: string;
let archive: string;

function run(file: string, args: string[], env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, file), ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: "test", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  return { status, told: stdout + stderr };
}

const running: ChildProcess[] = [];

/** One that is met while it works. */
function begin(file: string, args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [join(repository, file), ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: "test", ...env },
    stdio: "ignore",
  });
  running.push(child);
  return { child, ended: once(child, "exit") };
}

/** Connections that want the table wait for as long as this one is open. */
async function hold(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  return client;
}

async function waitsInDatabase(url: string): Promise<boolean> {
  const client = await hold(url, "");
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  await client.end();
  return (rowCount ?? 0) > 0;
}

beforeAll(async () => {
  cloud = await openTestCloud();
  folder = await mkdtemp(join(tmpdir(), "madang-restore-"));
  // PostgreSQL's own user passes through it.
  await chmod(folder, 0o711);
  archive = join(folder, "cloud.tar.gz");
  const data = join(folder, "data");
  for (const name of ["secrets", "ca"]) await mkdir(join(data, name), { recursive: true });
  for (const name of ["ca.key", "ca.pem"]) await writeFile(join(data, "ca", name), name);
  for (const name of ["session.key", "seal.key"])
    await writeFile(join(data, "secrets", name), "ab".repeat(32));
  const domainId = (await cloud.database.prisma.domain.findFirstOrThrow()).id;
  const user = { name: "mina", email: null, password, mustChangePassword: false };
  await createUser(cloud.database.prisma, domainId, user);
  const made = run("apps/web/server/backup.ts", [archive], {
    MADANG_DATA: data,
    DATABASE_URL: cloud.database.url,
  });
  expect(made.told).toContain(`${"a".repeat(64)}  tiny`);
  expect(made.status).toBe(0);
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
});

test("into a database of one's own: people sign in with their passwords", async () => {
  const empty = await emptyDatabase();
  const data = join(folder, "own-database");
  const { status, told } = run("boot/restore.mjs", [archive], { MADANG_DATA: data, DATABASE_URL: empty.url });
  expect(told).toContain("are restored to");
  expect(status).toBe(0);
  expect((await readdir(join(data, "secrets"))).toSorted()).toEqual([
    "postgres.password",
    "seal.key",
    "session.key",
  ]);
  const database = openDatabase(empty.url, 4);
  const signedIn = await verifyCredentials(
    { ...cloud.deps, admission: database },
    {
      username: "mina",
      password,
      code: "",
      earlierSessionId: null,
      address: "192.0.2.8",
      userAgent: "",
      requestId: "r",
    },
  );
  expect(signedIn).toHaveProperty("sessionId");
  await database.close();
  await empty.drop();
});

test("into an empty folder with its own PostgreSQL, which has ended when the command has", async () => {
  const data = join(folder, "embedded");
  const { status, told } = run("boot/restore.mjs", [archive], { MADANG_DATA: data });
  expect(told).toContain("Start with npm start");
  expect(status).toBe(0);
  expect(existsSync(join(data, "postgres/PG_VERSION"))).toBe(true);
  expect(existsSync(join(data, "postgres/postmaster.pid"))).toBe(false);
  expect(existsSync(join(data, "lock"))).toBe(false);
  const again = run("boot/restore.mjs", [archive], { MADANG_DATA: data });
  expect([again.status, again.told]).toEqual([1, expect.stringContaining("is not empty")]);
  expect(existsSync(join(data, "postgres/PG_VERSION"))).toBe(true);
});

test("what can't be restored leaves everything as it was", async () => {
  const data = join(folder, "refused");
  const strange = join(folder, "strange.tar.gz");
  await writeFile(strange, "not an archive");
  const bad = run("boot/restore.mjs", [strange], { MADANG_DATA: data });
  expect([bad.status, bad.told]).toEqual([1, expect.stringContaining("no backup of Madang")]);
  expect(existsSync(data)).toBe(false);
  const missing = run("boot/restore.mjs", [join(folder, "nowhere")], { MADANG_DATA: data });
  expect([missing.status, missing.told]).toEqual([1, expect.stringContaining("ENOENT")]);
  const full = run("boot/restore.mjs", [archive], { MADANG_DATA: data, DATABASE_URL: cloud.database.url });
  expect([full.status, full.told]).toEqual([1, expect.stringContaining("not empty")]);
  expect(await readdir(data)).toEqual([]);
});

const patience = { timeout: 60_000, interval: 100 };

test("cut off halfway: no start makes a new cloud of it, nobody else clears it, another restoration begins anew", async () => {
  const empty = await emptyDatabase();
  const data = join(folder, "cut-off");
  const env = { MADANG_DATA: data, DATABASE_URL: empty.url };
  const held = await hold(empty.url, "SELECT pg_advisory_xact_lock(hashtext('madang_restore'))");
  const { child, ended } = begin("boot/restore.mjs", [archive], env);
  await vi.waitUntil(() => waitsInDatabase(empty.url), patience);
  const there = await readdir(data);
  expect(there).toEqual(expect.arrayContaining(["lock", "restoring", "secrets"]));
  const second = run("boot/restore.mjs", [archive], env);
  expect([second.status, second.told]).toEqual([1, expect.stringContaining("is running on the data folder")]);
  expect(await readdir(data)).toEqual(there);
  child.kill("SIGKILL");
  await ended;
  const start = run("boot/start.mjs", [], { ...env, MADANG_HYPERVISOR: "simulated" });
  expect([start.status, start.told]).toEqual([1, expect.stringContaining("was cut off")]);
  expect(await readdir(join(data, "secrets"))).toContain("seal.key");
  // What it had begun outlives it, and must not come to its end here.
  await held.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await held.end();
  await vi.waitUntil(async () => !(await waitsInDatabase(empty.url)), patience);
  const again = run("boot/restore.mjs", [archive], env);
  expect([again.status, again.told]).toEqual([0, expect.stringContaining("are restored to")]);
  expect(await readdir(data)).not.toContain("restoring");
  await empty.drop();
});

test("a folder that fills while the archive is judged is left alone", async () => {
  const data = join(folder, "filled-meanwhile");
  const judged = join(folder, "slow.tar.gz");
  spawnSync("mkfifo", [judged]);
  const { ended } = begin("boot/restore.mjs", [judged], { MADANG_DATA: data });
  // It opens when somebody reads, who has looked at the folder before.
  const pipe = await open(judged, "w");
  await mkdir(join(data, "secrets"), { recursive: true });
  await writeFile(join(data, "secrets/seal.key"), "of a living cloud");
  await pipe.writeFile(await readFile(archive));
  await pipe.close();
  expect((await ended)[0]).toBe(1);
  expect(await readFile(join(data, "secrets/seal.key"), "utf8")).toBe("of a living cloud");
});

test("a backup that is broken off leaves no file with keys in it", async () => {
  const held = await hold(cloud.database.url, "LOCK TABLE event IN ACCESS EXCLUSIVE MODE");
  const { child, ended } = begin("apps/web/server/backup.ts", [join(folder, "broken-off.tar.gz")], {
    MADANG_DATA: join(folder, "data"),
    DATABASE_URL: cloud.database.url,
  });
  const unfinished = async () => (await readdir(folder)).some((name) => name.endsWith(".unfinished"));
  await vi.waitUntil(unfinished, patience);
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
  expect(await unfinished()).toBe(false);
  await held.end();
});
