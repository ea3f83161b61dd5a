/** Processes whose clocks are minutes apart, from each other and from the database. */
import { openDatabase } from "@madang/db";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { z } from "zod";
import { type Ask, clientOf } from "./testing/client.ts";
import { type Cloud, eventually, startCloud } from "./testing/whole-cloud.ts";

const twoMinutes = 120_000;
const module = new URL("./testing/shifted-clock.mjs", import.meta.url);
const at = (ms: number) => ({ NODE_OPTIONS: `--import ${module.href}?ms=${ms}` });
const page = z.object({ items: z.array(z.object({ id: z.string() })) });
const hypervisorPage = z.object({ items: z.array(z.object({ state: z.string() })) });

describe("clocks two minutes apart", { timeout: 300_000 }, () => {
  let cloud: Cloud;
  let ask: Ask;
  let wish: { projectId: string; imageId: string; flavorId: string };
  beforeAll(async () => {
    cloud = await startCloud({
      slowMs: 0,
      hypervisors: 1,
      pages: false,
      envOf: { controller: at(twoMinutes), web: at(-twoMinutes), agent: at(twoMinutes) },
    });
    ask = clientOf(cloud.url, cloud.cookie());
    const me = z.object({ projects: z.array(z.object({ id: z.string() })) });
    const projectId = me.parse((await ask("account.me", {}, "GET")).data).projects[0]?.id ?? "";
    const first = async (path: string, sort = {}) =>
      page.parse((await ask(path, { projectId, ...sort }, "GET")).data).items[0]?.id ?? "";
    wish = {
      projectId,
      imageId: await first("image.list"),
      flavorId: await first("flavor.list", { sort: "ramMib" }),
    };
  }, 180_000);
  afterAll(() => cloud?.close(), 60_000);

  async function launch(): Promise<string> {
    const id = crypto.randomUUID();
    const rest = { name: "clock", keyPairId: null, password: null, userData: null, deleteProtection: false };
    expect(await ask("instance.launch", { ids: [id], ...wish, ...rest })).toMatchObject({ code: null });
    return id;
  }
  const read = async (id: string) =>
    z
      .object({ status: z.string(), taskState: z.string().nullable(), hypervisorReachable: z.boolean() })
      .parse((await ask("instance.get", { projectId: wish.projectId, id }, "GET")).data);
  const becomes = (id: string, status: string) =>
    eventually(async () => {
      const { status: now, taskState } = await read(id);
      return now === status && taskState === null;
    });
  const state = async () =>
    hypervisorPage
      .parse((await ask("admin.hypervisor.list", {}, "GET")).data)
      .items.map((item) => item.state);

  /** The whole life of an instance, with a console, and no time in it that can't be. */
  async function live(): Promise<void> {
    await eventually(async () => (await state()).join() === "up");
    const id = await launch();
    await becomes(id, "ACTIVE");
    expect(await read(id)).toMatchObject({ hypervisorReachable: true });
    await openConsole(id);
    await ask("instance.stop", { projectId: wish.projectId, id });
    await becomes(id, "SHUTOFF");
    await ask("instance.start", { projectId: wish.projectId, id });
    await becomes(id, "ACTIVE");
    await ask("instance.delete", { projectId: wish.projectId, id });
    await eventually(async () => (await count("SELECT count(*)::int AS count FROM instance")) === 0);
    expect((await fetch(`${cloud.url}/api/health`)).status).toBe(200);
  }

  async function openConsole(id: string): Promise<void> {
    const { data } = await ask("instance.openConsole", { projectId: wish.projectId, id, kind: "log" });
    const { path } = z.object({ path: z.string() }).parse(data);
    const headers = { cookie: cloud.cookie(), origin: cloud.url };
    const socket = new WebSocket(`${cloud.url.replace("http", "ws")}${path}`, { headers });
    expect(await new Promise<number>((resolve) => socket.once("close", resolve))).toBe(1000);
  }

  async function count(sql: string): Promise<number> {
    const { pool, close } = openDatabase(cloud.databaseUrl, 1);
    try {
      const { rows } = await pool.query<{ count: number }>(sql);
      return rows[0]?.count ?? Number.NaN;
    } finally {
      await close();
    }
  }

  it("change nothing: controller and agent ahead, web behind", live);

  it("change nothing the other way round, with two controllers that disagree by four minutes", async () => {
    const id = await launch();
    await becomes(id, "ACTIVE");
    for (const name of ["controller", "web", "agent"] as const) await cloud.kill(name);
    cloud.start("controller", at(-twoMinutes));
    cloud.start("controller", at(twoMinutes));
    cloud.start("web", at(twoMinutes));
    cloud.start("agent", at(-twoMinutes));
    await eventually(async () => (await fetch(`${cloud.url}/api/health`)).status === 200);
    await becomes(id, "ACTIVE");
    await ask("instance.delete", { projectId: wish.projectId, id });
    await eventually(async () => (await count("SELECT count(*)::int AS count FROM instance")) === 0);
    await live();
  });

  it("leave no time in the tables that is not the database's", async () => {
    const near = (column: string, table: string) =>
      `SELECT '${table}.${column}' AS name, count(*) FILTER (WHERE ${column} > now() + interval '20 seconds')::int AS ahead,
        count(${column})::int AS rows FROM ${table}`;
    const { pool, close } = openDatabase(cloud.databaseUrl, 1);
    const columns = [
      near("last_seen_at", "hypervisor"),
      near("last_seen_at", "process"),
      near("started_at", "process"),
      near("finished_at", "operation"),
      near("created_at", "session"),
      near("last_seen_at", "session"),
      near("closed_at", "console_session"),
    ];
    const { rows } = await pool.query<{ name: string; ahead: number; rows: number }>(
      columns.join(" UNION ALL "),
    );
    const { rows: odd } = await pool.query<{ kind: string }>(
      "SELECT kind FROM operation WHERE finished_at < created_at OR finished_at > created_at + interval '100 seconds'",
    );
    await close();
    expect(rows.filter(({ ahead }) => ahead > 0)).toEqual([]);
    expect(rows.find(({ name }) => name === "operation.finished_at")?.rows).toBeGreaterThan(5);
    expect(odd).toEqual([]);
  });
});
