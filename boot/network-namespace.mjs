import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { ask } from "./command.mjs";
import { Fault } from "./fault.mjs";

/** Throws a Fault with what the command said. */
export async function must(command, args, options = {}) {
  const { code, stdout, stderr } = await ask(command, args, options);
  if (code === 0) return stdout;
  throw new Fault(`${[command, ...args].join(" ").slice(0, 300)}: ${(stderr || stdout).trim()}`, {
    advice: "Without tenant networks it starts with MADANG_NETWORK=none.",
  });
}

export const ip = (...args) => must("ip", args);

/** Whether this host has it; /sys would tell of the namespace in which it was mounted. */
export const hasLink = async (link) => (await ask("ip", ["link", "show", "dev", link])).code === 0;

/** Names the data folder, for whoever finds the run folder without it. */
const ownerFile = (run) => `${run}/data`;

/**
 * The namespace and the run folder. Answers whether they were made now: whatever an earlier run left of its daemons is then
 * out of reach and worth nothing.
 */
export async function makeNamespace({ namespace, run, data }) {
  const made = !existsSync(`/run/netns/${namespace}`);
  if (made) {
    await removeNamespace({ namespace, run });
    await ip("netns", "add", namespace);
    await ip("-n", namespace, "link", "set", "lo", "up");
  }
  mkdirSync(run, { recursive: true, mode: 0o700 });
  writeFileSync(ownerFile(run), data);
  return made;
}

/** Who left a run folder: `[{ run, data }]` of all copies on this machine, running ones too. */
export function ownedRunFolders() {
  const names = readdirSync("/run").filter((name) => /^madang-[0-9a-f]{8}$/.test(name));
  return names.flatMap((name) => {
    const run = `/run/${name}`;
    return existsSync(ownerFile(run)) ? [{ run, data: readFileSync(ownerFile(run), "utf8") }] : [];
  });
}

/** Its own, and the agent's doors to the metadata service, which are named after it. */
function namespacesOf(namespace) {
  if (!existsSync("/run/netns")) return [];
  return readdirSync("/run/netns").filter((name) => name === namespace || name.startsWith(`${namespace}-`));
}

/** With the namespaces go their links. */
export async function removeNamespace({ namespace, run }) {
  for (const name of namespacesOf(namespace)) await ip("netns", "del", name);
  rmSync(run, { recursive: true, force: true });
}
