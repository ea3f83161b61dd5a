/** A whole Madang as a user starts it: `npm start` in its own process group, with its own port and data folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
/** Installing, building and the guest image come first on a fresh machine. */
const startLimitMs = 20 * 60_000;
const stopLimitMs = 150_000;

export type Cloud = {
  url: string;
  data: string;
  adminPassword: string;
  process: ChildProcess;
  /** Everything `npm start` printed so far. */
  output: () => string;
};

/** `folder`: another clone than this one. */
export type CloudOptions = { data?: string; port?: number; env?: Record<string, string>; folder?: string };

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A data folder that the database's and the guests' uids may traverse. */
export async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "madang-e2e-"));
  await chmod(folder, 0o711);
  return folder;
}

export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const cloud = await spawnCloud(options);
  try {
    await untilHealthy(cloud);
    return cloud;
  } catch (error) {
    await stopCloud(cloud).catch(() => {});
    if (!options.data) await removeData(cloud);
    throw error;
  }
}

/** A start that is expected to be refused: what it said and its exit code. */
export async function refusedStart(options: CloudOptions): Promise<{ code: number | null; output: string }> {
  const cloud = await spawnCloud(options);
  const code = await new Promise<number | null>((resolve) => cloud.process.once("exit", resolve));
  return { code, output: cloud.output() };
}

async function spawnCloud(options: CloudOptions): Promise<Cloud> {
  const data = options.data ?? (await dataFolder());
  const port = options.port ?? (await freePort());
  const adminPassword = "correct horse battery staple";
  const child = spawn("npm", ["start"], {
    cwd: options.folder ?? repository,
    env: {
      ...process.env,
      PORT: String(port),
      MADANG_DATA: data,
      MADANG_ADMIN_PASSWORD: adminPassword,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let printed = "";
  const keep = (chunk: Buffer) => {
    printed += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return { url: `http://127.0.0.1:${port}`, data, adminPassword, process: child, output: () => printed };
}

async function untilHealthy(cloud: Cloud): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  while (Date.now() < deadline) {
    if (cloud.process.exitCode !== null) throw new Error(`npm start ended:\n${cloud.output()}`);
    if (await isHealthy(cloud.url)) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`npm start was not healthy in time:\n${cloud.output()}`);
}

export async function isHealthy(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/health`).catch(() => null);
  return answer?.status === 200;
}

/** Ctrl-C as a terminal sends it: SIGINT to the whole foreground group. Answers the exit code. */
export async function stopCloud(cloud: Cloud): Promise<number | null> {
  if (cloud.process.exitCode !== null || cloud.process.pid === undefined) return cloud.process.exitCode;
  const ended = new Promise<number | null>((resolve) => cloud.process.once("exit", resolve));
  process.kill(-cloud.process.pid, "SIGINT");
  const limit = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`did not stop in time:\n${cloud.output()}`)), stopLimitMs).unref();
  });
  return Promise.race([ended, limit]);
}

export async function removeData(cloud: Cloud): Promise<void> {
  await rm(cloud.data, { recursive: true, force: true });
}
