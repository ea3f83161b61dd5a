/** A copy on its way: `order.json` before anything is done for it, `done.json` once it is whole. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type ExportSource, exportSource } from "@madang/core/wire/export";
import { z } from "zod";
import { readJson, writePrivate } from "../link/saved.ts";

export type ExportedFile = { sizeBytes: number; sha256: string };

export type ExportFiles = {
  image: string;
  /** Remembers of what it is a copy, so that whoever comes after a crash can let go of it. */
  open: (source: ExportSource) => Promise<void>;
  source: () => Promise<ExportSource | null>;
  /** The file is whole: looks at all of it. */
  finish: (signal: AbortSignal) => Promise<ExportedFile>;
  /** null: it is still to be made. */
  finished: () => Promise<ExportedFile | null>;
  remove: () => Promise<void>;
};

const order = z.object({ source: exportSource });
const done = z.object({ sizeBytes: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

const folderOf = (directory: string) => join(directory, "exports");
/** QEMU's uid writes there, and passes the folders above. */
const passable = 0o711;

export function exportFiles(directory: string, exportId: string): ExportFiles {
  // The id becomes a path, and a whole folder is removed by it.
  const folder = join(folderOf(directory), z.uuid().parse(exportId));
  const image = join(folder, "image.qcow2");
  return {
    image,
    open: async (source) => {
      await mkdir(folder, { recursive: true, mode: passable });
      await chmod(folderOf(directory), passable);
      await chmod(folder, passable);
      await writePrivate(join(folder, "order.json"), JSON.stringify({ source }));
    },
    source: async () => (await readJson(join(folder, "order.json"), order))?.source ?? null,
    finish: async (signal) => {
      const hash = createHash("sha256");
      await pipeline(createReadStream(image), hash, { signal });
      const file = { sizeBytes: (await stat(image)).size, sha256: hash.digest("hex") };
      await writePrivate(join(folder, "done.json"), JSON.stringify(file));
      return file;
    },
    finished: () => readJson(join(folder, "done.json"), done),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Ids of all that is there. */
export async function listExports(directory: string): Promise<string[]> {
  const names = await readdir(folderOf(directory)).catch(() => []);
  return names.filter((name) => z.uuid().safeParse(name).success);
}
