// The default import: a Node too old for statfs shall get as far as saying so.
import fs, { accessSync, chmodSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "./fault.mjs";
import { takeLock } from "./lock.mjs";

const gibibyte = 1024 ** 3;
/** A first start fills about 2 GiB with packages, the build and the guest image; the rest is room for guests. */
const firstStartBytes = 4 * gibibyte;
const laterStartBytes = gibibyte;

/** mkdir -p, step by step: Node's own never returns where a file system answers ENOENT, as /proc does. */
function makeFolders(path) {
  if (fs.existsSync(path)) return;
  if (path !== dirname(path)) makeFolders(dirname(path));
  mkdirSync(path);
  // Whatever the umask says.
  chmodSync(path, 0o711);
}

/** Makes the data folder. Others may pass through it (PostgreSQL and QEMU run as users of their own), not list it. */
export function makeDataFolder(data) {
  try {
    makeFolders(data);
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!statSync(data).isDirectory()) throw new Error("it is not a folder");
    if (statSync(data).uid === process.getuid()) chmodSync(data, 0o711);
  } catch (error) {
    throw new Fault(`The data folder ${data} is not usable: ${error.message}.`, {
      advice: "Set MADANG_DATA to a folder that you may write to.",
    });
  }
}

/** The first folder above `path` (or itself) that others may not pass through; null if they can reach it. */
export function barrierAbove(path) {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return at;
    if (at === dirname(at)) return null;
  }
}

/** Throws a Fault if the file system of `path` has too little room. */
export function checkDisk(path, isFirst, what) {
  const { bavail, bsize } = fs.statfsSync(path);
  const free = bavail * bsize;
  const need = isFirst ? firstStartBytes : laterStartBytes;
  if (free >= need) return;
  const size = (bytes) => `${(bytes / gibibyte).toFixed(1)} GiB`;
  throw new Fault(
    `Only ${size(free)} of disk space is free for ${what} at ${path}; ${size(need)} are needed.`,
    {
      advice: "Free some space, or set MADANG_DATA to a folder on a larger disk.",
    },
  );
}

/** Makes sure that no other copy runs on this data folder. Answers the lock. */
export function lockDataFolder(data) {
  const lock = takeLock(`${data}/lock`);
  if (lock.release) return lock;
  throw new Fault(`Another Madang (process ${lock.heldBy}) is running on the data folder ${data}.`, {
    advice: "Stop it with Ctrl-C or SIGTERM, or start this one with another MADANG_DATA and another PORT.",
  });
}

/** There as long as a restoration is under way, or was cut off. */
export const restoringMarker = "restoring";

/** Throws a Fault when the folder holds half a cloud: on it, a start would make a new one. */
export function requireWhole(data) {
  if (!fs.existsSync(`${data}/${restoringMarker}`)) return;
  throw new Fault(`A restoration to the data folder ${data} was cut off before it was done.`, {
    advice: "Run npm run restore -- FILE again; it begins anew in this folder.",
  });
}
