/**
 * Fetches an image from the address that its owner gave, and from nowhere else: http and https on their usual ports, never
 * an address inside this network, judged after the name was resolved and again at every redirect. The connection goes to
 * the very address that was judged, so that a name that changes between two questions gains nothing.
 */
import { createHash } from "node:crypto";
import { lookup as resolve } from "node:dns/promises";
import { createWriteStream } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { CloudError } from "@madang/core/errors";
import type { ImageFormat } from "@madang/core/image/format";
import { openInspector } from "@madang/core/image/inspector";
import { isPublicAddress, sourceUrl } from "@madang/core/image/source-url";
import type { Reading } from "./reading.ts";
import type { Room } from "./room.ts";
import { orStoreFull, requireSpare, reserveSpace } from "./space.ts";

export type Download = {
  url: string;
  target: string;
  declared: ImageFormat | null;
  algorithms: readonly string[];
  room: Room;
  signal: AbortSignal;
  /** `total` null: the server did not say. */
  onBytes: (bytes: number, total: number | null) => void;
  rules?: DownloadRules;
};

/** What may be asked; tests have nothing but loopback. */
export type DownloadRules = {
  parse: (text: string) => URL | null;
  mayAsk: (address: string) => boolean;
  pace?: Pace;
};

/** After `graceMs` no fewer bytes than so many a second, on the average, and all of it within `wholeMs`. */
export type Pace = { graceMs: number; bytesPerSecond: number; wholeMs: number };
const usualPace: Pace = { graceMs: 60_000, bytesPerSecond: 256 * 1024, wholeMs: 24 * 3_600_000 };
export const downloadRules: DownloadRules = { parse: sourceUrl, mayAsk: isPublicAddress };

const mostRedirects = 5;
/** Nothing at all comes for so long, ms. */
const stallMs = 60_000;
/** How often the disk is looked at while it is not known how much comes, bytes. */
const checkEveryBytes = 64 * 1024 ** 2;
const redirects = [301, 302, 303, 307, 308];

/** Throws InvalidInput and QuotaExceeded for what will never do, Unavailable for what may pass. */
export async function downloadImage(download: Download): Promise<Reading> {
  const pace = openPace(download.rules?.pace);
  const signal = AbortSignal.any([download.signal, pace.signal]);
  try {
    return await fetchImage({ ...download, signal }, pace.onBytes);
  } catch (error) {
    download.signal.throwIfAborted();
    pace.signal.throwIfAborted();
    const told = orStoreFull(error);
    throw told instanceof CloudError ? told : unreachable(told);
  } finally {
    pace.end();
  }
}

async function fetchImage(download: Download, onSeen: (bytes: number) => void): Promise<Reading> {
  const { room, target, signal } = download;
  const answer = await open(download);
  try {
    const total = lengthOf(answer);
    if (total !== null && total > room.bytes) throw room.refusal(total);
    const space = await reserveSpace(dirname(target), total ?? 0);
    const onBytes = (bytes: number) => {
      space.left((total ?? 0) - bytes);
      onSeen(bytes);
      download.onBytes(bytes, total);
    };
    return await store({ ...download, signal, onBytes }, answer, total).finally(space.release);
  } finally {
    answer.destroy();
  }
}

type Storing = Pick<Download, "declared" | "algorithms" | "target" | "room" | "signal"> & {
  onBytes: (bytes: number) => void;
};

async function store(storing: Storing, answer: IncomingMessage, total: number | null): Promise<Reading> {
  const { declared, algorithms, target, room, signal, onBytes } = storing;
  const inspector = openInspector(declared);
  const hashes = algorithms.map((name) => ({ name, hash: createHash(name) }));
  let checked = 0;
  const look = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      inspector.write(chunk);
      const seen = inspector.seen();
      if (seen > room.bytes) throw room.refusal(seen);
      for (const { hash } of hashes) hash.update(chunk);
      onBytes(seen);
      if (seen - checked >= checkEveryBytes) {
        checked = seen;
        await requireSpare(dirname(target));
      }
      yield chunk;
    }
  };
  const file = createWriteStream(target, { flags: "wx", mode: 0o600, flush: true });
  await pipeline(answer, look, file, { signal });
  if (total !== null && inspector.seen() !== total) throw unreachable(new Error("it ended too early"));
  const digests = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest("hex")]));
  return { inspection: inspector.end(), digests };
}

