import { undoInterrupted, wasInterrupted } from "./daemon-policy.mjs";
import { checkDisk } from "./data-folder.mjs";
import { Fault } from "./fault.mjs";
import { generateClient, isGenerated } from "./generated-client.mjs";
import { installNodeModules, nodeModulesMatch } from "./node-modules.mjs";
import { repository } from "./repository.mjs";
import { installSystemPackages, missingSystemPackages, rootPrefix } from "./system-packages.mjs";

const oldestNode = 20;

export function checkMachine() {
  if (process.platform !== "linux")
    throw new Fault(`Madang runs on Linux, this is ${process.platform}.`, { advice: "Use Debian 12." });
  const major = Number(process.versions.node.split(".")[0]);
  if (major < oldestNode)
    throw new Fault(`Node ${process.versions.node} is too old.`, {
      advice: `Install Node ${oldestNode} or newer (https://nodejs.org), then start again.`,
    });
}

/** Installs what is missing of these sections of `system-packages.txt`. */
export async function ensureSystemPackages(sections, { progress, logs }) {
  const missing = await missingSystemPackages(sections);
  if (missing.length === 0 && !wasInterrupted()) return;
  const prefix = await rootPrefix();
  if (missing.length === 0) {
    if (prefix) await undoInterrupted(prefix);
    return;
  }
  if (!prefix)
    throw new Fault(`System packages are missing and this user may not install them: ${missing.join(" ")}`, {
      advice: `Run as root, or let an administrator run: apt-get install --no-install-recommends ${missing.join(" ")}`,
    });
  await progress.step(`Installing ${missing.length} system packages`, (note) =>
    installSystemPackages(missing, prefix, { logs, note }),
  );
}

/** node_modules as the lock file says, and the database client generated from the schema. */
export async function ensureNodeModules({ progress, logs, env }) {
  if (!nodeModulesMatch()) {
    checkDisk(repository, true, "npm's packages");
    await progress.step("Installing npm packages", () => installNodeModules({ logs, env }));
  }
  if (!isGenerated())
    await progress.step("Generating the database client", () => generateClient({ logs, env }));
}
