import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { forgetPid, livingPidIn, recordPid, signal } from "./living.mjs";
import { openLog } from "./log-file.mjs";
import { until } from "./waiting.mjs";

const recordAgainMs = 5_000;

/** Goes on only if its parent is still the one that `$0` names; a child of the dead is another's. */
const whileParentLives = '[ "$PPID" = "$0" ] || exit 70; exec "$@"';

/**
 * `setpriv` (util-linux) lowers the user and asks the kernel to signal the child when the supervisor dies. The kernel says
 * nothing of a supervisor that died before it was asked: so afterwards the child looks whose child it is.
 */
export function wrapped(
  { command, args = [], uid, survives, deathSignal = "SIGTERM" },
  parent = process.pid,
) {
  const options = survives ? [] : ["--pdeathsig", deathSignal.slice(3)];
  if (uid !== undefined) options.push("--reuid", String(uid), "--regid", String(uid), "--clear-groups");
  if (options.length === 0) return [command, args];
  const guard = survives ? [] : ["/bin/sh", "-c", whileParentLives, String(parent)];
  return ["setpriv", [...options, "--", ...guard, command, ...args]];
}

/** A surviving process writes straight into its file: a pipe to a dead supervisor would break under it. */
function output(definition, file) {
  if (!definition.survives) {
    const log = openLog(file);
    return { stdio: "pipe", log, opened: () => {}, done: log.close };
  }
  const handle = openSync(file, "a", 0o640);
  return { stdio: handle, log: null, opened: () => closeSync(handle), done: () => {} };
}

/**
 * Starts a process in a session of its own (so that a Ctrl-C at the terminal reaches only the supervisor) and records
 * its pid. `onEnd` gets `{ code, signal }` once.
 */
export function startChild(definition, { logFile, pidFile, onEnd }) {
  const out = output(definition, logFile);
  const [command, args] = wrapped(definition);
  const child = spawn(command, args, {
    cwd: definition.cwd,
    env: definition.env,
    detached: true,
    stdio: ["ignore", out.stdio, out.stdio],
  });
  out.opened();
  child.stdout?.on("data", out.log?.write);
  child.stderr?.on("data", out.log?.write);
  let over = false;
  /** On a full disk it runs unrecorded until there is room. */
  const record = () => {
    try {
      if (child.pid && !over) recordPid(pidFile, child.pid);
    } catch (error) {
      if (error.code !== "ENOSPC" && error.code !== "EDQUOT") throw error;
      setTimeout(record, recordAgainMs).unref();
    }
  };
  record();
  const finish = (result) => {
    if (over) return;
    over = true;
    forgetPid(pidFile);
    // What it started in its group must not hold its port or files while the next one starts.
    if (child.pid && !definition.survives) signal(-child.pid, "SIGKILL");
    onEnd(result);
  };
  child.once("error", (error) => finish({ code: 127, signal: null, error }));
  child.once("exit", (code, signalName) => finish({ code, signal: signalName }));
  child.once("close", out.done);
  return {
    pid: child.pid,
    answered: false,
    alive: () => !over,
    signal: (name) => !over && signal(child.pid, name),
  };
}

/** Takes over a process that outlived an earlier supervisor; null if there is none. */
export function adoptChild({ pidFile, onEnd }) {
  const pid = livingPidIn(pidFile);
  if (!pid) return null;
  let over = false;
  const watch = setInterval(() => {
    if (livingPidIn(pidFile) === pid) return;
    clearInterval(watch);
    over = true;
    forgetPid(pidFile);
    onEnd({ code: null, signal: null });
  }, 250);
  return { pid, answered: true, alive: () => !over, signal: (name) => !over && signal(pid, name) };
}

/** Whether what an earlier supervisor left was started otherwise than it is wished now; `becomes` left out: nobody asks. */
export function isOutdated({ becomes }, pidFile) {
  const pid = livingPidIn(pidFile);
  if (!pid || !becomes) return false;
  return readFileSync(`/proc/${pid}/cmdline`, "utf8") !== `${becomes.join("\0")}\0`;
}

/** Asks a child to stop, then kills what is left of its process group after `seconds`. */
export async function stopChild(child, { stopSignal, seconds }) {
  if (!child.alive()) return true;
  child.signal(stopSignal);
  const gone = await until(() => !child.alive(), { seconds });
  if (!gone) signal(-child.pid, "SIGKILL");
  await until(() => !child.alive(), { seconds: 10 });
  signal(-child.pid, "SIGKILL");
  return gone !== null;
}

/** Ends what a killed supervisor left behind, by its recorded pid: politely, then by force. */
export async function endLeftover({ stopSignal = "SIGTERM", stopSeconds = 10 }, pidFile) {
  const pid = livingPidIn(pidFile);
  if (pid) {
    signal(pid, stopSignal);
    const gone = await until(() => livingPidIn(pidFile) === null, { seconds: stopSeconds });
    if (!gone) signal(-pid, "SIGKILL");
    await until(() => livingPidIn(pidFile) === null, { seconds: 10 });
  }
  forgetPid(pidFile);
  return pid;
}