/** Whoever sends a byte a minute would keep others from being fetched for years. */
function openPace({ graceMs, bytesPerSecond, wholeMs }: Pace = usualPace) {
  const ending = new AbortController();
  const began = performance.now();
  let seen = 0;
  const look = () => {
    const passed = performance.now() - began;
    const slow = passed > graceMs && seen < (passed / 1_000) * bytesPerSecond;
    if (slow || passed > wholeMs) ending.abort(tooSlow(bytesPerSecond));
  };
  const timer = setInterval(look, Math.min(graceMs, 5_000));
  return {
    signal: ending.signal,
    onBytes: (bytes: number) => {
      seen = bytes;
    },
    end: () => clearInterval(timer),
  };
}

async function open({ url, signal, rules = downloadRules }: Download): Promise<IncomingMessage> {
  let next = url;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const target = rules.parse(next);
    if (!target) throw forbidden();
    const answer = await ask(target, await judgedAddress(target, rules.mayAsk), signal);
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) return answer;
    answer.destroy();
    const place = redirects.includes(statusCode) ? headers.location : undefined;
    if (place === undefined) throw refusedBy(statusCode);
    next = URL.parse(place, target.href)?.href ?? "";
  }
  throw refusedBy(310);
}

type Judged = { address: string; family: number };

/** All that a name stands for must be outside: who mixes in an inner one is up to no good. */
async function judgedAddress({ hostname }: URL, mayAsk: (address: string) => boolean): Promise<Judged> {
  const host = hostname.replace(/^\[|\]$/g, "");
  const given = isIP(host);
  const found = given
    ? [{ address: host, family: given }]
    : await resolve(host, { all: true }).catch((error: unknown) => {
        throw unreachable(error);
      });
  const [first] = found;
  if (!first) throw unreachable(new Error("no address"));
  if (!found.every(({ address }) => mayAsk(address))) throw forbidden();
  return first;
}

function ask(url: URL, { address, family }: Judged, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve: answer, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send(url, {
    signal,
    agent: false,
    headers: { accept: "*/*", "accept-encoding": "identity", "user-agent": "madang" },
    // Asked for one address or for all, it always hears the one that was judged.
    lookup: (_host, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family)),
  });
  request.setTimeout(stallMs, () => request.destroy(new Error("nothing came")));
  request.once("response", answer);
  request.once("error", (error) => reject(signal.aborted ? signal.reason : unreachable(error)));
  request.end();
  return promise;
}

function lengthOf({ headers }: IncomingMessage): number | null {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}

function forbidden(): CloudError {
  return new CloudError("InvalidInput", "Images can't be fetched from this address.", {
    reason: "imageUrlForbidden",
    field: "url",
  });
}

function tooSlow(bytesPerSecond: number): CloudError {
  return new CloudError("Unavailable", "The image comes too slowly from its address.", {
    reason: "imageUrlSlow",
    params: { kib: Math.ceil(bytesPerSecond / 1024) },
    field: "url",
  });
}

function refusedBy(status: number): CloudError {
  const later = status >= 500 || status === 429;
  return new CloudError(later ? "Unavailable" : "InvalidInput", `The other side answered ${status}.`, {
    reason: "imageUrlAnswer",
    params: { status },
    field: "url",
    retry: later ? "later" : "never",
  });
}

function unreachable(error: unknown): CloudError {
  return new CloudError("Unavailable", "The image could not be fetched from its address.", {
    reason: "imageUrlUnreachable",
    retry: "later",
    detail: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}
