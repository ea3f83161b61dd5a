import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { identityOf, livingPid } from "./living.mjs";

function holderOf(file) {
  try {
    return { text: readFileSync(file, "utf8") };
  } catch {
    return null;
  }
}

const pauseMs = 5;

/**
 * Removes a lock whose holder is gone. Only who holds the guard does that, and looks once more: so nobody removes a lock
 * that another has taken over in the meantime.
 */
function clearStale(file, text, mine) {
  const guard = `${file}.guard`;
  try {
    linkSync(mine, guard);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    const other = holderOf(guard);
    if (other && !livingPid(other.text)) rmSync(guard, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    return;
  }
  try {
    if (holderOf(file)?.text === text) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
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
      if (holder) clearStale(file, holder.text, mine);
    }
    return { heldBy: 0 };
  } finally {
    rmSync(mine, { force: true });
  }
}
