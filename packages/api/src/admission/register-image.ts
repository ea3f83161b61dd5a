/** Puts a file of this machine into the image store and makes it an image of the cloud, once a name and content. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Inspection, openInspector } from "@madang/core/image/inspector";
import { type DiskFormat, lockImageFile, type Prisma, transaction } from "@madang/db";

const storeMode = 0o640;
const qcow2Magic = Buffer.from("QFI\xfb", "latin1");
/** ISO 9660's volume descriptors begin at its 16th sector. */
const isoMagic = { at: 0x8001, bytes: Buffer.from("CD001", "latin1") };

export type ImageFile = { name: string; path: string };

/** Answers the image's id. Throws InvalidInput for a file that is no safe disk image. */
export async function registerImage(
  prisma: Prisma,
  store: string,
  { name, path }: ImageFile,
): Promise<string> {
  const { sha256, inspection } = await storeFile(store, path);
  const { sizeBytes, virtualSizeBytes } = inspection;
  const id = await transaction(prisma, async (tx) => {
    await lockImageFile(tx, sha256);
    // Until now nobody needed it: a controller may have taken it away.
    if (!(await isThere(join(store, sha256)))) return null;
    const ours = { projectId: null, name };
    const known = await tx.image.findFirst({ where: { ...ours, sha256 } });
    if (known) return known.id;
    // The file of this name has changed: what was launched keeps its own, new launches take the new one.
    await tx.image.updateMany({
      where: { ...ours, status: "active" },
      data: { status: "deactivated", deactivated: true },
    });
    const { id } = await tx.image.create({
      data: {
        ...ours,
        id: crypto.randomUUID(),
        visibility: "public",
        status: "active",
        diskFormat: inspection.format === "qcow2" ? "qcow2" : "raw",
        // What is launched from it has it as a CD.
        ...(inspection.format === "iso" ? { uploadFormat: "iso" as const } : {}),
        sha256,
        sizeBytes: BigInt(sizeBytes),
        virtualSizeBytes: BigInt(virtualSizeBytes),
      },
    });
    return id;
  });
  return id ?? (await registerImage(prisma, store, { name, path }));
}

type Stored = { sha256: string; inspection: Inspection };

/** What is hashed is what is stored: copy, hash and inspection come from one reading. */
async function storeFile(store: string, path: string): Promise<Stored> {
  await mkdir(store, { recursive: true, mode: 0o750 });
  const known = await readInto(path, null);
  return (await isThere(join(store, known.sha256))) ? known : await copyInto(store, path);
}

/** `target` null: it is only looked at. */
async function readInto(path: string, target: Writable | null): Promise<Stored> {
  const inspector = openInspector(await declaredFormat(path));
  const hash = createHash("sha256");
  const look = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      inspector.write(chunk);
      hash.update(chunk);
      if (target) yield chunk;
    }
  };
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(path), look, target ?? nowhere);
  return { sha256: hash.digest("hex"), inspection: inspector.end() };
}

/** The operator's own files are qcow2 or CDs, or they are disks as they are. */
async function declaredFormat(path: string): Promise<DiskFormat | "iso"> {
  const file = await open(path, "r");
  const begins = async (at: number, magic: Buffer) => {
    const { buffer } = await file.read(Buffer.alloc(magic.length), 0, magic.length, at);
    return buffer.equals(magic);
  };
  try {
    if (await begins(0, qcow2Magic)) return "qcow2";
    return (await begins(isoMagic.at, isoMagic.bytes)) ? "iso" : "raw";
  } finally {
    await file.close();
  }
}

/** Answers the hash of what was really copied. */
async function copyInto(store: string, path: string): Promise<Stored> {
  const temporary = join(store, `.${crypto.randomUUID()}`);
  try {
    const file = await open(temporary, "wx", storeMode);
    const stored = await readInto(path, file.createWriteStream({ flush: true }));
    await chmod(temporary, storeMode);
    await rename(temporary, join(store, stored.sha256));
    return stored;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
