import { readFileSync, renameSync, writeFileSync } from "node:fs";

const emergencyMark = "|EMER|";

/**
 * Writes down for the agent how the switch fares, whence it comes to the administrator: how often it ended, and the last line
 * that it called an emergency; and how often the rules that keep guests from this host had to be written again.
 * `reached`: the southbound database is known to have this machine's chassis.
 */
export function watchSwitch({ file, say, reached = true }) {
  const state = { switchEnds: 0, emergency: null, rulesLost: 0, reached };

  function write() {
    try {
      writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (error) {
      say(`How the switch fares could not be written down: ${error.message}`);
    }
  }

  write();
  return {
    file,
    say,
    heed: (line) => {
      if (!line.includes(emergencyMark)) return;
      state.emergency = line.slice(0, 500);
      say(`The switch calls an emergency: ${line}`);
      write();
    },
    ended: () => {
      state.switchEnds += 1;
      write();
    },
    reached: () => {
      state.reached = true;
      write();
    },
    rulesLost: () => {
      state.rulesLost += 1;
      write();
    },
  };
}

/** As an earlier run wrote it down. */
export function wasReached(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).reached === true;
  } catch {
    return false;
  }
}
