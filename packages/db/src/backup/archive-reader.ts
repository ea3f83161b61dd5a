/** Reading a backup: once whole, to judge it, then again for what is in it. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { BackupFault } from "./fault.ts";
import { formatVersion, type Manifest, type Member, manifest, manifestName } from "./manifest.ts";

export type ArchiveEntry = { name: string; content: AsyncIterable<Buffer> };

const largestManifest = 64 * 1024 * 1024;

/** Every member in its order; each content must be read before the next. Throws BackupFault when it can't be read to its end. */
export async function* readEntries(path: string): AsyncGenerator<ArchiveEntry> {
  const tar = extract();
  const reading = pipeline(createReadStream(path), createGunzip(), tar);
  reading.catch(() => {});
  try {
    for await (const entry of tar) yield { name: entry.header.name, content: buffersOf(path, entry) };
    await reading;
  } catch (error) {
    throw error instanceof BackupFault ? error : unreadable(path, error);
  } finally {
    tar.destroy();
  }
}

/** What breaks while somebody reads a member is told to him, not to whoever hands out the members. */
async function* buffersOf(path: string, stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): BackupFault {
  const why = error instanceof Error ? error.message : String(error);
  return new BackupFault(`${path} is damaged, cut short, or no backup of Madang (${why}).`, error);
}

/** Reads all of it and compares every member with what the manifest says. Throws BackupFault. */
export async function verifyArchive(path: string): Promise<Manifest> {
  const found = new Map<string, Member>();
  let told: Buffer | null = null;
  for await (const { name, content } of readEntries(path)) {
    if (found.has(name) || told) throw new BackupFault(`${path} is damaged: ${name} is out of its place.`);
    if (name === manifestName) told = await gather(content, largestManifest);
    else found.set(name, { name, ...(await measure(content)) });
  }
  if (!told) throw new BackupFault(`${path} is cut short, or no backup of Madang: it has no manifest.`);
  const read = parseManifest(path, told);
  const expected = new Map(read.members.map((one) => [one.name, one]));
  const wrong = [...new Set([...expected.keys(), ...found.keys()])].find((name) => {
    const [left, right] = [expected.get(name), found.get(name)];
    return !left || !right || left.size !== right.size || left.sha256 !== right.sha256;
  });
  if (wrong !== undefined)
    throw new BackupFault(`${path} is damaged: ${wrong} is not what it was when the backup was made.`);
  requireWhole(path, read, expected);
  return read;
}

function parseManifest(path: string, text: Buffer): Manifest {
  const told = readJson(text);
  if (isNewer(told))
    throw new BackupFault(`${path} was made by a newer Madang: its format is not known here.`);
  const parsed = manifest.safeParse(told);
  if (parsed.success) return parsed.data;
  throw new BackupFault(`${path} is no backup of Madang: its manifest can't be understood.`, parsed.error);
}

function readJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString("utf8"));
  } catch {
    return null;
  }
}

function isNewer(told: unknown): boolean {
  if (typeof told !== "object" || told === null || !("product" in told) || !("format" in told)) return false;
  return told.product === "madang" && Number(told.format) > formatVersion;
}

/** What the parts of the manifest name must be among its members. */
function requireWhole(path: string, read: Manifest, members: ReadonlyMap<string, Member>): void {
  const named = [...read.tables.flatMap((table) => table.members), ...read.files];
  const missing = named.find((name) => !members.has(name));
  if (missing !== undefined || new Set(named).size !== named.length)
    throw new BackupFault(`${path} is damaged: its manifest contradicts itself.`);
}

async function measure(content: AsyncIterable<Buffer>): Promise<{ size: number; sha256: string }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest("hex") };
}

/** Throws BackupFault beyond `most` bytes. */
export async function gather(content: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > most) throw new BackupFault("A part of the archive is larger than it can be.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
