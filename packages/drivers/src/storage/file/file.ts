/**
 * Volumes as qcow2 files, one folder a volume. One that was made from an image is an overlay on it; snapshots are inside
 * the file (docs/adr/0027). What is kept beside it is the mark, which is written after what it tells of is true.
 */
import { readdir, rm, stat, statfs } from "node:fs/promises";
import type { StoragePool, VolumeSpec } from "@madang/core/wire/volume";
import { z } from "zod";
import type { VolumeConnection } from "../../disk/connection.ts";
import { copyOut } from "../../disk/copy-out.ts";
import { exists, makePassableFolder } from "../../disk/owned-file.ts";
import {
  changeSnapshot,
  type ImageChain,
  type ImageInfo,
  imageInfo,
  resizeImage,
} from "../../disk/qemu-img.ts";
import { diskError } from "../../disk/run-program.ts";
import { copyTagOf, readCopyTag, readTag, tagOf } from "../../disk/snapshot-tag.ts";
import type {
  CopySource,
  ListedVolume,
  StorageDriver,
  VolumeObservation,
  VolumeOptions,
  VolumeOrder,
} from "../driver.ts";
import { snapshotMissing, sourceMissing, volumeLost } from "../fault.ts";
import { baseOf, ensureBase, makeVolume } from "./make.ts";
import { readMark, type VolumeFiles, type VolumeMark, volumeFiles, writeMark } from "./volume-files.ts";

export type FileOptions = {
  /** One folder a volume; every folder above it must let other users pass (o+x). */
  volumesDir: string;
};

type Volume = { files: VolumeFiles; mark: VolumeMark; chain: ImageChain };

export async function openFile({ volumesDir }: FileOptions): Promise<StorageDriver> {
  await makePassableFolder(volumesDir);
  const find = (volumeId: string) => findVolume(volumeFiles(volumesDir, volumeId));
  const need = async (volumeId: string) => {
    const volume = await find(volumeId);
    if (volume) return volume;
    throw volumeLost(`volume ${volumeId} is not here`);
  };
  const observe = async (volumeId: string) => {
    const volume = await find(volumeId);
    return volume && observation(volumeId, volume, imageInfo(volume.chain));
  };
  const chainOf = async (volumeId: string) => (await find(volumeId))?.chain ?? null;
  return {
    kind: "file",
    pool: () => poolOf(volumesDir),
    list: () => listVolumes(volumesDir),
    observe,
    async ensure(order, how) {
      const files = volumeFiles(volumesDir, order.spec.volumeId);
      try {
        const isFresh = await ensureVolume({ chainOf }, files, order, how);
        const volume = await need(order.spec.volumeId);
        const found = isFresh ? asCreated(order.spec) : imageInfo(volume.chain);
        return await observation(order.spec.volumeId, volume, found);
      } catch (error) {
        how.signal.throwIfAborted();
        throw diskError(error, "preparing the volume");
      }
    },
    async remove(volumeId) {
      const { folder, mark, volume } = volumeFiles(volumesDir, volumeId);
      // Mark first: what is left of a removal that was cut short is not taken for a loss.
      await rm(mark, { force: true });
      await rm(volume, { force: true });
      await rm(folder, { recursive: true, force: true });
    },
    async snapshot(volumeId, snapshotId) {
      const { chain } = await need(volumeId);
      const { tags } = await imageInfo(chain);
      if (!findSnapshot(tags, snapshotId))
        await changeSnapshot(chain, "create", tagOf({ snapshotId, taken: "off" }));
    },
    async removeSnapshot(volumeId, snapshotId) {
      const { chain } = await need(volumeId);
      const tag = findSnapshot((await imageInfo(chain)).tags, snapshotId);
      if (tag) await changeSnapshot(chain, "remove", tag);
    },
    async beginCopy(volumeId, intoVolumeId) {
      const { chain } = await need(volumeId);
      const tag = copyTagOf(intoVolumeId);
      if (!(await imageInfo(chain)).tags.includes(tag)) await changeSnapshot(chain, "create", tag);
    },
    async copyOut(from, path, how) {
      const { chain } = await need(from.volumeId);
      const tag = heldTag((await imageInfo(chain)).tags, from);
      await copyOut({ chain, tag, sizeBytes: "sizeBytes" in from ? from.sizeBytes : null }, path, how);
    },
    async endCopy(volumeId, intoVolumeId) {
      const { chain } = await need(volumeId);
      const tag = copyTagOf(intoVolumeId);
      if ((await imageInfo(chain)).tags.includes(tag)) await changeSnapshot(chain, "remove", tag);
    },
    revert: async (volumeId, revert) => revertVolume(await need(volumeId), revert),
    async connection(volumeId): Promise<VolumeConnection> {
      const files = volumeFiles(volumesDir, volumeId);
      const mark = await readMark(files);
      if (!mark) throw volumeLost(`volume ${volumeId} is not here`);
      const { path, base } = chainOfFiles(files, mark);
      return { kind: "file", path, format: "qcow2", backing: base };
    },
    close: async () => {},
  };
}

const findSnapshot = (tags: readonly string[], snapshotId: string) =>
  tags.find((tag) => readTag(tag)?.snapshotId === snapshotId);

/** Throws when it does not hold it. */
function heldTag(tags: readonly string[], from: CopySource): string {
  if ("copyId" in from) {
    const tag = copyTagOf(from.copyId);
    if (tags.includes(tag)) return tag;
    throw sourceMissing(`volume ${from.volumeId} is not ready to be copied`);
  }
  const tag = findSnapshot(tags, from.snapshotId);
  if (tag) return tag;
  throw snapshotMissing(from.snapshotId);
}

