/** Filling a new volume. Whatever ends it early, there is either a whole volume or none, and the next attempt begins anew. */
import { constants } from "node:fs";
import { copyFile, open, rm } from "node:fs/promises";
import { basename } from "node:path";
import type { VolumeSource } from "@madang/core/wire/volume";
import {
  exists,
  giveToRead,
  giveToWrite,
  linkInto,
  moveIntoPlace,
  wholeOrGone,
} from "../../disk/owned-file.ts";
import { copySnapshot, createImage, type ImageChain, imageInfo, resizeImage } from "../../disk/qemu-img.ts";
import { copyTagOf, readTag } from "../../disk/snapshot-tag.ts";
import type { VolumeOptions, VolumeOrder } from "../driver.ts";
import { baseMissing, snapshotMissing, sourceLarger, sourceMissing } from "../fault.ts";
import { makeVolumeFolder, type VolumeFiles } from "./volume-files.ts";

/** `chainOf` a volume that is here, or null. */
export type MakeDeps = { chainOf: (volumeId: string) => Promise<ImageChain | null> };

export async function makeVolume(
  deps: MakeDeps,
  files: VolumeFiles,
  order: VolumeOrder,
  { signal, onPhase }: VolumeOptions,
): Promise<void> {
  const { source, sizeBytes } = order.spec;
  if (source.kind === "image" && source.virtualSizeBytes > sizeBytes)
    throw sourceLarger(source.virtualSizeBytes, sizeBytes);
  await makeVolumeFolder(files);
  const part = `${files.volume}.new`;
  await rm(part, { force: true });
  await wholeOrGone(part, async () => {
    // Made by root and given away, for QEMU's uid makes no files here.
    await (await open(part, "wx", 0o600)).close();
    await giveToWrite(part);
    if (source.kind === "volume" || source.kind === "snapshot") {
      onPhase?.("copying", null);
      const onPercent = (percent: number) => onPhase?.("copying", percent);
      await copyInto(deps, part, order, source, onPercent, signal);
    } else {
      if (source.kind === "image") await ensureBase(files, order.imagePath, signal);
      const base = baseOf(files, source);
      await createImage(part, sizeBytes, base && { ...base, path: basename(base.path) }, files.folder);
    }
    signal.throwIfAborted();
    await moveIntoPlace(part, files.volume);
  });
}

/** What is below a volume that was made from this; null: nothing. */
export function baseOf(files: VolumeFiles, source: VolumeSource): ImageChain["base"] {
  return source.kind === "image" ? { path: files.base, format: source.format } : null;
}

/** The image's content is fixed by its hash, so a lost base may be linked again. */
export async function ensureBase(
  files: VolumeFiles,
  imagePath: string | null,
  signal: AbortSignal,
): Promise<void> {
  if (await exists(files.base)) return;
  if (!imagePath) throw baseMissing(files.base);
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

type CopySource = Extract<VolumeSource, { kind: "volume" | "snapshot" }>;

async function copyInto(
  deps: MakeDeps,
  part: string,
  { spec }: VolumeOrder,
  source: CopySource,
  onPercent: (percent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const chain = await deps.chainOf(source.volumeId);
  if (!chain) throw sourceMissing(`volume ${source.volumeId} is not here`);
  const found = await imageInfo(chain);
  const tag = findTag(found.tags, source, spec.volumeId);
  if (source.kind === "volume" && found.sizeBytes > spec.sizeBytes)
    throw sourceLarger(found.sizeBytes, spec.sizeBytes);
  await copySnapshot(chain, tag, part, onPercent, signal);
  // qemu-img gives the copy the size that its source has now; a snapshot holds nothing beyond what that was then.
  const copied = await imageInfo({ path: part });
  const isLarger = copied.sizeBytes > spec.sizeBytes;
  if (copied.sizeBytes !== spec.sizeBytes)
    await resizeImage({ path: part, base: null }, spec.sizeBytes, isLarger);
}

function findTag(tags: readonly string[], source: CopySource, intoVolumeId: string): string {
  if (source.kind === "volume") {
    const tag = tags.find((one) => one === copyTagOf(intoVolumeId));
    if (tag) return tag;
    throw sourceMissing(`volume ${source.volumeId} is not ready to be copied`);
  }
  const tag = tags.find((one) => readTag(one)?.snapshotId === source.snapshotId);
  if (!tag) throw snapshotMissing(source.snapshotId);
  return tag;
}
