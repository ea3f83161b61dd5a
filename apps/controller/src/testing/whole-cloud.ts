/** A whole cloud for tests: the real processes on a database of its own, driven over HTTP alone. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type FreshDatabase, freshDatabase } from "@madang/db/testing";
import { z } from "zod";

export const repository = fileURLToPath(new URL("../../../..", import.meta.url));
export const password = "a long enough passphrase 42";

export type Cloud = {
  url: string;
  data: string;
  /** What a browser would send along, and what the agent joined with. */
  cookie: () => string;
  joinToken: string;
  databaseUrl: string;
  /** Calls a procedure as the administrator; throws what the API refuses with. */
  query: (path: string, input: object) => Promise<unknown>;
  mutate: (path: string, input: object) => Promise<unknown>;
  /** `more`: settings of this one process. */
  start: (name: ProcessName, more?: Record<string, string>) => void;
  /** SIGKILL to all of that name, then waits until they are gone. */
  kill: (name: ProcessName) => Promise<void>;
  signal: (name: ProcessName, signal: NodeJS.Signals) => Promise<number | null>;
  logs: (name: ProcessName) => Promise<string>;
  close: () => Promise<void>;
};
type ProcessName = "controller" | "web" | "agent";

const entries: Record<ProcessName, string[]> = {
  controller: ["apps/controller/src/main.ts"],
  web: ["apps/web/server/main.ts", "--dev"],
  agent: ["apps/agent/src/main.ts"],
};

/** `database`: migrated already, and this cloud's to drop; without one the lane's server clones one. */
type Settings = {
  slowMs: number;
  hypervisors: number;
  database?: FreshDatabase;
  /** false: a web process without the portal, which starts much faster. */
  pages?: boolean;
  /** Settings of all processes, and of the first of each. */
  env?: Record<string, string>;
  envOf?: Partial<Record<ProcessName, Record<string, string>>>;
};

