/**
 * Where a guest's files are. QEMU's uid writes the disk, reads image and config drive by group, and never sees the serial
 * log, which virtlogd writes.
 */
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import { z } from "zod";

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
  /** Of UEFI: what the guest keeps in its firmware. */
  variables: string;
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
    variables: join(folder, "variables.fd"),
    consoleFolder,
    serialLog: join(consoleFolder, "serial.log"),
  };
}

export async function makeGuestFolder(files: GuestFiles): Promise<void> {
  await mkdir(files.folder, { recursive: true });
  await chmod(files.folder, 0o711);
  await mkdir(files.consoleFolder, { recursive: true });
  await chmod(files.consoleFolder, 0o700);
}
