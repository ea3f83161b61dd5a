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

const full = ["ENOSPC", "EDQUOT"];

/**
 * A log that holds at most four files of 10 MiB: whatever a process writes, it can't fill the disk. On a disk that others
 * have filled, lines are lost and counted; whoever writes them goes on.
 */
export function openLog(file, limit = maxBytes) {
  let handle = null;
  let size = 0;
  let lost = 0;
  let closed = false;

  function open() {
    mkdirSync(dirname(file), { recursive: true });
    handle = openSync(file, "a", 0o640);
    size = statSync(file).size;
  }

  function release() {
    if (handle !== null) closeSync(handle);
    handle = null;
  }

  function append(chunk) {
    if (handle === null) open();
    if (size + chunk.length > limit && size > 0) {
      release();
      rotate(file);
      open();
    }
    if (lost > 0) size += writeSync(handle, `[the disk was full: ${lost} bytes of this log are lost]\n`);
    lost = 0;
    size += writeSync(handle, chunk);
  }

  /** What does not fit is lost; every other fault is thrown. */
  function sparing(work, bytes) {
    try {
      work();
    } catch (error) {
      if (!full.includes(error.code)) throw error;
      lost += bytes;
    }
  }

  sparing(open, 0);
  return {
    file,
    write: (chunk) => {
      if (!closed) sparing(() => append(chunk), chunk.length);
    },
    close: () => {
      closed = true;
      release();
    },
  };
}
