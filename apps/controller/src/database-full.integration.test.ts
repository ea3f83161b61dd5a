/** PostgreSQL's own disk is full: everything is refused in words, nothing is lost or doubled, and all recovers by itself. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@madang/db";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { migrate } from "../../../boot/migrations.mjs";
import { startTemporaryPostgres, type TemporaryPostgres } from "../../../boot/temporary-postgres.mjs";
// The agent's own tests made it.
import { canMount, openSmallDisk, type SmallDisk } from "../../agent/src/testing/small-disk.ts";
import { type Answer, type Ask, clientOf } from "./testing/client.ts";
import { type Cloud, eventually, startCloud } from "./testing/whole-cloud.ts";

const diskMib = 224;

const page = z.object({ items: z.array(z.object({ id: z.string() })) });
const projects = z.object({ projects: z.array(z.object({ id: z.string() })) });

// Mounting a file system needs root and CAP_SYS_ADMIN.
describe.skipIf(!canMount)("a database without space", { timeout: 300_000 }, () => {
  let disk: SmallDisk;
  let usual: string | undefined;
  let postgres: TemporaryPostgres;
  let cloud: Cloud;
  let ask: Ask;
  let wish: { projectId: string; imageId: string; flavorId: string };
  beforeAll(async () => {
    disk = openSmallDisk(diskMib);
    usual = process.env.TMPDIR;
    process.env.TMPDIR = disk.path;
    postgres = await startTemporaryPostgres();
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    const { url, logs, stop } = postgres;
    await migrate({ url, logs, env: process.env });
    await prepare(url);
    cloud = await startCloud({ slowMs: 0, hypervisors: 1, database: { url, drop: stop }, pages: false });
    ask = clientOf(cloud.url, cloud.cookie());
    wish = await readWish();
  }, 300_000);
  afterAll(async () => {
    disk?.free();
    await cloud?.close();
    disk?.close();
  }, 120_000);

  /** What is said to be committed stays, and its log does not grow to more than the disk holds. */
  async function prepare(url: string): Promise<void> {
    const { pool, close } = openDatabase(url, 1);
    await pool.query("ALTER SYSTEM SET max_wal_size = '48MB'");
    await pool.query("ALTER SYSTEM SET min_wal_size = '32MB'");
    await pool.query("SELECT pg_reload_conf()");
    await pool.query("ALTER DATABASE madang SET synchronous_commit = on");
    await close();
  }

  async function readWish() {
    const me = projects.parse((await ask("account.me", {}, "GET")).data);
    const projectId = me.projects[0]?.id ?? "";
    const first = async (path: string, sort: object) =>
      page.parse((await ask(path, { projectId, ...sort }, "GET")).data).items[0]?.id ?? "";
    await onDatabase('UPDATE quota_default SET "limit" = -1');
    return {
      projectId,
      imageId: await first("image.list", {}),
      flavorId: await first("flavor.list", { sort: "ramMib" }),
    };
  }

  async function onDatabase<Row extends object>(sql: string): Promise<Row[]> {
    const { pool, close } = openDatabase(postgres.url, 1);
    try {
      return (await pool.query<Row>(sql)).rows;
    } finally {
      await close();
    }
  }

  const launch = (id: string): Promise<Answer> =>
    ask("instance.launch", {
      ids: [id],
      ...wish,
      name: "web",
      keyPairId: null,
      password: null,
      // Fills the disk sooner, is the same each time this id is asked for, and can't be pressed together.
      userData: createHash("shake256", { outputLength: 30_000 }).update(id).digest("base64"),
      deleteProtection: false,
    });

  const guests = z.array(z.object({ guestId: z.string(), running: z.boolean() }));
  async function running(): Promise<string[]> {
    const text = await readFile(join(cloud.data, "agent", "simulated.json"), "utf8").catch(() => "[]");
    return guests.parse(JSON.parse(text)).flatMap(({ guestId, running: runs }) => (runs ? [guestId] : []));
  }

  it("refuses in words, keeps guests, loses and doubles nothing, and recovers by itself", async () => {
    const before = Array.from({ length: 3 }, () => crypto.randomUUID());
    for (const id of before) expect(await launch(id)).toMatchObject({ code: null });
    await eventually(async () => (await running()).length === before.length);
    const kept = await running();

    await disk.fill();
    const tried: string[] = [];
    const refused: Answer[] = [];
    const accepted: string[] = [];
    while (refused.length < 30 && tried.length < 3_000) {
      const id = crypto.randomUUID();
      tried.push(id);
      const answer = await launch(id);
      if (answer.code === null) accepted.push(id);
      else refused.push(answer);
    }
    expect(refused.length).toBeGreaterThanOrEqual(30);
    for (const answer of refused) expect(answer).toMatchObject({ status: 503, code: "Unavailable" });
    const reasons = new Set(refused.map(({ reason }) => reason));
    expect([...reasons].filter((reason) => reason !== "storageFull" && reason !== "busy")).toEqual([]);
    // A crash in the middle of it, as when the log itself finds no room: the supervisor tries until there is some.
    const file = join(postgres.data, "run", "postgres.pid");
    process.kill(Number((await readFile(file, "utf8")).split(" ")[0]), "SIGKILL");
    for (let count = 0; count < 10; count++) {
      const id = crypto.randomUUID();
      tried.push(id);
      const answer = await launch(id);
      if (answer.code === null) accepted.push(id);
      else expect(answer).toMatchObject({ status: 503, code: "Unavailable" });
    }
    process.stdout.write(
      `database full: ${accepted.length} more fitted, ${refused.length} were refused for ${[...reasons].join(", ")}\n`,
    );
    expect(await running()).toEqual(expect.arrayContaining(kept));

    disk.free();
    const all = [...before, ...tried];
    // Asked again with the same ids, as any client would.
    for (const id of all) await eventually(async () => (await launch(id)).code === null);
    const rows = await onDatabase<{ id: string }>("SELECT id FROM instance");
    expect(rows.map(({ id }) => id).toSorted()).toEqual(all.toSorted());
    await eventually(async () => {
      const [count] = await onDatabase<{ active: number }>(
        "SELECT count(*)::int AS active FROM instance WHERE status = 'ACTIVE'",
      );
      return count?.active === all.length;
    });
    expect(await running()).toHaveLength(all.length);
    expect(await running()).toEqual(expect.arrayContaining(kept));
    await eventually(async () => (await fetch(`${cloud.url}/api/health`)).status === 200);
  });
});
