import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

const maxBytes = 10 * 1024 * 1024;
const kept = 3;

/** Each older generation goes one on; the last is lost. */
function makeRoom(file) {
  rmSync(`${file}.${kept}`, { force: true });
  for (let number = kept - 1; number >= 1; number--) {
    try {
      renameSync(`${file}.${number}`, `${file}.${number + 1}`);
    } catch {
      // That generation does not exist yet.
    }
  }
}

function rotate(file) {
  makeRoom(file);
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

const tendEveryMs = 500;
const readAtOnce = 65_536;

/**
 * Looks after a log that a process writes by itself: hands each new line to `heed` and keeps the file to `limit` bytes and
 * three older ones. What is written between the copy and the cut is lost. Answers the function that ends it.
 */
export function tendLog(file, { heed = () => {}, limit = maxBytes }) {
  const buffer = Buffer.alloc(readAtOnce);
  closeSync(openSync(file, "a", 0o640));
  let position = statSync(file).size;
  let rest = "";

  function readOn(handle) {
    for (;;) {
      const count = readSync(handle, buffer, 0, readAtOnce, position);
      if (count === 0) return;
      position += count;
      const lines = (rest + buffer.toString("latin1", 0, count)).split("\n");
      rest = lines.pop().slice(-readAtOnce);
      for (const line of lines) heed(line);
    }
  }

  function look() {
    const handle = openSync(file, "r");
    try {
      if (statSync(file).size < position) position = 0;
      readOn(handle);
    } finally {
      closeSync(handle);
    }
    if (position <= limit) return;
    makeRoom(file);
    copyFileSync(file, `${file}.1`);
    truncateSync(file, 0);
    position = 0;
  }

  /** A disk that is full, or a file that somebody took away, is looked at again. */
  const tend = () => {
    try {
      look();
    } catch (error) {
      if (![...full, "ENOENT"].includes(error.code)) throw error;
    }
  };
  const timer = setInterval(tend, tendEveryMs).unref();
  return () => {
    clearInterval(timer);
    tend();
  };
}