export async function startCloud(settings: Settings): Promise<Cloud> {
  const fresh = settings.database ?? (await freshDatabase());
  const data = await mkdtemp(join(tmpdir(), "madang-whole-"));
  await mkdir(join(data, "secrets"));
  for (const name of ["session.key", "seal.key"])
    await writeFile(join(data, "secrets", name), randomBytes(32).toString("hex"), { mode: 0o600 });
  await writeFile(join(data, "disk.img"), randomBytes(1024 * 1024));
  const [port, agentPort] = await Promise.all([freePort(), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  // Next lets one development server at a time into a folder, and a developer may have one.
  const dist = `.next-whole-${port}`;
  const env: NodeJS.ProcessEnv = {
    PATH: "/usr/bin:/bin",
    NODE_ENV: "development",
    DATABASE_URL: fresh.url,
    MADANG_DATA: data,
    MADANG_ADMIN_PASSWORD: password,
    MADANG_IMAGE_FILES: `disk=${join(data, "disk.img")}`,
    PORT: String(port),
    MADANG_LISTEN: "127.0.0.1",
    MADANG_URL: url,
    MADANG_AGENT_PORT: String(agentPort),
    MADANG_AGENT_URL: `https://127.0.0.1:${agentPort}`,
    MADANG_HYPERVISOR: "simulated",
    MADANG_HYPERVISOR_NAME: "host",
    MADANG_SIMULATED: String(settings.hypervisors),
    MADANG_SIMULATED_SLOW_MS: String(settings.slowMs),
    MADANG_DIST: dist,
    MADANG_METRICS_PORT: "0",
    LOG_LEVEL: "debug",
    ...settings.env,
  };
  const argumentsOf = (name: ProcessName) =>
    name === "web" && settings.pages === false ? ["apps/web/server/main.ts", "--no-pages"] : entries[name];
  const children: { name: ProcessName; child: ChildProcess }[] = [];
  // A start that fails half-way, or a test that runs out of time, never comes to `close`.
  process.once("exit", () => {
    for (const { child } of children) child.kill("SIGKILL");
  });
  const start = (name: ProcessName, more: Record<string, string> = {}) => {
    const log = createWriteStream(join(data, `${name}.log`), { flags: "a" });
    const child = spawn(process.execPath, argumentsOf(name), { cwd: repository, env: { ...env, ...more } });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    children.push({ name, child });
  };
  /** Every process of that name that still runs; answers the last one's exit code. */
  const signal = async (name: ProcessName, which: NodeJS.Signals) => {
    const living = children.filter(
      ({ name: own, child }) => own === name && child.exitCode === null && child.signalCode === null,
    );
    const gone = living.map(({ child }) => once(child, "exit"));
    for (const { child } of living) child.kill(which);
    await Promise.all(gone);
    return living.at(-1)?.child.exitCode ?? null;
  };

  const joining = ["--join-token", "host", "--hypervisors", String(settings.hypervisors)];
  const bootstrap = await promisify(execFile)(
    process.execPath,
    ["apps/web/server/bootstrap.ts", ...joining],
    { cwd: repository, env },
  );
  const { joinToken } = z.object({ joinToken: z.string() }).parse(JSON.parse(bootstrap.stdout));
  start("controller", settings.envOf?.controller);
  start("web", settings.envOf?.web);
  env.MADANG_CA_FINGERPRINT = await fingerprint(join(data, "ca", "ca.pem"));
  env.MADANG_JOIN_TOKEN = joinToken;
  start("agent", settings.envOf?.agent);
  await eventually(async () => (await fetch(`${url}/api/health`)).status === 200);
  const { call, cookie } = await signIn(url);

  return {
    url,
    data,
    cookie,
    joinToken,
    databaseUrl: fresh.url,
    query: (path, input) => call("GET", path, input),
    mutate: (path, input) => call("POST", path, input),
    start,
    kill: async (name) => void (await signal(name, "SIGKILL")),
    signal,
    logs: (name) => readFile(join(data, `${name}.log`), "utf8"),
    close: async () => {
      await Promise.all((["agent", "web", "controller"] as const).map((name) => signal(name, "SIGKILL")));
      await fresh.drop();
      for (const folder of [data, join(repository, "apps/web", dist)])
        await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const patienceMs = 120_000;

/** Asks until it is so; what is thrown meanwhile counts as not yet. */
export async function eventually(check: () => Promise<boolean>, withinMs = patienceMs): Promise<void> {
  const until = Date.now() + withinMs;
  let last: unknown = "it stayed false";
  while (Date.now() < until) {
    try {
      if (await check()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("It did not come to pass.", { cause: last });
}

export async function fingerprint(path: string): Promise<string> {
  let found = "";
  await eventually(async () => {
    const { raw } = new X509Certificate(await readFile(path));
    found = createHash("sha256").update(raw).digest("hex");
    return true;
  });
  return found;
}

type Call = (method: "GET" | "POST", path: string, input: object) => Promise<unknown>;

/** `cookie` is what a browser would send along. */
export type Session = { call: Call; cookie: () => string };

export async function signIn(url: string): Promise<Session> {
  const jar = new Map<string, string>();
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const send = async (path: string, init: RequestInit = {}) => {
    const headers = { ...init.headers, cookie: cookie(), origin: url };
    const response = await fetch(`${url}${path}`, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    return response;
  };
  const { csrfToken } = z
    .object({ csrfToken: z.string() })
    .parse(await (await send("/api/auth/csrf")).json());
  const form = new URLSearchParams({ csrfToken, username: "admin", password, json: "true" });
  await send("/api/auth/callback/credentials", { method: "POST", body: form });
  const call: Call = async (method, path, input) => {
    const body = JSON.stringify({ json: input });
    const response =
      method === "GET"
        ? await send(`/api/trpc/${path}?input=${encodeURIComponent(body)}`)
        : await send(`/api/trpc/${path}`, { method, body, headers: { "content-type": "application/json" } });
    const text = await response.text();
    const answer = z
      .object({ result: z.object({ data: z.object({ json: z.json().optional() }) }) })
      .safeParse(JSON.parse(text));
    if (!answer.success)
      throw new Error(`${path} was refused with ${response.status}: ${text.slice(0, 500)}`);
    return answer.data.result.data.json;
  };
  return { call, cookie };
}
