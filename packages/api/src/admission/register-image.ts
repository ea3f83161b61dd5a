/** Puts a file of this machine into the image store and makes it an image of the cloud, once a name and content. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Prisma, transaction } from "@madang/db";
import { headerBytes, readDiskHeader } from "../qcow2.ts";

const storeMode = 0o640;

export type ImageFile = { name: string; path: string };

/** Answers the image's id. Throws InvalidInput for a file that is no safe disk image. */
export async function registerImage(
  prisma: Prisma,
  store: string,
  { name, path }: ImageFile,
): Promise<string> {
  const { sha256, size, head } = await storeFile(store, path);
  const { format, virtualSizeBytes } = readDiskHeader(head, size);
  return await transaction(prisma, async (tx) => {
    const ours = { projectId: null, name };
    const known = await tx.image.findFirst({ where: { ...ours, sha256 } });
    if (known) return known.id;
    // The file of this name has changed: what was launched keeps its own, new launches take the new one.
    await tx.image.updateMany({ where: { ...ours, status: "active" }, data: { status: "deactivated" } });
    const { id } = await tx.image.create({
      data: {
        ...ours,
        id: crypto.randomUUID(),
        visibility: "public",
        status: "active",
        diskFormat: format,
        sha256,
        sizeBytes: BigInt(size),
        virtualSizeBytes: BigInt(virtualSizeBytes),
      },
    });
    return id;
  });
}

type Stored = { sha256: string; size: number; head: Buffer };

/** What is hashed is what is stored: copy and hash come from one reading, and the copy's own first bytes are judged. */
async function storeFile(store: string, path: string): Promise<Stored> {
  await mkdir(store, { recursive: true, mode: 0o750 });
  const known = await hashOf(path);
  const sha256 = (await isThere(join(store, known))) ? known : await copyInto(store, path);
  const file = await open(join(store, sha256), "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return { sha256, size: (await file.stat()).size, head: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Answers the hash of what was really copied. */
async function copyInto(store: string, path: string): Promise<string> {
  const temporary = join(store, `.${crypto.randomUUID()}`);
  const hash = createHash("sha256");
  try {
    const file = await open(temporary, "wx", storeMode);
    await pipeline(
      createReadStream(path),
      async function* (chunks) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      file.createWriteStream({ flush: true }),
    );
    const sha256 = hash.digest("hex");
    await chmod(temporary, storeMode);
    await rename(temporary, join(store, sha256));
    return sha256;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
