/**
 * Copies that hypervisors bring, which are to become images: PUT /exports/<image id> is a piece of one, at most 16 MiB from an
 * offset on, and is answered with how much is there. It lies where uploads do, and the controller judges it as one. Beside it
 * stands of which copy it is, so that two copies are never mixed.
 */
import { createWriteStream } from "node:fs";
import { mkdir, readFile, stat, statfs, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type AgentDeps, identifyPeer, noteBrought, type Peer, requireWanted } from "@madang/api/agent";
import { exportsAtOnce, openDatabase } from "@madang/api/server";
import { asCloudError, CloudError } from "@madang/core/errors";
import { uuid } from "@madang/core/uuid";
import {
  type ExportPiece,
  type exportAnswer,
  exportHeaders,
  exportPiece,
  mostPieceBytes,
} from "@madang/core/wire/export";
import type { Locker } from "@tus/server";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { peerOf } from "./agent-listener.ts";
import { openUploadLocker } from "./image-lock.ts";

export type ExportRoutesDeps = {
  agent: AgentDeps;
  images: string;
  databaseUrl: string;
  peerOf: typeof peerOf;
};

/** What the disk must keep free beside what is to come, bytes. */
const spareBytes = 512 * 1024 ** 2;
/** A piece that takes longer is cut off; what came of it stays, ms. */
const mostPieceMs = 240_000;

type Order = { peer: Peer; id: string; piece: ExportPiece };

/** Answers the function that ends it. */
export async function mountExports(
  deps: ExportRoutesDeps,
  app: FastifyInstance,
): Promise<() => Promise<void>> {
  const directory = join(deps.images, "incoming");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const locks = openDatabase(deps.databaseUrl, exportsAtOnce);
  const cutting = new Map<string, AbortController>();
  const locker = openUploadLocker(locks, (id) => cutting.get(id)?.abort(new Error("the lock was lost")));
  await app.register(async (scope) => {
    // The bytes go from the socket to the disk.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.put("/exports/:id", { bodyLimit: mostPieceBytes }, async (request) => {
      const order = await orderOf(deps, request);
      const { turns, cut } = { turns: deps.agent.limits.agents.exports, cut: new AbortController() };
      return await turns.run(order.peer.hypervisorId, () =>
        locked(locker, cutting, order.id, cut, () => take(deps, directory, order, request.raw, cut.signal)),
      );
    });
  });
  return locks.close;
}

/** In one spelling: it becomes the name of a file and of a lock. */
const named = z.object({ id: uuid });

/** Throws Unauthenticated, InvalidInput, and what `requireWanted` throws. */
async function orderOf(deps: ExportRoutesDeps, { raw, params }: FastifyRequest): Promise<Order> {
  const peer = await identifyPeer(deps.agent.agents, deps.peerOf(raw));
  const { id } = named.parse(params);
  const header = (name: string) => raw.headers[name];
  const piece = exportPiece.parse({
    offset: header(exportHeaders.offset),
    sizeBytes: header(exportHeaders.size),
    sha256: header(exportHeaders.sha256),
  });
  await requireWanted(deps.agent, peer, id, piece);
  return { peer, id, piece };
}

/** One writer among all web processes, and none while a controller imports or removes it. */
async function locked<T>(
  locker: Locker,
  cutting: Map<string, AbortController>,
  id: string,
  cut: AbortController,
  work: () => Promise<T>,
): Promise<T> {
  const lock = locker.newLock(id);
  await lock.lock(cut.signal, () => cut.abort(new Error("somebody else brings it")));
  cutting.set(id, cut);
  try {
    return await work();
  } finally {
    cutting.delete(id);
    await lock.unlock();
  }
}

async function take(
  deps: ExportRoutesDeps,
  directory: string,
  { peer, id, piece }: Order,
  body: IncomingMessage,
  cut: AbortSignal,
): Promise<z.infer<typeof exportAnswer>> {
  // It may have waited for its turn.
  await requireWanted(deps.agent, peer, id, piece);
  const path = join(directory, id);
  const there = await begun(path, piece);
  // All of it was taken, and then whoever took it died before he could note it.
  if (there === piece.sizeBytes) await noteBrought(deps.agent, peer, id, piece, there);
  if (there === piece.sizeBytes || piece.offset !== there) return { offset: there };
  await requireRoom(directory, piece.sizeBytes - there);
  const most = Math.min(mostPieceBytes, piece.sizeBytes - there);
  const signal = AbortSignal.any([cut, AbortSignal.timeout(mostPieceMs)]);
  const file = createWriteStream(path, { flags: "r+", start: there, flush: true });
  try {
    await pipeline(body, bounded(most), file, { signal });
  } catch (error) {
    throw cutOff(error);
  }
  const { size: offset } = await stat(path);
  await noteBrought(deps.agent, peer, id, piece, offset);
  return { offset };
}

/** Of the same copy: how much is there. Another copy's bytes go first; its name is written last. */
async function begun(path: string, { sizeBytes, sha256 }: ExportPiece): Promise<number> {
  const mark = JSON.stringify({ sizeBytes, sha256 });
  const known = await readFile(`${path}.json`, "utf8").catch(() => null);
  const size = (await stat(path).catch(() => null))?.size ?? null;
  if (known === mark && size !== null) return size;
  await writeFile(path, "", { mode: 0o600 });
  await writeFile(`${path}.json`, mark, { mode: 0o600 });
  return 0;
}

async function requireRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < bytes + spareBytes) throw full();
}

/** Whatever the header said of its length. */
function bounded(most: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > most) done(tooLong());
      else done(null, chunk);
    },
  });
}

function tooLong(): CloudError {
  return new CloudError("InvalidInput", "The piece is longer than it may be.", { reason: "tooLarge" });
}

/** What of it came stays, and is gone on from. */
function cutOff(error: unknown): CloudError {
  if (error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT"))
    return full(error);
  if (error instanceof CloudError) return error;
  return new CloudError("Unavailable", "The piece was cut off.", {
    reason: "imageUploadCut",
    retry: "later",
    detail: asCloudError(error).message,
    cause: error,
  });
}

function full(cause?: unknown): CloudError {
  return new CloudError("Unavailable", "The image store has no room for this file.", {
    reason: "imageStoreFull",
    retry: "later",
    cause,
  });
}
