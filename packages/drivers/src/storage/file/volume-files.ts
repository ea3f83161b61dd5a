/** Where a volume's files are: a folder of its own, in which QEMU's uid writes the volume and nothing else. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import { z } from "zod";
import { moveIntoPlace, wholeOrGone } from "../../disk/owned-file.ts";

export type VolumeFiles = {
  folder: string;
  volume: string;
  /** A hard link to the agent's image file, so that the file system counts who still needs it. */
  base: string;
  /** Written once the volume exists: from then on a missing volume is a loss. */
  mark: string;
};

const format = z.enum(["qcow2", "raw"]);
const mark = z.object({
  sizeBytes: z.int().min(1),
  /** Of the image below it; null: it stands alone. */
  baseFormat: format.nullable(),
  revertSeq: z.int().min(0),
  /** Begun, and not seen to its end. */
  reverting: z
    .object({ seq: z.int().min(1), snapshotId: z.uuid() })
    .nullable()
    .optional(),
});
export type VolumeMark = z.infer<typeof mark>;

export function volumeFiles(volumesDir: string, volumeId: string): VolumeFiles {
  // The id becomes a path, and a whole folder is removed by it.
  if (!z.uuid().safeParse(volumeId).success)
    throw new CloudError("InvalidInput", "A volume's id must be a UUID.");
  const folder = join(volumesDir, volumeId);
  return {
    folder,
    volume: join(folder, "volume.qcow2"),
    base: join(folder, "base.img"),
    mark: join(folder, "volume.json"),
  };
}

export async function makeVolumeFolder({ folder }: VolumeFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
}

export async function readMark(files: VolumeFiles): Promise<VolumeMark | null> {
  const text = await readFile(files.mark, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : mark.parse(JSON.parse(text));
}

export async function writeMark(files: VolumeFiles, next: VolumeMark): Promise<void> {
  const part = `${files.mark}.new`;
  await wholeOrGone(part, async () => {
    await writeFile(part, JSON.stringify(next), { mode: 0o600 });
    await moveIntoPlace(part, files.mark);
  });
}
