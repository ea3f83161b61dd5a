/** A disk as it was at one of its snapshots, alone in a new file: what is sent away. */
import { open, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { diskFull } from "./disk-full.ts";
import { giveToWrite, wholeOrGone } from "./owned-file.ts";
import { copyBytes, copySnapshot, type ImageChain, imageInfo, resizeImage } from "./qemu-img.ts";

export type CopyOutOptions = { signal: AbortSignal; onPercent: (percent: number) => void };

/** `sizeBytes`: of the copy, where it is less than that of the disk; null: as large as the disk is. */
export type HeldDisk = { chain: ImageChain; tag: string; sizeBytes: number | null };

/** What must stay free for guests that grow: so many bytes, and on a small disk this part of it. */
const spareBytes = 2 * 1024 ** 3;
const sparePart = 0.05;

/** A qcow2 file at `path`, or none. Throws DiskFull before it begins when it might not fit. */
export async function copyOut(
  { chain, tag, sizeBytes }: HeldDisk,
  path: string,
  { signal, onPercent }: CopyOutOptions,
): Promise<void> {
  signal.throwIfAborted();
  // What a copy that was killed left takes no room from the next one.
  await rm(path, { force: true });
  await requireSpace(path, await copyBytes(chain, tag));
  await wholeOrGone(path, async () => {
    // Made by root and given away, for QEMU's uid makes no files here.
    await (await open(path, "wx", 0o600)).close();
    await giveToWrite(path);
    await copySnapshot(chain, tag, path, onPercent, signal);
    // qemu-img gives the copy the size that its source has now; a snapshot holds nothing beyond what that was then.
    if (sizeBytes !== null && (await imageInfo({ path })).sizeBytes > sizeBytes)
      await resizeImage({ path, base: null }, sizeBytes, true);
  });
}

async function requireSpace(path: string, bytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(dirname(path));
  const spare = Math.min(spareBytes, blocks * bsize * sparePart);
  const free = bavail * bsize;
  if (free < bytes + spare) throw diskFull(`a copy takes up to ${bytes} bytes, ${free} are free`);
}