/** Null also for one that was renamed into place and has no mark yet: `ensure` is not done with it. */
async function findVolume(files: VolumeFiles): Promise<Volume | null> {
  const mark = await readMark(files);
  if (!mark) return null;
  if (!(await exists(files.volume))) throw volumeLost(`${files.volume} existed once and is missing`);
  return { files, mark, chain: chainOfFiles(files, mark) };
}

function chainOfFiles({ volume, base }: VolumeFiles, { baseFormat }: VolumeMark): ImageChain {
  return { path: volume, base: baseFormat && { path: base, format: baseFormat } };
}

/** What an image that was created this moment holds: looking would start a program to be told so. */
const asCreated = ({ sizeBytes }: Pick<VolumeSpec, "sizeBytes">) => ({ sizeBytes, tags: [] });

/** True: nothing but its creation has happened to it. */
async function ensureVolume(
  deps: Parameters<typeof makeVolume>[0],
  files: VolumeFiles,
  order: VolumeOrder,
  how: VolumeOptions,
): Promise<boolean> {
  const { spec, made, imagePath, inUse } = order;
  if (!(await readMark(files))) {
    // Renamed into place, so it is whole; the crash was between the rename and the mark.
    const isWhole = await exists(files.volume);
    if (!isWhole && made) throw volumeLost(`${files.volume} is remembered and is missing`);
    if (!isWhole) await makeVolume(deps, files, order, how);
    const baseFormat = baseOf(files, spec.source)?.format ?? null;
    await writeMark(files, { sizeBytes: spec.sizeBytes, baseFormat, revertSeq: 0 });
    // It was made as large as it is to be, on its base.
    if (!isWhole) return spec.source.kind === "blank" || spec.source.kind === "image";
  }
  const volume = await findVolume(files);
  if (!volume) throw volumeLost(`${files.mark} is gone again`);
  if (volume.chain.base) await ensureBase(files, imagePath, how.signal);
  const { sizeBytes } = await imageInfo(volume.chain);
  if (sizeBytes < spec.sizeBytes) {
    how.onPhase?.("extending", null);
    await (inUse ? inUse.resize(spec.sizeBytes) : resizeImage(volume.chain, spec.sizeBytes));
  }
  if (volume.mark.sizeBytes < spec.sizeBytes)
    await writeMark(files, { ...volume.mark, sizeBytes: spec.sizeBytes });
  return false;
}

/**
 * Reverting takes the size along, so it is made as large as it was. Marked as begun before anything changes: after a crash
 * it must be done again, also if nobody wants it any more, and comes to the same.
 */
async function revertVolume(
  { files, mark, chain }: Volume,
  { seq, snapshotId }: NonNullable<VolumeSpec["revert"]>,
): Promise<void> {
  if (seq <= mark.revertSeq) return;
  const { tags } = await imageInfo(chain);
  const tag = findSnapshot(tags, snapshotId);
  if (!tag) throw snapshotMissing(snapshotId);
  await writeMark(files, { ...mark, reverting: { seq, snapshotId } });
  await changeSnapshot(chain, "apply", tag);
  if ((await imageInfo(chain)).sizeBytes < mark.sizeBytes) await resizeImage(chain, mark.sizeBytes);
  await writeMark(files, { ...mark, revertSeq: seq, reverting: null });
}

const wasQuiesced = { off: null, live: false, quiesced: true } as const;

type Found = Pick<ImageInfo, "sizeBytes" | "tags">;

async function observation(
  volumeId: string,
  { files, mark }: Pick<Volume, "files" | "mark">,
  found: Found | Promise<Found>,
): Promise<VolumeObservation> {
  const [{ sizeBytes, tags }, usedBytes] = await Promise.all([found, bytesOf(files.volume)]);
  const snapshots = tags.flatMap((text) => readTag(text) ?? []);
  return {
    volumeId,
    sizeBytes,
    usedBytes: usedBytes ?? 0,
    snapshots: snapshots.map(({ snapshotId, taken }) => ({
      snapshotId,
      quiesced: wasQuiesced[taken],
    })),
    copies: tags.flatMap((text) => readCopyTag(text) ?? []),
    revertSeq: mark.revertSeq,
    reverting: mark.reverting ?? null,
  };
}

async function listVolumes(volumesDir: string): Promise<ListedVolume[]> {
  const names = await readdir(volumesDir);
  const volumeIds = names.filter((name) => z.uuid().safeParse(name).success);
  return Promise.all(
    volumeIds.map(async (volumeId) => {
      const { volume } = volumeFiles(volumesDir, volumeId);
      const [whole, part] = await Promise.all([bytesOf(volume), bytesOf(`${volume}.new`)]);
      return { volumeId, usedBytes: (whole ?? 0) + (part ?? 0), isWhole: whole !== null };
    }),
  );
}

/** Unit of stat's `blocks`, whatever the file system's is. */
const blockBytes = 512;

/** Null: there is no such file. */
async function bytesOf(path: string): Promise<number | null> {
  const file = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return file && file.blocks * blockBytes;
}

async function poolOf(volumesDir: string): Promise<StoragePool> {
  const { bsize, blocks, bavail } = await statfs(volumesDir);
  const volumes = await listVolumes(volumesDir);
  const marks = await Promise.all(volumes.map(({ volumeId }) => readMark(volumeFiles(volumesDir, volumeId))));
  return {
    backend: "file",
    format: "qcow2",
    reflink: false,
    totalBytes: bsize * blocks,
    freeBytes: bsize * bavail,
    provisionedBytes: marks.reduce((sum, mark) => sum + (mark?.sizeBytes ?? 0), 0),
  };
}
