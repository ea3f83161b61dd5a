/**
 * A cloud of several of everything for tests: each process a real one that can be killed, frozen and started again by
 * itself; one database, one set of secrets, one certificate authority. Web processes serve no pages: nobody looks at any.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type FreshDatabase, freshDatabase } from "@madang/db/testing";
import { z } from "zod";
import {
  eventually,
  fingerprint,
  freePort,
  password,
  repository,
  type Session,
  signIn,
} from "./whole-cloud.ts";

export type Process = {
  name: string;
  /** `from`: another copy of the whole to run it from. */
  start: (from?: string) => void;
  /** Waits until it is gone; answers its exit code, null after a kill or when it was not running. */
  signal: (which: NodeJS.Signals) => Promise<number | null>;
  kill: () => Promise<void>;
  /** SIGSTOP: it says nothing, and its connections stay open. */
  freeze: () => void;
  thaw: () => void;
  logs: () => Promise<string>;
  /** Resolves when its first run is over. */
  ended: Promise<void>;
};
export type Web = Process & { url: string; agentUrl: string };
export type Agent = Process & {
  directory: string;
  /** What its simulated hypervisor holds. */
  guests: () => Promise<SimulatedGuest[]>;
};

const simulatedGuest = z.object({ guestId: z.uuid(), running: z.boolean(), starts: z.int() });
export type SimulatedGuest = z.infer<typeof simulatedGuest>;

export type SeveralCloud = {
  data: string;
  databaseUrl: string;
  /** SHA-256 of the authority's certificate. */
  authority: string;
  webs: Web[];
  controllers: Process[];
  agents: Agent[];
  /** As the administrator. */
  signIn: (web: Web) => Promise<Session>;
  close: () => Promise<void>;
};

export type SeveralSettings = {
  webs: number;
  controllers: number;
  agents: number;
  /** How long a simulated guest takes for each change of power, ms. */
  slowMs?: number;
  env?: { controller?: Record<string, string> };
  /** Real guests of this image under the libvirt in this folder, instead of simulated ones. */
  libvirt?: { dir: string; image: string };
  /** Migrated already, and this cloud's to drop. */
  database?: FreshDatabase;
};

