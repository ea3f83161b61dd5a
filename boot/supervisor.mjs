import { mkdirSync } from "node:fs";
import { adoptChild, endLeftover, isOutdated, startChild, stopChild } from "./child.mjs";
import { tailOf } from "./command.mjs";
import { Fault } from "./fault.mjs";
import { watchHung } from "./hung.mjs";
import { tendLog } from "./log-file.mjs";
import { until } from "./waiting.mjs";

/**
 * @typedef {object} Definition one process
 * @property {string} name names its log and pid file
 * @property {string} command
 * @property {string[]} [args]
 * @property {Record<string, string>} env all of it; nothing is inherited
 * @property {string} [cwd]
 * @property {number} [uid] run as this user and group id
 * @property {() => boolean | Promise<boolean>} [ready] asked until true; without it and `answers`, alive is ready
 * @property {(pid: number) => Promise<boolean>} [answers] asked as long as it lives; one that stays silent is killed
 * @property {number} [hungSeconds] for so long; default 20
 * @property {string[]} [becomes] its command line; one that is to be adopted and has another is started anew
 * @property {number} [readySeconds] default 60
 * @property {string} [stopSignal] default SIGTERM
 * @property {number} [stopSeconds] then SIGKILL; default 10
 * @property {string} [drainSignal] sent instead of stopSignal in an unhurried stop
 * @property {number} [drainSeconds]
 * @property {string} [deathSignal] what the kernel sends it when the supervisor dies; default SIGTERM
 * @property {boolean} [survives] it outlives a killed supervisor and the next one adopts it
 * @property {number} [restartMs] how long after its end it is started again; default 1000, doubled at each end that follows
 * @property {number} [longestRestartMs] default 30000
 * @property {(line: string) => void} [heed] gets each new line of the log of one that survives
 * @property {() => void} [ended] called when it ended and nobody had asked for it
 * @property {() => Promise<void>} [stopped] tidies what the process leaves behind; runs after each deliberate stop
 */

/** Thrown out of a start that a stop overtook: nobody has to report it. */
export class Stopped extends Error {}

const firstDelay = 1000;
const longestDelay = 30_000;
const steadyAfter = 60_000;
const startAttempts = 3;

const ending = ({ code, signal, error }) =>
  error?.message ?? signal ?? (code === null ? "gone" : `exit code ${code}`);

