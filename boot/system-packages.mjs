import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { ask, run, tailOf } from "./command.mjs";
import { forbidDaemons } from "./daemon-policy.mjs";
import { Fault } from "./fault.mjs";
import { missingPackages, parsePackageList } from "./package-list.mjs";
import { repository } from "./repository.mjs";

const listFile = `${repository}/boot/system-packages.txt`;
/** How long another package manager is waited for. */
const busySeconds = 300;
const interruptedMessage = /dpkg was interrupted/;
const busyMessage = /Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock directory/;

/** The system packages of these sections that are not installed. */
export async function missingSystemPackages(sections) {
  const lists = parsePackageList(readFileSync(listFile, "utf8"));
  const names = [...new Set(sections.flatMap((section) => lists[section] ?? []))];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own format, not a template
  const { code, stdout } = await ask("dpkg-query", ["-W", "-f", "${Package}\t${Status}\n", ...names]);
  if (code === 127)
    throw new Fault("This is not a Debian system: dpkg-query is missing.", {
      advice: "Use Debian 12, or MADANG_HYPERVISOR=simulated without root.",
    });
  return missingPackages(names, stdout);
}

/** How to become root for apt: [] as root, sudo where it asks nothing, null where neither is possible. */
export async function rootPrefix() {
  if (process.getuid() === 0) return [];
  const { code } = await ask("sudo", ["-n", "true"]);
  return code === 0 ? ["sudo", "-n"] : null;
}

async function configurePending(prefix, log) {
  const [command, ...args] = [
    ...prefix,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "dpkg",
    "--configure",
    "-a",
    "--force-confold",
  ];
  await run(command, args, {
    log,
    what: "dpkg --configure -a",
    advice: "Mend what dpkg reports above, then start again.",
  });
}

async function apt(prefix, args, { log, note }) {
  const options = ["-q", "-o", "DPkg::Lock::Timeout=10", "-o", "Dpkg::Options::=--force-confold"];
  const full = [
    ...prefix,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "LC_ALL=C",
    "apt-get",
    ...options,
    ...args,
  ];
  const end = Date.now() + busySeconds * 1000;
  for (;;) {
    try {
      await run(full[0], full.slice(1), {
        log,
        what: `apt-get ${args[0]}`,
        advice: "Mend what apt reports above, then start again.",
      });
      note("");
      return;
    } catch (error) {
      if (interruptedMessage.test(tailOf(log))) {
        note("finishing an install that was interrupted");
        await configurePending(prefix, log);
        continue;
      }
      if (!busyMessage.test(tailOf(log))) throw error;
      if (Date.now() > end)
        throw new Fault(`Another package manager has kept apt's lock for ${busySeconds / 60} minutes.`, {
          advice: "Wait until it is done (or end it), then start again.",
          tail: tailOf(log, 3),
        });
      note("another package manager is at work, waiting for it");
      await pause(3000);
    }
  }
}

export const updatePackageLists = (prefix, { log, note }) => apt(prefix, ["update"], { log, note });

/** Whether apt knows any packages: a fresh container has no lists. */
export function hasPackageLists() {
  return readdirSync("/var/lib/apt/lists").some(
    (name) => name.endsWith("_Packages") || name.endsWith("_Packages.lz4"),
  );
}

/** Installs packages; starts no daemon, now or at the next boot, and leaves nothing of ours behind. */
export async function installSystemPackages(names, prefix, { logs, note }) {
  const allowDaemons = await forbidDaemons(names, prefix);
  try {
    await updatePackageLists(prefix, { log: `${logs}/apt-update.log`, note });
    await apt(prefix, ["install", "-y", "--no-install-recommends", ...names], {
      log: `${logs}/apt-install.log`,
      note,
    });
  } finally {
    await allowDaemons();
  }
}
