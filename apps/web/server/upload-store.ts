/** Where uploads grow, byte by byte, looked at as they come. The controller takes them over from here (image/folder.ts). */
import { createReadStream, createWriteStream } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CloudError } from "@madang/core/errors";
import type { ImageFormat } from "@madang/core/image/format";
import { type Inspector, openInspector } from "@madang/core/image/inspector";
import { FileStore } from "@tus/file-store";
import type { Upload } from "@tus/server";

/** What the disk must keep free beside what is announced, bytes. */
const spareBytes = 512 * 1024 ** 2;
/** So many are looked at as they come; each takes a MiB. The import looks at all of them. */
const mostLookedAt = 64;
/** Whoever brings less is not waited for: others want his place. */
export const leastRate: Rate = { bytes: 256 * 1024, everyMs: 30_000 };
/** After a change of process the beginning is read again, if it is no longer than this, bytes. */
const mostReadAgain = 64 * 1024 ** 2;

export type Rate = { bytes: number; everyMs: number };

export type UploadWatch = {
  rate: Rate;
  declared: (id: string) => ImageFormat | null;
  /** Told now and then how many bytes are there. Rejects when they are wanted no longer. */
  onBytes: (id: string, bytes: number) => void;
};

export class UploadStore extends FileStore {
  readonly #directory: string;
  readonly #watch: UploadWatch;
  readonly #inspectors = new Map<string, Inspector>();
  readonly #refused = new Set<string>();
  readonly #writing = new Map<string, { stream: Readable; over: Promise<void> }>();

  constructor(directory: string, watch: UploadWatch) {
    super({ directory });
    this.#directory = directory;
    this.#watch = watch;
    this.extensions = ["creation"];
  }

  /** Called under the upload's lock; what has begun is gone on with, never begun again. */
  override async create(upload: Upload): Promise<Upload> {
    if (await this.getUpload(upload.id).catch(() => null)) throw begun();
    const { bavail, bsize } = await statfs(this.#directory);
    const room = bavail * bsize - spareBytes - (await this.#awaitedBytes());
    if (room < (upload.size ?? 0)) throw full();
    return await super.create(upload);
  }

  /** Announced by others, and still to come. */
  async #awaitedBytes(): Promise<number> {
    const ids = (await this.configstore.list?.()) ?? [];
    const awaited = ids.map(async (id) => {
      const known = await this.getUpload(id).catch(() => null);
      return Math.max(0, (known?.size ?? 0) - (known?.offset ?? 0));
    });
    return (await Promise.all(awaited)).reduce((sum, bytes) => sum + bytes, 0);
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#writing.set(id, { stream, over });
    try {
      return await this.#append(stream, id, offset);
    } catch (error) {
      throw isNoSpace(error) ? full() : error;
    } finally {
      this.#writing.delete(id);
      end();
    }
  }

  /** Until nobody in this process writes it. */
  async settled(id: string): Promise<void> {
    await this.#writing.get(id)?.over;
  }

  async #append(stream: Readable, id: string, offset: number): Promise<number> {
    const inspector = await this.#inspectorAt(id, offset);
    const progress = { bytes: offset };
    const look = async function* (this: UploadStore, chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        progress.bytes += chunk.length;
        this.#watch.onBytes(id, progress.bytes);
        yield chunk;
        // Only now: what is refused is there for the import to judge, which says why.
        this.#judge(id, inspector, chunk);
      }
    };
    const file = createWriteStream(join(this.#directory, id), { flags: "r+", start: offset, flush: true });
    const { rate } = this.#watch;
    let before = offset;
    const clock = setInterval(() => {
      if (progress.bytes - before < rate.bytes) stream.destroy(cutOff());
      before = progress.bytes;
    }, rate.everyMs);
    await pipeline(stream, look.bind(this), file).finally(() => clearInterval(clock));
    return progress.bytes;
  }

  /** What is being written is no longer this process's to write. What is there stays, and can be gone on with. */
  cutOff(id: string): void {
    this.#writing.get(id)?.stream.destroy(cutOff());
  }

  /** True when what came is known not to become an image, however much more comes. */
  hasRefused(id: string): boolean {
    return this.#refused.has(id);
  }

  forget(id: string): void {
    this.#inspectors.delete(id);
    this.#refused.delete(id);
  }

  #judge(id: string, inspector: Inspector | null, chunk: Uint8Array): void {
    try {
      inspector?.write(chunk);
    } catch (error) {
      this.#refused.add(id);
      this.#inspectors.delete(id);
      throw error;
    }
  }

  /** null: its beginning was seen by another process, and is long. */
  async #inspectorAt(id: string, offset: number): Promise<Inspector | null> {
    const known = this.#inspectors.get(id);
    if (known?.seen() === offset) return known;
    if (offset > mostReadAgain) return null;
    const inspector = openInspector(this.#watch.declared(id));
    if (offset > 0)
      for await (const chunk of createReadStream(join(this.#directory, id), { end: offset - 1 }))
        this.#judge(id, inspector, chunk);
    const [oldest] = this.#inspectors.keys();
    if (this.#inspectors.size >= mostLookedAt && oldest !== undefined) this.#inspectors.delete(oldest);
    this.#inspectors.set(id, inspector);
    return inspector;
  }
}

function begun(): CloudError {
  return new CloudError("Conflict", "This upload has begun. Go on with it.", { reason: "imageUploadBegun" });
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function cutOff(): CloudError {
  return new CloudError("Unavailable", "The upload was cut off. Go on with it.", {
    reason: "imageUploadCut",
    retry: "later",
  });
}

function full(): CloudError {
  return new CloudError("Unavailable", "The image store has no room for this file.", {
    reason: "imageStoreFull",
    retry: "later",
  });
}
