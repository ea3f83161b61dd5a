import { existsSync, readFileSync } from "node:fs";
import { run } from "./command.mjs";
import { node24, repository } from "./repository.mjs";

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
  } catch {
    return null;
  }
}

/** Whether a package's `os` or `cpu` list admits this machine. */
function admits(list, value) {
  if (!list) return true;
  if (list.includes(`!${value}`)) return false;
  return list.every((entry) => entry.startsWith("!")) || list.includes(value);
}

/**
 * Whether npm's own record of what is installed says the same as the lock file. Optional packages may be missing: npm
 * leaves out those made for other machines.
 */
export function matchesLock(locked, installed, { platform = process.platform, cpu = process.arch } = {}) {
  if (!locked || !installed) return false;
  const wanted = Object.entries(locked).filter(([path]) => path !== "");
  const same = ([path, entry]) => {
    const found = installed[path];
    if (!found) return Boolean(entry.optional) || !admits(entry.os, platform) || !admits(entry.cpu, cpu);
    return (
      found.version === entry.version &&
      found.integrity === entry.integrity &&
      found.resolved === entry.resolved
    );
  };
  return wanted.every(same) && Object.keys(installed).every((path) => path in locked);
}

/** Whether node_modules holds exactly what package-lock.json says. */
export function nodeModulesMatch(folder = repository) {
  const installed = packagesOf(`${folder}/node_modules/.package-lock.json`);
  return matchesLock(packagesOf(`${folder}/package-lock.json`), installed) && existsSync(node24);
}

/** PATH without node_modules/.bin: npm must not run on the very Node that it is about to replace. */
function outerPath(path = "") {
  return path
    .split(":")
    .filter((folder) => !folder.endsWith("/node_modules/.bin"))
    .join(":");
}

/** `npm ci` with the npm that came with the machine's Node. */
export async function installNodeModules({ logs, env }) {
  await run("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: repository,
    env: { ...env, PATH: outerPath(env.PATH), npm_config_update_notifier: "false" },
    log: `${logs}/npm-ci.log`,
    what: "npm ci",
    advice: "If the network was away, start again when it is back.",
  });
}
