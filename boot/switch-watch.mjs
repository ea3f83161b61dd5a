import { renameSync, writeFileSync } from "node:fs";

const emergencyMark = "|EMER|";

/**
 * Writes down for the agent how the switch fares, whence it comes to the administrator: how often it ended, and the last line
 * that it called an emergency; and how often the rules that keep guests from this host had to be written again.
 */
export function watchSwitch({ file, say }) {
  const state = { switchEnds: 0, emergency: null, rulesLost: 0 };

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
    rulesLost: () => {
      state.rulesLost += 1;
      write();
    },
  };
}
