/**
 * Files that QEMU opens and who owns them. QEMU runs as a uid of its own that can write a guest's disks and nothing else:
 * what it only reads it reads by group, and it passes folders by x.
 */
import { chmod, chown, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CloudError } from "@madang/core/errors";

/** The uid and gid of every QEMU; a number, so no account is needed. Also in boot/libvirt.mjs, which tells libvirt. */
export const qemuUid = 64200;

/** Makes a folder that QEMU's uid can reach into; throws with the name of the folder that stands in the way. */
export async function makePassableFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 });
  await chmod(path, 0o711);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
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

/** What could not be finished takes no room from others until the next attempt. */
export async function wholeOrGone(part: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
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
