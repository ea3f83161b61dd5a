import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** Start time of a process in clock ticks since boot; with the pid it names a process for ever. Null if it is gone. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : fields[19];
  } catch {
    return null;
  }
}

function bootId() {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** `pid start boot`: what a lock or pid file holds. A pid alone may belong to a stranger by now. */
export function identityOf(pid) {
  return `${pid} ${startOf(pid)} ${bootId()}`;
}

/** The pid in such a text if that very process still runs, else null. */
export function livingPid(identity) {
  const [pid, start, boot] = identity.trim().split(" ");
  if (!start || start === "null" || boot !== bootId()) return null;
  return startOf(Number(pid)) === start ? Number(pid) : null;
}

/** The same for a file; null if it is missing. */
export function livingPidIn(file) {
  try {
    return livingPid(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

export function recordPid(file, pid) {
  writeFileSync(file, `${identityOf(pid)}\n`);
}

export function forgetPid(file) {
  rmSync(file, { force: true });
}

/** Sends a signal; false if the process (or group, for a negative pid) is gone. */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error.code === "ESRCH") return false;
    throw error;
  }
}
