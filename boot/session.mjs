import { lockDataFolder, makeDataFolder } from "./data-folder.mjs";
import { report } from "./fault.mjs";
import { createProgress } from "./progress.mjs";
import { onStopSignals } from "./signals.mjs";
import { createSupervisor, Stopped } from "./supervisor.mjs";

/**
 * One run of a command over a data folder: lock, supervisor, and an orderly end by signal or by fault.
 * `work` gets `{ supervisor, progress, logs }`; the process lives on after it until it is stopped.
 */
export async function runSession(data, work) {
  const progress = createProgress();
  let supervisor = null;

  async function end(code) {
    await supervisor?.stop();
    process.exit(code);
  }

  onStopSignals(
    (name) => {
      if (supervisor) progress.say(`\nStopping (${name})…`);
      end(supervisor ? 0 : 130).then(null, (error) => report(error));
    },
    () => supervisor?.stop(),
  );
  try {
    makeDataFolder(data);
    const lock = lockDataFolder(data);
    process.once("exit", lock.release);
    supervisor = createSupervisor({ data, say: progress.say });
    await work({ supervisor, progress, logs: `${data}/log` });
  } catch (error) {
    if (error instanceof Stopped || supervisor?.isStopping()) return;
    report(error);
    await end(1);
  }
}
