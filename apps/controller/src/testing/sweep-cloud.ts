/** Clouds for the convergence sweep: real processes that end where they are told to, on a PostgreSQL that may end too. */
import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Topology } from "@madang/core/network/topology";
import { type Database, openDatabase } from "@madang/db";
import pg from "pg";
import { z } from "zod";
import { migrate } from "../../../../boot/migrations.mjs";
import { startTemporaryPostgres } from "../../../../boot/temporary-postgres.mjs";
import { makeSweepProcess, type SweepProcess } from "./sweep-process.ts";
import {
  eventually,
  fingerprint,
  freePort,
  password,
  repository,
  type Session,
  signIn,
} from "./whole-cloud.ts";

const run = promisify(execFile);

export type SweepServer = {
  /** Holds everything of this sweep. */
  folder: string;
  /** A migrated cloud with its first administrator, to be cloned. */
  template: string;
  joinTokens: string[];
  /** SIGQUIT, PostgreSQL's immediate shutdown: no goodbye, recovery at the next start, which is at once. */
  restart: () => Promise<void>;
  close: () => Promise<void>;
};

/** `tokens`: how many hypervisors a cloud on it may have. */
export async function startSweepServer(tokens = 8): Promise<SweepServer> {
  const server = await startTemporaryPostgres();
  const folder = await mkdtemp(join(tmpdir(), "madang-sweep-"));
  const close = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([
      migrate({ url: server.url, logs: server.logs, env: { PATH: "/usr/bin:/bin" } }),
      warmUp(compiled(folder)),
    ]);
    await mkdir(join(folder, "secrets"));
    for (const name of ["session.key", "seal.key"])
      await writeFile(join(folder, "secrets", name), randomBytes(32).toString("hex"), { mode: 0o600 });
    const joinTokens = await bootstrap(server.url, folder, tokens);
    const limitless = `INSERT INTO quota_default VALUES ('instances', -1), ('cores', -1), ('ram', -1)
      ON CONFLICT (resource) DO UPDATE SET "limit" = -1`;
    await execute(server.url, limitless);
    await execute(server.url, anotherProject);
    const restart = () => restartPostgres(join(server.data, "run", "postgres.pid"), server.url);
    return { folder, template: server.url, joinTokens, restart, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const anotherProject = `WITH made AS (INSERT INTO project (id, domain_id, name)
    SELECT gen_random_uuid(), domain_id, 'second' FROM project RETURNING id)
  INSERT INTO role_assignment (user_id, project_id, role)
    SELECT r.user_id, made.id, r.role FROM made, role_assignment r`;

const compiled = (folder: string) => join(folder, "compiled");

/** Processes that are killed never write what they compiled; this one does, and each start after it is cheap. */
async function warmUp(cache: string): Promise<void> {
  const modules = ["apps/controller/src/loop.ts", "apps/agent/src/hypervisor.ts", "apps/web/server/web.ts"];
  const imports = modules.map((path) => `await import(${JSON.stringify(join(repository, path))});`);
  const code = ['await import("reflect-metadata");', ...imports, "process.exit(0);"].join("\n");
  const env = { PATH: "/usr/bin:/bin", NODE_COMPILE_CACHE: cache };
  await run(process.execPath, ["--input-type=module", "-e", code], {
    cwd: join(repository, "apps/web"),
    env,
  });
}

async function bootstrap(url: string, folder: string, tokens: number): Promise<string[]> {
  await writeFile(join(folder, "disk.img"), randomBytes(1024 * 1024));
  const env = {
    PATH: "/usr/bin:/bin",
    DATABASE_URL: url,
    MADANG_DATA: folder,
    MADANG_ADMIN_PASSWORD: password,
    MADANG_IMAGE_FILES: `disk=${folder}/disk.img`,
  };
  const args = ["apps/web/server/bootstrap.ts", "--join-token", "host", "--hypervisors", String(tokens)];
  const { stdout } = await run(process.execPath, args, { cwd: repository, env });
  return z.object({ joinToken: z.string() }).parse(JSON.parse(stdout)).joinToken.split(",");
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

async function restartPostgres(pidFile: string, url: string): Promise<void> {
  const pid = async () => Number((await readFile(pidFile, "utf8")).split(" ")[0]);
  const ended = await pid();
  process.kill(ended, "SIGQUIT");
  await eventually(async () => (await pid()) !== ended);
  await eventually(async () => {
    await execute(url, "SELECT 1");
    return true;
  });
}

export type Role = "controller" | "web" | "agent";

const simulatedGuest = z.object({
  guestId: z.uuid(),
  running: z.boolean(),
  rebootSeq: z.int(),
  vcpus: z.int(),
  ramMib: z.int(),
  starts: z.int(),
  disks: z.array(z.object({ attachmentId: z.string(), volumeId: z.string() })),
});
export type SimulatedGuest = z.infer<typeof simulatedGuest> & { hypervisor: string };

const simulatedVolume = z.object({
  volumeId: z.uuid(),
  sizeBytes: z.int(),
  snapshots: z.array(z.object({ snapshotId: z.string() })),
  copies: z.array(z.string()),
  revertSeq: z.int(),
});
export type SimulatedVolume = z.infer<typeof simulatedVolume> & { hypervisor: string };

export type SweepCloud = {
  database: Database;
  /** Two of them; the administrator works in both. */
  projectIds: [string, string];
  imageId: string;
  flavorIds: string[];
  /** Two of each where two were asked for; there is one agent process, for all hypervisors. */
  processes: Record<Role, SweepProcess[]>;
  call: Session["call"];
  /** By hypervisor (`host-1`) or `*`. */
  turnKnobs: (wishes: { [hypervisor: string]: object }) => Promise<void>;
  /** What the simulators hold, read where they keep it. */
  guests: () => Promise<SimulatedGuest[]>;
  volumes: () => Promise<SimulatedVolume[]>;
  /** What the simulated network holds, read where it keeps it; null: nothing yet. */
  network: () => Promise<Topology | null>;
  /** Makes the leases of killed controllers run out now and not in ten seconds. */
  endLeases: () => Promise<void>;
  close: () => Promise<void>;
};

export type SweepSettings = { hypervisors: number; controllers?: number; webs?: number; slowMs?: number };

export async function startSweepCloud(
  server: SweepServer,
  name: string,
  settings: SweepSettings,
): Promise<SweepCloud> {
  const databaseUrl = server.template.replace(/[^/]+$/, name);
  const administration = server.template.replace(/[^/]+$/, "postgres");
  await execute(administration, `CREATE DATABASE ${name} TEMPLATE madang`);
  // What it said it had committed is there after a restart; tests' servers are careless otherwise.
  await execute(administration, `ALTER DATABASE ${name} SET synchronous_commit = on`);
  const data = join(server.folder, name);
  await mkdir(data);
  const common = {
    PATH: "/usr/bin:/bin",
    NODE_ENV: "production",
    NODE_COMPILE_CACHE: compiled(server.folder),
    MADANG_DATA: data,
    MADANG_SECRETS: join(server.folder, "secrets"),
    MADANG_NETWORK: "simulated",
    LOG_LEVEL: "debug",
  };
  const inside = { ...common, DATABASE_URL: databaseUrl };
  const log = (role: string) => join(data, `${role}.log`);
  const controllers = numbered(settings.controllers ?? 1).map((n) =>
    makeSweepProcess(`controller-${n}`, ["apps/controller/src/main.ts"], inside, log(`controller-${n}`)),
  );
  const webs = await Promise.all(
    numbered(settings.webs ?? 1).map((n) => makeWeb(inside, log(`web-${n}`), n)),
  );
  await Promise.all([...controllers, ...webs.map(({ process }) => process)].map((one) => one.start()));
  const agent = makeSweepProcess(
    "agent",
    ["apps/agent/src/main.ts"],
    {
      ...common,
      MADANG_AGENT_URL: webs.map(({ agentUrl }) => agentUrl).join(","),
      MADANG_HYPERVISOR: "simulated",
      MADANG_HYPERVISOR_NAME: "host",
      MADANG_SIMULATED: String(settings.hypervisors),
      MADANG_SIMULATED_SLOW_MS: String(settings.slowMs ?? 0),
      MADANG_CA_FINGERPRINT: await fingerprint(join(data, "ca", "ca.pem")),
      MADANG_JOIN_TOKEN: server.joinTokens.slice(0, settings.hypervisors).join(","),
    },
    log("agent"),
  );
  await agent.start();
  const processes = { controller: controllers, web: webs.map(({ process }) => process), agent: [agent] };
  const database = openDatabase(databaseUrl, 6);
  const close = async () => {
    await Promise.all(Object.values(processes).flatMap((all) => all.map((one) => one.kill())));
    await database.close();
  };
  try {
    const { pool } = database;
    await untilUp(database, settings.hypervisors);
    const ids = async (sql: string) => (await pool.query<{ id: string }>(sql)).rows.map(({ id }) => id);
    const [first = "", second = ""] = await ids("SELECT id FROM project ORDER BY name");
    const projectIds: [string, string] = [first, second];
    const [imageId = ""] = await ids("SELECT id FROM image");
    const flavorIds = await ids("SELECT id FROM flavor WHERE ram_mib <= 512 ORDER BY ram_mib");
    const turnKnobs = async (wishes: object) => {
      const path = join(data, "agent", "knobs.json");
      await writeFile(`${path}.new`, JSON.stringify(wishes), { mode: 0o600 });
      await rename(`${path}.new`, path);
    };
    const endLeases = async () => {
      const sql = `UPDATE pgboss.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`;
      await pool.query(sql);
    };
    const folders = numbered(settings.hypervisors).map((n) =>
      settings.hypervisors === 1 ? join(data, "agent") : join(data, "agent", String(n)),
    );
    const call = callAny(await Promise.all(webs.map(({ url }) => signInPatiently(url))));
    const guests = async () =>
      (await Promise.all(folders.map((folder) => readHeld(folder, "simulated.json", simulatedGuest)))).flat();
    const volumes = async () =>
      (
        await Promise.all(
          folders.map((folder) => readHeld(folder, "simulated-volumes.json", simulatedVolume)),
        )
      ).flat();
    const network = () => readNetwork(join(data, "network.json"));
    for (const projectId of projectIds) await addNetwork(call, projectId);
    const told = { database, projectIds, imageId, flavorIds, processes };
    return { ...told, call, turnKnobs, guests, volumes, network, endLeases, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

async function makeWeb(inside: Record<string, string>, log: string, number: number) {
  const [port, agentPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const agentUrl = `https://127.0.0.1:${agentPort}`;
  const env = {
    ...inside,
    PORT: String(port),
    MADANG_URL: url,
    MADANG_AGENT_PORT: String(agentPort),
    MADANG_AGENT_URL: agentUrl,
  };
  const process = makeSweepProcess(`web-${number}`, ["apps/web/server/main.ts", "--no-pages"], env, log);
  return { process, url, agentUrl };
}

async function signInPatiently(url: string): Promise<Session["call"]> {
  let session: Session | null = null;
  await eventually(async () => {
    session = await signIn(url);
    await session.call("GET", "account.me", {});
    return true;
  });
  const found: Session | null = session;
  if (!found) throw new Error("nobody signed in");
  return z.custom<Session>().parse(found).call;
}

/** As a browser behind a load balancer: the next one when one cannot be reached. */
function callAny(calls: readonly Session["call"][]): Session["call"] {
  return async (...request) => {
    let refused: unknown;
    for (const call of calls) {
      try {
        return await call(...request);
      } catch (error) {
        refused = error;
        if (!(error instanceof TypeError)) throw error;
      }
    }
    throw refused;
  };
}

async function untilUp({ pool }: Database, count: number): Promise<void> {
  const sql = "SELECT count(*)::int AS up FROM hypervisor WHERE last_seen_at IS NOT NULL";
  await eventually(async () => (await pool.query<{ up: number }>(sql)).rows[0]?.up === count);
}

/** What a simulator of that hypervisor's keeps in that file. */
async function readHeld<Held extends z.ZodType<object>>(folder: string, file: string, one: Held) {
  const text = await readFile(join(folder, file), "utf8").catch(() => "[]");
  return z
    .array(one)
    .parse(JSON.parse(text))
    .map((held) => ({ ...held, hypervisor: folder }));
}

/** What is launched in a project with one network gets an interface there. */
async function addNetwork(call: Session["call"], projectId: string): Promise<void> {
  const subnet = { id: randomUUID(), name: "swept", cidr: "10.9.0.0/20" };
  await call("POST", "network.create", { id: randomUUID(), projectId, name: "swept", subnet });
}

async function readNetwork(path: string): Promise<Topology | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  return text === null ? null : z.custom<Topology>().parse(JSON.parse(text));
}
