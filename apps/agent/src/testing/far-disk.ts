/**
 * A file whose bytes are on another machine, as far as its readers and writers can tell: FUSE in front of an NBD client
 * whose server may go away and come back. While it is away every request ends with EIO.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, copyFile, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const exec = promisify(execFile);

const nbd = "/usr/bin/qemu-nbd";
const storage = "/usr/bin/qemu-storage-daemon";

export const canBeFar =
  process.getuid?.() === 0 && ["/dev/fuse", nbd, storage].every((path) => existsSync(path));

export type FarDisk = {
  cut: () => Promise<void>;
  mend: () => void;
  close: () => Promise<void>;
};

/** What is in the file now is there as well, and its owner may go on as before. `folder`: a short path, for a socket. */
export async function putFarAway(path: string, sizeBytes: number, folder: string): Promise<FarDisk> {
  const [far, socket] = [join(folder, "far.img"), join(folder, "nbd.sock")];
  const { uid, gid, mode } = await stat(path);
  await copyFile(path, far);
  await truncate(far, sizeBytes);
  const serve = () => start(nbd, ["-f", "raw", "-t", "-e", "4", "-k", socket, far]);
  let server = serve();
  let daemon: ChildProcess | null = null;
  const close = async () => {
    if (daemon) await end(daemon);
    await end(server);
    await exec("umount", ["-l", path]).catch(() => {});
    await rm(far, { force: true });
  };
  const node = `driver=nbd,node-name=far,server.type=unix,server.path=${socket},reconnect-delay=0`;
  const shown = `type=fuse,id=near,node-name=far,mountpoint=${path},writable=on,allow-other=on`;
  try {
    await comes(server, async () => (await stat(socket)).isSocket());
    daemon = start(storage, ["--blockdev", node, "--export", shown]);
    await comes(daemon, async () => (await stat(path)).size === sizeBytes);
    await chown(path, uid, gid);
    await chmod(path, mode & 0o777);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    cut: () => end(server),
    mend: () => {
      server = serve();
    },
    close,
  };
}

/** It ends with us, however we end. */
function start(program: string, args: string[]): ChildProcess {
  return spawn("/usr/bin/setpriv", ["--pdeathsig", "KILL", program, ...args], { stdio: "ignore" });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function comes(of: ChildProcess, isThere: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_200 && of.exitCode === null; tries++) {
    if (await isThere().catch(() => false)) return;
    await delay(50);
  }
  throw new Error("a disk far away did not come");
}
