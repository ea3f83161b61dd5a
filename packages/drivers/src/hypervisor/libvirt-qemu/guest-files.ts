/**
 * Where a guest's files are and who owns them. QEMU runs as a uid of its own that can write its disk and nothing else:
 * it reads image and config drive by group, passes folders by x, and never sees the serial log, which virtlogd writes.
 */
import { chmod, chown, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CloudError } from "@madang/core/errors";
import { z } from "zod";

/** The uid and gid of every QEMU; a number, so no account is needed. Also in boot/libvirt.mjs, which tells libvirt. */
export const qemuUid = 64200;

export type GuestFiles = {
  folder: string;
  disk: string;
  /** Written once the disk exists: from then on a missing disk is a loss, never a reason to make a new one. */
  diskMark: string;
  /** What the guest was last ensured to be. */
  body: string;
  /** A hard link to the agent's image file, so that the file system counts who still needs it. */
  base: string;
  configDrive: string;
  consoleFolder: string;
  serialLog: string;
};

export function guestFiles(instancesDir: string, guestId: string): GuestFiles {
  // The id becomes a path, and a whole folder is removed by it.
  if (!z.uuid().safeParse(guestId).success)
    throw new CloudError("InvalidInput", "A guest's id must be a UUID.");
  const folder = join(instancesDir, guestId);
  const consoleFolder = join(folder, "console");
  return {
    folder,
    disk: join(folder, "disk.qcow2"),
    diskMark: join(folder, "disk.json"),
    body: join(folder, "body.json"),
    base: join(folder, "base.img"),
    configDrive: join(folder, "config.iso"),
    consoleFolder,
    serialLog: join(consoleFolder, "serial.log"),
  };
}

/** The instances folder must be reachable for QEMU's uid; throws with the name of the folder that stands in the way. */
export async function makeInstancesFolder(instancesDir: string): Promise<void> {
  await mkdir(instancesDir, { recursive: true, mode: 0o711 });
  await chmod(instancesDir, 0o711);
  for (let folder = dirname(instancesDir); ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) {
      throw new CloudError("Unavailable", "The hypervisor's data folder is closed to its guests.", {
        reason: "DataFolderClosed",
        detail: `QEMU runs as uid ${qemuUid} and needs search permission (chmod o+x) on ${folder}`,
        retry: "elsewhere",
      });
    }
    if (folder === dirname(folder)) return;
  }
}

export async function makeGuestFolder(files: GuestFiles): Promise<void> {
  await mkdir(files.folder, { recursive: true });
  await chmod(files.folder, 0o711);
  await mkdir(files.consoleFolder, { recursive: true });
  await chmod(files.consoleFolder, 0o700);
}

/** Readable for QEMU by group, writable for root alone. */
export async function giveToRead(path: string): Promise<void> {
  await chown(path, 0, qemuUid);
  await chmod(path, 0o640);
}

export async function giveToWrite(path: string): Promise<void> {
  await chown(path, qemuUid, qemuUid);
  await chmod(path, 0o600);
}

/** Puts a finished file in its place so that a crash leaves the old one, the new one, or none, and never a part. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  await sync(from);
  await rename(from, to);
  await sync(dirname(to));
}

/** Links `from` as `to`. Across file systems there is no link, and the caller must copy: false. */
export async function linkInto(from: string, to: string): Promise<boolean> {
  await rm(to, { force: true });
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EXDEV") return false;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
