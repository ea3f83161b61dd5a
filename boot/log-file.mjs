import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const maxBytes = 10 * 1024 * 1024;
const kept = 3;

function rotate(file) {
  rmSync(`${file}.${kept}`, { force: true });
  for (let number = kept - 1; number >= 1; number--) {
    try {
      renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    } catch {
      // That generation does not exist yet.
    }
  }
  renameSync(file, `${file}.1`);
}

/** A log that holds at most four files of 10 MiB: whatever a process writes, it can't fill the disk. */
export function openLog(file, limit = maxBytes) {
  mkdirSync(dirname(file), { recursive: true });
  let handle = openSync(file, "a", 0o640);
  let size = statSync(file).size;

  function write(chunk) {
    if (handle === null) return;
    if (size + chunk.length > limit && size > 0) {
      closeSync(handle);
      rotate(file);
      handle = openSync(file, "a", 0o640);
      size = 0;
    }
    size += writeSync(handle, chunk);
  }

  function close() {
    if (handle !== null) closeSync(handle);
    handle = null;
  }

  return { file, write, close };
}
