/** A gzipped tar that appears under its name only when it is whole. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, rmSync } from "node:fs";
import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { BackupFault } from "./fault.ts";
import type { Member } from "./manifest.ts";

export type ArchiveWriter = {
  add: (name: string, content: Buffer) => Promise<void>;
  /** Of any size: it passes through. */
  addFile: (name: string, path: string) => Promise<void>;
  members: readonly Member[];
  /** Nobody else may read it, for there are keys in it. */
  finish: () => Promise<void>;
  /** Leaves nothing behind. */
  abandon: () => Promise<void>;
};

const privately = 0o600;

/** Throws BackupFault when there is something of that name already. */
export async function openArchive(path: string): Promise<ArchiveWriter> {
  if (await stat(path).catch(() => null)) throw new BackupFault(`${path} is there already.`);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.unfinished`;
  const file = createWriteStream(temporary, { flags: "wx", mode: privately, flush: true });
  const tar = pack();
  const writing = pipeline(tar, createGzip(), file);
  // Whoever adds hears of it, and `finish` does.
  writing.catch(() => {});
  const members: Member[] = [];
  const removeNow = () => rmSync(temporary, { force: true });
  process.once("exit", removeNow);
  return {
    members,
    add: async (name, content) => {
      const sha256 = createHash("sha256").update(content).digest("hex");
      members.push({ name, size: content.length, sha256 });
      await Promise.race([entryWritten(tar, name, content), failureOf(writing)]);
    },
    addFile: async (name, source) => {
      const { size } = await stat(source);
      const hash = createHash("sha256");
      // As long as the header says, whatever is appended meanwhile.
      const reading = size === 0 ? Readable.from([]) : createReadStream(source, { end: size - 1 });
      reading.on("data", (chunk: Buffer) => hash.update(chunk));
      const entry = tar.entry({ name, size, mode: privately });
      await Promise.race([pipeline(reading, entry), failureOf(writing)]);
      members.push({ name, size, sha256: hash.digest("hex") });
    },
    finish: async () => {
      tar.finalize();
      await writing;
      await putInPlace(temporary, path);
      process.off("exit", removeNow);
    },
    abandon: async () => {
      tar.destroy();
      await writing.catch(() => {});
      await rm(temporary, { force: true });
      process.off("exit", removeNow);
    },
  };
}

function entryWritten(tar: ReturnType<typeof pack>, name: string, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ name, mode: privately }, content, (error) => (error ? reject(error) : resolve()));
  });
}

/** Never resolves well: a full disk must not leave somebody waiting for room in a pipe that nobody empties. */
async function failureOf(writing: Promise<void>): Promise<never> {
  await writing;
  throw new BackupFault("The archive ended before it was finished.");
}

const withoutLinks = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"];

/**
 * A link, unlike a renaming, replaces nothing that came there meanwhile. exFAT and many network shares have none: there
 * the name is taken by an empty file first, which the renaming then replaces.
 */
export async function putInPlace(temporary: string, path: string, linkFile = link): Promise<void> {
  const linked = await linkFile(temporary, path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && withoutLinks.includes(String(error.code)))
        return false;
      throw error;
    },
  );
  if (linked) await rm(temporary);
  else {
    await (await open(path, "wx", privately)).close();
    await rename(temporary, path);
  }
  const folder = await open(dirname(path));
  await folder.sync();
  await folder.close();
}
