/** `npm run backup` and `npm run restore` as people run them. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@madang/db";
import { afterAll, beforeAll, expect, test } from "vitest";
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

beforeAll(async () => {
  cloud = await openTestCloud();
  folder = await mkdtemp(join(tmpdir(), "madang-restore-"));
  // PostgreSQL's own user passes through it.
  await chmod(folder, 0o711);
  archive = join(folder, "cloud.tar.gz");
  const data = join(folder, "data");
  await mkdir(join(data, "secrets"), { recursive: true });
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
