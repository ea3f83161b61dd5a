/** GET and HEAD /api/images/<project>/<id>/file: the stored file of an image, whole or a part of it. */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { connectionContext } from "@madang/api";
import { authoriseDownload, type ImageDownload } from "@madang/api/server";
import { asCloudError, CloudError } from "@madang/core/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import { attachment } from "./attachment.ts";
import type { Backend } from "./backend.ts";
import { type ByteRange, rangeOf } from "./byte-range.ts";
import { type CallerDeps, callerOf } from "./caller.ts";
import type { DownloadShare } from "./exports.ts";
import { requireOwnPage } from "./origin.ts";
import { sendWatched } from "./watched.ts";

export type ImageDownloadDeps = CallerDeps & {
  backend: Backend;
  log: Logger;
  /** The image store's folder. */
  images: string;
  share: DownloadShare;
};

export function mountImageDownload(deps: ImageDownloadDeps, app: FastifyInstance): void {
  app.route({
    method: ["GET", "HEAD"],
    url: "/api/images/:projectId/:id/file",
    exposeHeadRoute: false,
    handler: (request, reply) => answer(deps, request, reply),
  });
}

const place = z.object({ projectId: z.uuid(), id: z.uuid() });
type Place = z.infer<typeof place>;

async function answer(deps: ImageDownloadDeps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const found = place.safeParse(request.params).data;
  if (!found) throw new CloudError("NotFound", "There is no such image.", { reason: "imageNotFound" });
  requireOwnPage(request.raw);
  const caller = await callerOf(deps, request.raw, request.id);
  const context = connectionContext(deps.backend.api, caller);
  const judge = () => authoriseDownload(context, found.projectId, found.id);
  const image = await deps.backend.api.limits.calls.run(caller, judge);
  const leave = deps.share.enter(image.userId);
  try {
    const file = await openStored(deps, image);
    const judgeAgain = async () => void (await judge());
    await send(deps, { image, place: found, file, judgeAgain }, request, reply).finally(() => file.close());
  } finally {
    leave();
  }
}

/** Open, it stays whole whatever happens to its name. Throws Unavailable when the store has not what its row says. */
async function openStored(
  { images, log }: ImageDownloadDeps,
  { sha256, sizeBytes }: ImageDownload,
): Promise<FileHandle> {
  const file = await open(join(images, sha256)).catch((error: unknown) => {
    log.error({ sha256, err: error }, "the store lacks an image's file");
    throw lost();
  });
  const { size } = await file.stat();
  if (size === sizeBytes) return file;
  await file.close();
  log.error({ sha256, size, sizeBytes }, "an image's file is of another length");
  throw lost();
}

function lost(): CloudError {
  return new CloudError("Unavailable", "The image store has not the file of this image.", {
    reason: "imageFileLost",
  });
}

type Download = {
  image: ImageDownload;
  place: Place;
  file: FileHandle;
  judgeAgain: () => Promise<void>;
};

async function send(
  deps: ImageDownloadDeps,
  { image, place: { id }, file, judgeAgain }: Download,
  { method, raw, id: requestId }: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { sizeBytes } = image;
  const etag = `"${image.sha256}"`;
  // A part is of what GET sends; HEAD tells of the whole.
  const { range, "if-range": ifRange } = method === "GET" ? raw.headers : {};
  // A field that stands there twice counts as joined, and so matches nothing.
  const found = rangeOf({
    range,
    ifRange: ifRange === undefined ? ifRange : String(ifRange),
    etag,
    sizeBytes,
  });
  const { raw: response } = reply.hijack();
  response.writeHead(statusOf(found), {
    "accept-ranges": "bytes",
    "cache-control": "no-store",
    etag,
    ...(found === "outside"
      ? { "content-range": `bytes */${sizeBytes}`, "content-length": 0 }
      : bodyHeaders(image, id, found)),
  });
  if (method === "HEAD" || found === "outside" || sizeBytes === 0) return void response.end();
  try {
    const source = (moved: () => void) => read(file, found, moved);
    await sendWatched({ source, judgeAgain }, response);
  } catch (error) {
    response.destroy();
    deps.log.info({ requestId, imageId: id, err: asCloudError(error) }, "download was cut off");
  }
}

function statusOf(found: ByteRange | "outside" | null): number {
  if (found === "outside") return 416;
  return found ? 206 : 200;
}

function bodyHeaders({ name, format, sizeBytes }: ImageDownload, id: string, part: ByteRange | null) {
  const lengths = part
    ? {
        "content-range": `bytes ${part.start}-${part.end}/${sizeBytes}`,
        "content-length": part.end - part.start + 1,
      }
    : { "content-length": sizeBytes };
  return {
    ...lengths,
    "content-type": "application/octet-stream",
    "content-disposition": attachment(name, id, format === "raw" ? "img" : format),
  };
}

const chunkBytes = 256 * 1024;

function read(file: FileHandle, part: ByteRange | null, moved: () => void): Readable {
  const bytes = file.createReadStream({ ...(part ?? {}), autoClose: false, highWaterMark: chunkBytes });
  return Readable.from(noted(bytes, moved));
}

async function* noted(bytes: AsyncIterable<unknown>, moved: () => void) {
  for await (const chunk of bytes) {
    moved();
    yield chunk;
  }
}
