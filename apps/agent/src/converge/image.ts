/**
 * The image cache: files named by their SHA-256, complete and verified or not there at all. A fetch streams to a
 * temporary file while it hashes, and only what has the right hash gets its name. Several guests that need the same
 * image share one fetch; it ends early only when none of them wants it any more.
 */
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, chown, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CloudError } from "@madang/core/errors";
import type { GuestImage } from "@madang/core/wire/guest";
import { isDiskFull } from "../link/saved.ts";

/** QEMU's own group (boot/libvirt.mjs): it reads images and nothing else of ours. */
const qemuGroup = 64_200;
const partial = ".part";

type ImageSource = Pick<GuestImage, "sha256" | "sizeBytes">;
/** Answers the body of one image of the store. */
export type FetchImage = (sha256: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

export type ImageCache = {
  path: (sha256: string) => string;
  ensure: (image: ImageSource, onPercent: (percent: number) => void, signal: AbortSignal) => Promise<string>;
  usage: () => Promise<{ images: number; imageBytes: number }>;
  /**
   * Removes images that nobody needs, the longest unused first, until those that are left take at most `limitBytes`.
   * One that is needed, that is being fetched, or that a guest's disk is linked to, stays whatever its size.
   */
  trim: (isNeeded: (sha256: string) => boolean, limitBytes: number) => Promise<string[]>;
};

type Flight = {
  waiters: Set<(percent: number) => void>;
  percent: number;
  abort: AbortController;
  done: Promise<void>;
};

export async function openImageCache(directory: string, fetchImage: FetchImage): Promise<ImageCache> {
  await mkdir(directory, { recursive: true });
  await permit(directory, 0o750);
  await removePartials(directory);
  const flights = new Map<string, Flight>();
  /** Whoever wants what is just being removed waits, and fetches it anew. */
  const removals = new Map<string, Promise<void>>();
  const path = (sha256: string) => join(directory, sha256);

  const start = (image: ImageSource): Flight => {
    const flight: Flight = {
      waiters: new Set(),
      percent: 0,
      abort: new AbortController(),
      done: Promise.resolve(),
    };
    const tell = (percent: number) => {
      flight.percent = percent;
      for (const waiter of flight.waiters) waiter(percent);
    };
    flight.done = download(path(image.sha256), image, fetchImage, tell, flight.abort.signal);
    flights.set(image.sha256, flight);
    flight.done.catch(() => {}).finally(() => leave(image.sha256, flight));
    return flight;
  };
  /** Whoever comes from now on starts another. */
  const leave = (sha256: string, flight: Flight) => {
    if (flights.get(sha256) === flight) flights.delete(sha256);
  };

  const ensure: ImageCache["ensure"] = async (image, onPercent, signal) => {
    signal.throwIfAborted();
    await removals.get(image.sha256)?.catch(() => {});
    if (await isThere(path(image.sha256), image.sizeBytes)) {
      await noteUse(path(image.sha256));
      return path(image.sha256);
    }
    // He may have given up while the disk was asked.
    signal.throwIfAborted();
    const flight = flights.get(image.sha256) ?? start(image);
    // Each waiter counts by itself, also when two are the same function.
    const waiter = (percent: number) => onPercent(percent);
    flight.waiters.add(waiter);
    onPercent(flight.percent);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([flight.done, aborted]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      flight.waiters.delete(waiter);
      if (flight.waiters.size === 0) {
        leave(image.sha256, flight);
        flight.abort.abort();
      }
    }
    return path(image.sha256);
  };
  const usage = async () => {
    const kept = await listImages(directory);
    return { images: kept.length, imageBytes: kept.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
  const trim: ImageCache["trim"] = async (isNeeded, limitBytes) => {
    const isFree = (sha256: string) => !isNeeded(sha256) && !flights.has(sha256);
    const free = (await listImages(directory)).filter(({ sha256, links }) => links === 1 && isFree(sha256));
    let bytes = free.reduce((sum, image) => sum + image.bytes, 0);
    const removed: string[] = [];
    for (const image of free.toSorted((left, right) => left.usedMs - right.usedMs)) {
      const { sha256 } = image;
      if (bytes <= limitBytes) break;
      if (!isFree(sha256)) continue;
      const removal = rm(path(sha256), { force: true });
      removals.set(sha256, removal);
      await removal.finally(() => removals.delete(sha256));
      bytes -= image.bytes;
      removed.push(sha256);
    }
    return removed;
  };
  return { path, ensure, usage, trim };
}

type KeptImage = { sha256: string; bytes: number; usedMs: number; links: number };

const imageFile = /^[0-9a-f]{64}$/;

async function listImages(directory: string): Promise<KeptImage[]> {
  const names = (await readdir(directory)).filter((name) => imageFile.test(name));
  const found = await Promise.all(
    names.map(async (sha256) => ({ sha256, file: await stat(join(directory, sha256)).catch(() => null) })),
  );
  return found.flatMap(({ sha256, file }) =>
    file ? [{ sha256, bytes: file.size, usedMs: file.mtimeMs, links: file.nlink }] : [],
  );
}

/** Its time of change tells when it was last wanted: what it holds never changes. */
async function noteUse(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}

async function isThere(path: string, size: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true && found.size === size;
}

async function download(
  path: string,
  image: ImageSource,
  fetchImage: FetchImage,
  tell: (percent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}${partial}`;
  try {
    const body = await fetchImage(image.sha256, signal);
    const check = verifier(image, tell);
    await pipeline(
      body,
      check.stream,
      createWriteStream(temporary, { mode: 0o600, flags: "wx", flush: true }),
      {
        signal,
      },
    );
    check.verify();
    await permit(temporary, 0o640);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fetchFault(error);
  }
}

function verifier(image: ImageSource, tell: (percent: number) => void) {
  const hash = createHash("sha256");
  let received = 0;
  let told = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      received += chunk.length;
      if (received > image.sizeBytes) return callback(mismatch("The image is longer than announced."));
      hash.update(chunk);
      const percent = Math.floor((received * 100) / image.sizeBytes);
      if (percent > told) {
        told = percent;
        tell(percent);
      }
      callback(null, chunk);
    },
  });
  const verify = () => {
    if (received !== image.sizeBytes || hash.digest("hex") !== image.sha256)
      throw mismatch("The image that arrived is not the one that was asked for.");
  };
  return { stream, verify };
}

/** Trying again may help: the transfer may have been cut short. */
function mismatch(message: string): CloudError {
  return new CloudError("Unavailable", message, { reason: "imageMismatch", retry: "later" });
}

function fetchFault(error: unknown): unknown {
  if (error instanceof CloudError) return error;
  if (error instanceof Error && error.name === "AbortError") return error;
  const detail = error instanceof Error ? error.message : String(error);
  if (isDiskFull(error))
    return new CloudError("Unavailable", "The hypervisor has no disk space left for the image.", {
      reason: "imageSpace",
      retry: "elsewhere",
      detail,
      cause: error,
    });
  return new CloudError("Unavailable", "The image could not be fetched.", {
    reason: "imageFetch",
    retry: "later",
    detail,
    cause: error,
  });
}

async function permit(path: string, mode: number): Promise<void> {
  await chmod(path, mode);
  if (process.getuid?.() === 0) await chown(path, 0, qemuGroup);
}

/** What an earlier run left half done. */
async function removePartials(directory: string): Promise<void> {
  const names = await readdir(directory);
  for (const name of names.filter((entry) => entry.endsWith(partial))) await rm(join(directory, name));
}
