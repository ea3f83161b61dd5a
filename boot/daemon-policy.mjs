import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { ask } from "./command.mjs";
import { identityOf, livingPid } from "./living.mjs";

const mark = "# written by Madang while it installs packages";
/** `policy` is Debian's own file; the note says what is to be undone if the install is killed, and outlives a boot. */
const usualFiles = { policy: "/usr/sbin/policy-rc.d", note: "/var/lib/madang-installing" };

/** Of packages whose daemons Madang runs itself: at the next boot of the host theirs would start too. */
const services = {
  "openvswitch-switch": "openvswitch-switch.service",
  "ovn-central": "ovn-central.service",
  "ovn-host": "ovn-host.service",
};

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const begin = ({ policy, note }, lines) => `
  printf '%s\\n' ${lines.map(quoted).join(" ")} > ${note}
  [ -e ${policy} ] || { printf '#!/bin/sh\\n${mark}\\nexit 101\\n' > ${policy} && chmod 755 ${policy}; }`;
const liftPolicy = ({ policy }) => `if grep -qs '${mark}' ${policy}; then rm ${policy}; fi`;
const disable = (units) => (units.length > 0 ? `systemctl disable ${units.join(" ")}` : "true");

async function sh(prefix, script) {
  const [command, ...args] = [...prefix, "sh", "-c", script];
  await ask(command, args);
}

/** `{ holder, units }` of an install that is going on or was killed; null: there is none. */
function readNote({ note }) {
  if (!existsSync(note)) return null;
  const [holder, ...units] = readFileSync(note, "utf8").trim().split("\n");
  return { holder, units };
}

/** Whether an install was killed and left its policy, or daemons that would start with the host. */
export function wasInterrupted(files = usualFiles) {
  const found = readNote(files);
  if (found) return livingPid(found.holder) === null;
  return existsSync(files.policy) && readFileSync(files.policy, "utf8").includes(mark);
}

async function undo(prefix, files, units) {
  await sh(prefix, `${disable(units)}; ${liftPolicy(files)}; rm -f ${files.note}`);
}

export async function undoInterrupted(prefix, files = usualFiles) {
  if (wasInterrupted(files)) await undo(prefix, files, readNote(files)?.units ?? []);
}

/**
 * Packages of daemons start them at once: while these are installed it is forbidden, unless another's policy stands there, and
 * afterwards none of them starts with the host. Whoever had a package before keeps it as it is. Answers the function that ends it.
 */
export async function forbidDaemons(names, prefix, files = usualFiles) {
  const units = [
    ...new Set([...(readNote(files)?.units ?? []), ...names.flatMap((name) => services[name] ?? [])]),
  ];
  await sh(prefix, begin(files, [identityOf(process.pid), ...units]));
  const [command, ...args] = [...prefix, "sh", "-c", liftPolicy(files)];
  const leave = () => spawnSync(command, args);
  process.once("exit", leave);
  return async () => {
    await undo(prefix, files, units);
    process.removeListener("exit", leave);
  };
}
