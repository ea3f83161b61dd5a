/** A fresh clone with nothing in it that a machine which never saw Madang lacks: no packages, no build, no npm cache. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Cloud, type CloudOptions, startCloud } from "../../e2e/stack/cloud.ts";

const run = promisify(execFile);

export type Clone = { folder: string; remove: () => Promise<void> };

export async function cloneRepository(source: string): Promise<Clone> {
  const home = await mkdtemp("/tmp/madang-bench-");
  await chmod(home, 0o711);
  const folder = join(home, "madang");
  await run("git", ["clone", "--quiet", source, folder]);
  return { folder, remove: () => rm(home, { recursive: true, force: true }) };
}

export function startClone(clone: Clone, env: Record<string, string>, data?: string): Promise<Cloud> {
  const cache = join(clone.folder, "../npm-cache");
  const options: CloudOptions = {
    env: { ...env, npm_config_cache: cache, PATH: machinePath() },
    folder: clone.folder,
  };
  return startCloud(data ? { ...options, data } : options);
}

/** Without this repository's own node_modules/.bin, which `npm run` puts in front. */
function machinePath(): string {
  return (process.env.PATH ?? "")
    .split(":")
    .filter((part) => !part.endsWith("node_modules/.bin"))
    .join(":");
}
