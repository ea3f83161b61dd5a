/**
 * The root disk: a qcow2 overlay on the image. Made once, grown when the flavor grows, and never made again: a disk
 * that once existed and is gone is a fault that people must see, not a fresh empty guest.
 */
import { constants } from "node:fs";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { CloudError } from "@madang/core/errors";
import type { GuestImage } from "@madang/core/wire/guest";
import { z } from "zod";
import {
  exists,
  giveToRead,
  giveToWrite,
  linkInto,
  moveIntoPlace,
  qemuUid,
  wholeOrGone,
} from "../../disk/owned-file.ts";
import { diskError, runProgram } from "../../disk/run-program.ts";
import { type GuestFiles, makeGuestFolder } from "./guest-files.ts";

const gib = 1024 ** 3;
const mark = z.object({ sizeBytes: z.int().min(1) });
const qemuImg = "/usr/bin/qemu-img";

/** `imagePath`: as in the order. `isCd`: the image is a CD beside a disk that begins empty. */
export type RootDisk = { diskGib: number; image: GuestImage; imagePath: string | null; isCd?: boolean };

/** The flavor's disk, never smaller than the image; 0 GiB means the image's own size. An empty one has 1 GiB at least. */
export function diskBytes({ diskGib, image, isCd = false }: Omit<RootDisk, "imagePath">): number {
  if (isCd) return Math.max(diskGib, 1) * gib;
  return Math.max(diskGib * gib, image.virtualSizeBytes);
}

/**
 * @param known whether the hypervisor has a definition of this guest or the agent remembers it: its disk once existed
 */
export async function ensureDisk(
  files: GuestFiles,
  root: RootDisk,
  known: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    const wanted = diskBytes(root);
    const made = await readMark(files);
    if (await exists(files.disk)) {
      // Renamed into place, so it is whole; the crash was between the rename and the mark.
      if (!made) await writeMark(files, wanted);
      await ensureBase(files, root, signal);
      if (made && made.sizeBytes < wanted) await grow(files, wanted, signal);
      return;
    }
    if (made || known) throw lost(files.disk);
    await makeGuestFolder(files);
    await ensureBase(files, root, signal);
    await create(files, root, wanted, signal);
    await writeMark(files, wanted);
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(error, "preparing the disk");
  }
}

/** Throws when a guest that is known to have had a disk has none. */
export async function assertDisk(files: GuestFiles): Promise<void> {
  if (!(await exists(files.disk))) throw lost(files.disk);
}

/** The image's content is fixed by its hash, so a lost base may be linked again. */
async function ensureBase(files: GuestFiles, { imagePath }: RootDisk, signal: AbortSignal): Promise<void> {
  if (await exists(files.base)) return;
  if (!imagePath)
    throw new CloudError("Internal", "The image is missing.", { detail: "no imagePath in the order" });
  const part = `${files.base}.new`;
  await wholeOrGone(part, async () => {
    if (!(await linkInto(imagePath, part))) {
      await copyFile(imagePath, part, constants.COPYFILE_FICLONE);
      signal.throwIfAborted();
    }
    await giveToRead(part);
    await moveIntoPlace(part, files.base);
  });
}

/** -u: with format and size given, qemu-img need not open the image, so nothing in it is parsed here. */
async function create(
  files: GuestFiles,
  { image, isCd = false }: RootDisk,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const part = `${files.disk}.new`;
  await rm(part, { force: true });
  const backing = isCd ? [] : ["-F", image.format, "-b", basename(files.base)];
  const args = ["create", "-q", "-u", "-f", "qcow2", ...backing, basename(part), String(sizeBytes)];
  await wholeOrGone(part, async () => {
    await runProgram(qemuImg, args, { signal, cwd: files.folder });
    await giveToWrite(part);
    await moveIntoPlace(part, files.disk);
  });
}

/** As QEMU's uid: the header it parses was in the guest's hands. qemu-img never shrinks unless told to. */
async function grow(files: GuestFiles, sizeBytes: number, signal: AbortSignal): Promise<void> {
  const args = ["resize", "-q", "-f", "qcow2", files.disk, String(sizeBytes)];
  await runProgram(qemuImg, args, { signal, uid: qemuUid, gid: qemuUid });
  await writeMark(files, sizeBytes);
}

async function readMark(files: GuestFiles): Promise<z.infer<typeof mark> | null> {
  const text = await readFile(files.diskMark, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : mark.parse(JSON.parse(text));
}

async function writeMark(files: GuestFiles, sizeBytes: number): Promise<void> {
  const part = `${files.diskMark}.new`;
  await wholeOrGone(part, async () => {
    await writeFile(part, JSON.stringify({ sizeBytes }), { mode: 0o600 });
    await moveIntoPlace(part, files.diskMark);
  });
}

function lost(path: string): CloudError {
  return new CloudError(
    "InvalidState",
    "The guest's root disk is gone from its hypervisor; nothing was put in its place.",
    {
      reason: "DiskLost",
      detail: `${path} existed once and is missing`,
      retry: "never",
    },
  );
}
