import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { identityOf, livingPid } from "./living.mjs";

function holderOf(file) {
  try {
    return { text: readFileSync(file, "utf8") };
  } catch {
    return null;
  }
}

/**
 * Takes the lock file for this process. Answers `{ release }`, or `{ heldBy }` with the pid of the living holder.
 * A lock whose holder is gone is taken over. The file appears complete (link of a written file), so it is never read half.
 */
export function takeLock(file) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${identityOf(process.pid)}\n`);
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        linkSync(mine, file);
        return { release: () => rmSync(file, { force: true }) };
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      const holder = holderOf(file);
      const pid = holder && livingPid(holder.text);
      if (pid) return { heldBy: pid };
      if (holder && holderOf(file)?.text === holder.text) rmSync(file, { force: true });
    }
    return { heldBy: 0 };
  } finally {
    rmSync(mine, { force: true });
  }
}
