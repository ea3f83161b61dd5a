/**
 * Bytes of images. /api/images/upload[/<image id>] speaks tus: an upload belongs to one image and has its id; whoever asks is
 * judged at every request, and what he may no longer do he can't go on with. Downloads are in image-download.ts.
 */
import { mkdir, stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { connectionContext } from "@madang/api";
import {
  asUnavailable,
  authoriseUpload,
  endUpload,
  type ImageUpload,
  noteUploaded,
  openDatabase,
  trpcCodes,
} from "@madang/api/server";
import { asCloudError, CloudError } from "@madang/core/errors";
import { mostImageBytes } from "@madang/core/image/format";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { Metadata, Server, type ServerOptions } from "@tus/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import { callerOf } from "./caller.ts";
import { type ImageDownloadDeps, mountImageDownload } from "./image-download.ts";
import { openUploadLocker } from "./image-lock.ts";
import { makeShare } from "./share.ts";
import { leastRate, UploadStore } from "./upload-store.ts";

const uploadPath = "/api/images/upload";
/** As many write at the same time in one process; each holds a connection while it does. */
const mostWriters = 16;
const mostWritersPerProject = 4;
const tellEveryMs = 1_000;
/** When whoever found no place may ask again. Places come free at any moment, so soon. */
const comeBackSeconds = 5;

/** A request as the library has it. */
type Tus = Parameters<NonNullable<ServerOptions["getFileIdFromRequest"]>>[0];

export type ImageRoutesDeps = ImageDownloadDeps & { databaseUrl: string };

/** Answers the function that ends it. */
export async function mountImages(deps: ImageRoutesDeps, app: FastifyInstance): Promise<() => Promise<void>> {
  const directory = join(deps.images, "incoming");
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const locks = openDatabase(deps.databaseUrl, mostWriters);
  const uploads = openUploads(deps, directory, locks);
  await app.register(async (scope) => {
    // Nobody reads the body before tus does.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    const bodyLimit = Number.MAX_SAFE_INTEGER;
    scope.route({ method: ["POST"], url: uploadPath, bodyLimit, handler: uploads.answer });
    scope.route({ method: ["HEAD", "PATCH"], url: `${uploadPath}/:id`, bodyLimit, handler: uploads.answer });
  });
  mountImageDownload(deps, app);
  return locks.close;
}

function openUploads(deps: ImageRoutesDeps, directory: string, locks: ReturnType<typeof openDatabase>) {
  const { api } = deps.backend;
  const open = new Map<string, ImageUpload>();
  const told = new Map<string, number>();
  const onBytes = (id: string, bytes: number) => {
    const upload = open.get(id);
    const due = performance.now() - (told.get(id) ?? Number.NEGATIVE_INFINITY) >= tellEveryMs;
    if (!upload || !due) return;
    told.set(id, performance.now());
    // What is not told now is told by the next.
    noteUploaded(api, upload, bytes).catch(() => {});
  };
  const declared = (id: string) => open.get(id)?.declared ?? null;
  const store = new UploadStore(directory, { rate: leastRate, declared, onBytes });
  const share = makeShare({ each: mostWritersPerProject, all: mostWriters }, tooManyUploads);
  const end = async (upload: ImageUpload, bytes: number) => {
    store.forget(upload.id);
    told.delete(upload.id);
    await endUpload(api, upload, bytes);
  };
  // The library takes an id out of whatever the client wrote: only the one that was judged counts.
  const judged = new WeakMap<object, ImageUpload>();
  const judgedOf = ({ runtime }: Tus) => runtime?.node && judged.get(runtime.node.req);
  const server = new Server({
    path: uploadPath,
    datastore: store,
    locker: openUploadLocker(locks, (id) => store.cutOff(id)),
    maxSize: mostImageBytes,
    relativeLocation: true,
    respectForwardedHeaders: false,
    allowedOrigins: [deps.url],
    getFileIdFromRequest: (request) => judgedOf(request)?.id,
    namingFunction: (request) => judgedOf(request)?.id ?? "",
    onUploadFinish: async (request, upload) => {
      const known = judgedOf(request);
      if (known) await end(known, upload.offset);
      return {};
    },
    onResponseError: (request, error) => answerOf(deps.log, judgedOf(request)?.id, error),
  });
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const caller = await callerOf(deps, request.raw, request.id);
    const upload = await authoriseUpload(connectionContext(api, caller), imageIdOf(request));
    requireAnnounced(request, upload);
    open.set(upload.id, upload);
    judged.set(request.raw, upload);
    // All were there, and the one who should have said so was killed.
    const there = await stat(join(directory, upload.id)).catch(() => null);
    if (request.method === "HEAD" && there?.size === upload.sizeBytes) await end(upload, there.size);
    const leave = share.enter(upload.projectId);
    try {
      reply.hijack();
      await Promise.race([server.handle(request.raw, reply.raw), closed(reply.raw)]);
      await store.settled(upload.id);
    } finally {
      leave();
    }
    if (!store.hasRefused(upload.id)) return;
    const brought = await stat(join(directory, upload.id)).catch(() => null);
    if (brought) await end(upload, brought.size);
  };
  return { answer };
}

/** The library waits for its answer to be sent, in vain when whoever asked is gone: he would keep his place for ever. */
function closed(response: ServerResponse): Promise<void> {
  if (response.closed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once("close", resolve);
  });
}

/** Unavailable, for that is what every client of tus tries again by itself. */
function tooManyUploads(): CloudError {
  return new CloudError("Unavailable", "Too many files are being brought at once. Wait for one to end.", {
    reason: "tooManyUploads",
    params: { limit: mostWritersPerProject, seconds: comeBackSeconds },
    retry: "later",
  });
}

const uuid = z.uuid().toLowerCase();

/** Of the path, or of what a creation says. Throws NotFound. */
function imageIdOf({ raw, params }: FastifyRequest): string {
  const named = z.object({ id: z.string() }).safeParse(params).data?.id;
  const said = String(raw.headers["upload-metadata"] ?? "");
  const parsed = uuid.safeParse(named ?? (said === "" ? "" : metadataOf(said).imageId));
  if (parsed.success) return parsed.data;
  throw new CloudError("NotFound", "There is no such image.", { reason: "imageNotFound" });
}

function metadataOf(text: string): Record<string, string | null> {
  try {
    return Metadata.parse(text);
  } catch {
    return {};
  }
}

/** The file's length was said when the image was made, and counted against the quota. Throws InvalidInput. */
function requireAnnounced({ raw, method }: FastifyRequest, { sizeBytes }: ImageUpload): void {
  if (method !== "POST" || raw.headers["upload-length"] === String(sizeBytes)) return;
  throw new CloudError("InvalidInput", "This is not as long as the file that was announced.", {
    reason: "imageUploadLength",
    params: { bytes: sizeBytes },
  });
}

type Answer = { status_code: number; body: string };

/** In the shape of all our answers. What tus itself refuses it words by itself. */
function answerOf(log: Logger, imageId: string | undefined, error: Error | Answer): Answer | undefined {
  if ("status_code" in error) return undefined;
  const told = asCloudError(asUnavailable(error));
  if (told.code === "Internal") log.error({ imageId, err: told }, "an upload failed");
  const status = getHTTPStatusCodeFromError(new TRPCError({ code: trpcCodes[told.code] }));
  return { status_code: status, body: JSON.stringify({ cloud: told.toPublic() }) };
}