/** Starts processes in order, keeps them running, stops them in reverse order. `say` gets sentences for the terminal. */
export function createSupervisor({ data, say, probeEveryMs = 5_000 }) {
  const running = [];
  const tidying = [];
  let stopping = false;
  let hurried = false;
  mkdirSync(`${data}/log`, { recursive: true });
  mkdirSync(`${data}/run`, { recursive: true });

  const logFile = (name) => `${data}/log/${name}.log`;
  const pidFile = (name) => `${data}/run/${name}.pid`;

  function launch(unit) {
    unit.since = Date.now();
    const files = { logFile: logFile(unit.definition.name), pidFile: pidFile(unit.definition.name) };
    const onEnd = (result) => ended(unit, result);
    if (unit.definition.survives) unit.tended ??= tendLog(files.logFile, unit.definition);
    const adopted = unit.definition.survives ? adoptChild({ ...files, onEnd }) : null;
    unit.child = adopted ?? startChild(unit.definition, { ...files, onEnd });
  }

  function ended(unit, result) {
    unit.failure = ending(result);
    if (stopping || unit.stopping) return;
    const { name, restartMs = firstDelay, longestRestartMs = longestDelay } = unit.definition;
    unit.definition.ended?.();
    if (Date.now() - unit.since > steadyAfter) Object.assign(unit, { delay: restartMs, ends: 0 });
    unit.ends += 1;
    if (unit.starting && unit.ends >= startAttempts) return;
    if (!unit.starting)
      say(
        `${name} ended (${unit.failure}); starting it again in ${unit.delay / 1000} s. Log: ${logFile(name)}`,
      );
    unit.timer = setTimeout(() => launch(unit), unit.delay);
    unit.delay = Math.min(Math.max(unit.delay, firstDelay / 2) * 2, longestRestartMs);
  }

  async function isReady(unit) {
    if (!unit.child.alive()) return false;
    const { ready, answers } = unit.definition;
    if (ready) return ready();
    return answers ? answers(unit.child.pid) : true;
  }

  function neverReady(unit) {
    const { name, readySeconds = 60 } = unit.definition;
    const cause = unit.failure
      ? `it ends again and again (${unit.failure})`
      : `it is not ready after ${readySeconds} s`;
    return new Fault(`${name} could not be started: ${cause}.`, {
      advice: `Its log is ${logFile(name)}.`,
      tail: tailOf(logFile(name)),
    });
  }

  /** Starts one process and waits until it is ready; throws a Fault with its log's tail if it never is. */
  async function start(definition) {
    const outdated = isOutdated(definition, pidFile(definition.name));
    if (outdated) say(`${definition.name} runs with other settings and is started again.`);
    if (outdated || !definition.survives) await endLeftover(definition, pidFile(definition.name));
    if (stopping) throw new Stopped();
    const { restartMs: delay = firstDelay } = definition;
    const unit = { definition, delay, ends: 0, starting: true, stopping: false, child: null };
    running.push(unit);
    launch(unit);
    unit.unwatched = watchHung(unit, { everyMs: probeEveryMs, say });
    const { readySeconds = 60 } = definition;
    const settled = () => stopping || unit.ends >= startAttempts || isReady(unit);
    const done = await until(settled, { seconds: readySeconds });
    unit.starting = false;
    if (stopping) throw new Stopped();
    if (!done || unit.ends >= startAttempts) throw neverReady(unit);
    unit.child.answered = true;
  }

  async function stopUnit(unit) {
    const { drainSignal, drainSeconds = 60, stopSignal = "SIGTERM", stopSeconds = 10 } = unit.definition;
    clearTimeout(unit.timer);
    unit.stopping = true;
    unit.unwatched?.();
    const drains = drainSignal && !hurried;
    if (drains) {
      say(
        `Stopping ${unit.definition.name} and its guests (up to ${drainSeconds} s; Ctrl-C again to force)…`,
      );
      unit.child.signal(drainSignal);
      await until(() => hurried || !unit.child.alive(), { seconds: drainSeconds });
    }
    const polite = await stopChild(unit.child, {
      stopSignal,
      seconds: hurried ? Math.min(3, stopSeconds) : stopSeconds,
    });
    if (!polite) say(`${unit.definition.name} did not stop by itself and was killed.`);
    await unit.definition.stopped?.();
    unit.tended?.();
  }

  /** What is left to tidy is no reason to leave the rest. */
  async function tidyUp() {
    for (const { what, work } of tidying.toReversed())
      await work().catch((error) => say(`${what} could not be tidied up: ${error.message}`));
  }

  /** Stops everything in reverse order. Called again while it runs, it hurries: no draining. */
  async function stop() {
    if (stopping) {
      hurried = true;
      return;
    }
    stopping = true;
    for (const unit of running.toReversed()) await stopUnit(unit);
    running.length = 0;
    await tidyUp();
  }

  /** A Fault about a process that keeps dying, or null. */
  function failing() {
    const unit = running.find((one) => one.ends >= startAttempts);
    return unit ? neverReady(unit) : null;
  }

  return {
    start,
    stop,
    /** What a stop does after all processes have ended, the last named first. */
    atEnd: (what, work) => tidying.push({ what, work }),
    /** Ends what an earlier run left of processes that survive and are of no use any more. */
    forget: async (names) => {
      for (const name of names) await endLeftover({ stopSignal: "SIGKILL" }, pidFile(name));
    },
    failing,
    isStopping: () => stopping,
    pids: () => running.map((unit) => unit.child.pid),
  };
}