/** Everything is up, and every hypervisor too, when it resolves; a failure on the way leaves nothing running. */
export async function startSeveral(settings: SeveralSettings): Promise<SeveralCloud> {
  const fresh = settings.database ?? (await freshDatabase());
  const data = await mkdtemp(join(tmpdir(), "madang-several-"));
  // QEMU's user passes through to its disks.
  await chmod(data, 0o711);
  const processes: Process[] = [];
  const close = async () => {
    for (const process of processes) process.thaw();
    await Promise.all(processes.map((process) => process.kill()));
    await fresh.drop();
    await rm(data, { recursive: true, force: true });
  };
  try {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const starting = startAll(settings, fresh.url, data, (process) => {
      processes.push(process);
      process.start();
      process.ended.then(async () => reject(new Error(`${process.name} ended:\n${await process.logs()}`)));
    });
    failed.catch(() => {});
    return { ...(await Promise.race([starting, failed])), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startAll(
  settings: SeveralSettings,
  databaseUrl: string,
  data: string,
  run: (process: Process) => void,
): Promise<Omit<SeveralCloud, "close">> {
  const { libvirt } = settings;
  const common = await prepare(databaseUrl, data);
  const image = libvirt?.image ?? (await randomDisk(data));
  const add = <P extends Process>(process: P): P => {
    run(process);
    return process;
  };
  const tokens = await joinTokens(common, image, settings.agents);
  const controllers = numbered(settings.controllers).map((number) =>
    add(
      makeProcess(data, `controller-${number}`, ["apps/controller/src/main.ts"], {
        ...common,
        MADANG_CONTROLLER_WORKERS: "4",
        ...settings.env?.controller,
      }),
    ),
  );
  const webs: Web[] = [];
  for (const number of numbered(settings.webs)) webs.push(add(await makeWeb(common, data, number)));
  const authority = await fingerprint(join(data, "ca", "ca.pem"));
  await eventually(async () => (await Promise.all(webs.map(isHealthy))).every(Boolean));
  const agents = numbered(settings.agents).map((number) =>
    add(
      makeAgent(common, data, webs, number, {
        MADANG_CA_FINGERPRINT: authority,
        MADANG_JOIN_TOKEN: tokens[number - 1] ?? "",
        MADANG_SIMULATED_SLOW_MS: String(settings.slowMs ?? 0),
        ...(libvirt
          ? { MADANG_HYPERVISOR: "libvirt-qemu", MADANG_LIBVIRT_DIR: libvirt.dir, MADANG_VIRT_TYPE: "qemu" }
          : {}),
      }),
    ),
  );
  const [first] = webs;
  if (first) await untilUp(await signIn(first.url), settings.agents);
  return { data, databaseUrl, authority, webs, controllers, agents, signIn: (web) => signIn(web.url) };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

async function prepare(databaseUrl: string, data: string): Promise<Record<string, string>> {
  await mkdir(join(data, "secrets"));
  for (const name of ["session.key", "seal.key"])
    await writeFile(join(data, "secrets", name), randomBytes(32).toString("hex"), { mode: 0o600 });
  return {
    PATH: "/usr/bin:/bin",
    DATABASE_URL: databaseUrl,
    MADANG_DATA: data,
    LOG_LEVEL: "debug",
  };
}

async function randomDisk(data: string): Promise<string> {
  const path = join(data, "disk.img");
  await writeFile(path, randomBytes(1024 * 1024));
  return path;
}

async function joinTokens(common: Record<string, string>, image: string, agents: number): Promise<string[]> {
  const args = ["apps/web/server/bootstrap.ts", "--join-token", "host", "--hypervisors", String(agents)];
  const env = {
    ...common,
    MADANG_ADMIN_PASSWORD: password,
    MADANG_IMAGE_FILES: `disk=${image}`,
    NODE_ENV: "production" as const,
  };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repository, env });
  const { joinToken } = z.object({ joinToken: z.string() }).parse(JSON.parse(stdout));
  return joinToken.split(",");
}

async function makeWeb(common: Record<string, string>, data: string, number: number): Promise<Web> {
  const [port, agentPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const agentUrl = `https://127.0.0.1:${agentPort}`;
  const env = {
    ...common,
    PORT: String(port),
    MADANG_URL: url,
    MADANG_AGENT_PORT: String(agentPort),
    MADANG_AGENT_URL: agentUrl,
  };
  const entry = ["apps/web/server/main.ts", "--no-pages"];
  return { ...makeProcess(data, `web-${number}`, entry, env), url, agentUrl };
}

/** Each begins at another web process and knows all of them. */
function makeAgent(
  common: Record<string, string>,
  data: string,
  webs: readonly Web[],
  number: number,
  more: Record<string, string>,
): Agent {
  const directory = join(data, `agent-${number}`);
  const at = (number - 1) % webs.length;
  const urls = [...webs.slice(at), ...webs.slice(0, at)].map(({ agentUrl }) => agentUrl);
  const { DATABASE_URL: _none, ...rest } = common;
  const env = {
    ...rest,
    MADANG_AGENT_DIR: directory,
    MADANG_AGENT_URL: urls.join(","),
    MADANG_HYPERVISOR: "simulated",
    MADANG_HYPERVISOR_NAME: `host-${number}`,
    ...more,
  };
  const guests = async () => {
    const text = await readFile(join(directory, "simulated.json"), "utf8").catch(() => "[]");
    return z.array(simulatedGuest).parse(JSON.parse(text));
  };
  return { ...makeProcess(data, `agent-${number}`, ["apps/agent/src/main.ts"], env), directory, guests };
}

const children = new Set<ChildProcess>();
// A test that ran out of time ends without its `close`.
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

function makeProcess(data: string, name: string, entry: string[], env: Record<string, string>): Process {
  const logFile = join(data, `${name}.log`);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let child: ChildProcess | null = null;
  const living = () => (child && child.exitCode === null && child.signalCode === null ? child : null);
  const start: Process["start"] = (from = repository) => {
    if (living()) throw new Error(`${name} runs already`);
    const log = createWriteStream(logFile, { flags: "a" });
    const started = spawn(process.execPath, entry, {
      cwd: from,
      env: { ...env, NODE_ENV: "production" },
    });
    started.stdout.pipe(log, { end: false });
    started.stderr.pipe(log, { end: false });
    started.once("close", () => log.end());
    children.add(started);
    started.once("exit", () => {
      children.delete(started);
      end();
    });
    child = started;
  };
  const signal: Process["signal"] = async (which) => {
    const target = living();
    if (!target) return null;
    const gone = once(target, "exit");
    target.kill(which);
    await gone;
    return target.exitCode;
  };
  return {
    name,
    start,
    signal,
    kill: async () => void (await signal("SIGKILL")),
    freeze: () => void living()?.kill("SIGSTOP"),
    thaw: () => void living()?.kill("SIGCONT"),
    logs: () => readFile(logFile, "utf8"),
    ended,
  };
}

const isHealthy = async ({ url }: Web) =>
  (await fetch(`${url}/api/health`).catch(() => null))?.status === 200;

const hypervisors = z.object({ items: z.array(z.object({ state: z.string() })) });

async function untilUp({ call }: Session, count: number): Promise<void> {
  await eventually(async () => {
    const { items } = hypervisors.parse(await call("GET", "admin.hypervisor.list", {}));
    return items.filter(({ state }) => state === "up").length === count;
  });
}
