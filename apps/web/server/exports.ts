/** GET /api/export/<name>.<csv|json>: whatever the API has as rows, as a file. */
import { connectionContext } from "@madang/api";
import { type EnterExport, type OpenedExport, openExport, tellCall } from "@madang/api/server";
import { asCloudError, CloudError } from "@madang/core/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Backend } from "./backend.ts";
import { type CallerDeps, callerOf } from "./caller.ts";
import { contentTypes, type ExportFormat, exportFormats } from "./export-file.ts";
import { sendExport } from "./export-stream.ts";
import { requireOwnPage } from "./origin.ts";
import { makeShare } from "./share.ts";

const mostPerPerson = 3;
/** Of a web process. */
const mostAtOnce = 24;

type ExportDeps = CallerDeps & { backend: Backend; log: Logger; share: DownloadShare };
type Request = FastifyRequest<{ Params: { file: string }; Querystring: Record<string, unknown> }>;

export function mountExports(deps: ExportDeps, app: FastifyInstance): void {
  const { share } = deps;
  const options = { exposeHeadRoute: false };
  app.get<{ Params: { file: string }; Querystring: Record<string, unknown> }>(
    "/api/export/:file",
    options,
    (request, reply) => answer(deps, share, request, reply),
  );
}

async function answer(
  deps: ExportDeps,
  share: DownloadShare,
  request: Request,
  reply: FastifyReply,
): Promise<void> {
  const { name, format } = fileOf(request.params.file);
  requireOwnPage(request.raw);
  const caller = await callerOf(deps, request.raw, request.id);
  const context = connectionContext(deps.backend.api, caller);
  const opened = await openExport(context, name, request.query, share.enter);
  reply.hijack();
  const { raw: response } = reply;
  response.writeHead(200, {
    "content-type": contentTypes[format],
    "content-disposition": `attachment; filename="${fileName(deps, name, format)}"`,
    "cache-control": "no-store",
  });
  try {
    await send(deps, opened, { name, format, requestId: request.id }, response);
  } finally {
    opened.leave();
  }
}

type Asked = { name: string; format: ExportFormat; requestId: string };

async function send(
  { backend, log }: ExportDeps,
  opened: OpenedExport,
  { name, format, requestId }: Asked,
  response: FastifyReply["raw"],
): Promise<void> {
  const began = performance.now();
  const { userId, projectId } = opened;
  const call = {
    requestId,
    procedure: `export.${name}`,
    type: "query",
    userId,
    projectId,
    operations: [],
  } as const;
  const tell = (outcome: Parameters<typeof tellCall>[2]) =>
    tellCall(backend.api, call, outcome, performance.now() - began);
  try {
    const rows = await sendExport(opened, format, response);
    tell("ok");
    log.info({ requestId, export: name, format, userId, rows }, "exported");
  } catch (error) {
    response.destroy();
    // Whoever closed his browser is no fault of ours.
    if (response.errored === null && !(error instanceof CloudError)) return tell("ok");
    tell(asCloudError(error).code);
    log.info({ err: error, requestId, export: name, format, userId }, "export was cut off");
  }
}

/** The name is one of a table's, the rest digits: nothing of it is anybody's words. */
function fileName({ backend }: ExportDeps, name: string, format: ExportFormat): string {
  const at = backend.api.reads.now().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `madang-${name}-${at}.${format}`;
}

function fileOf(file: string): { name: string; format: ExportFormat } {
  const [, name, ending] = /^([a-z][a-z-]{0,40})\.([a-z]{1,8})$/.exec(file) ?? [];
  const format = exportFormats.find((one) => one === ending);
  if (name !== undefined && format !== undefined) return { name, format };
  throw new CloudError("NotFound", "There is no such export.", { reason: "noSuchExport" });
}

/** Of files that are taken, exports and images alike. */
export type DownloadShare = { enter: EnterExport };

export function makeDownloadShare(): DownloadShare {
  return makeShare({ each: mostPerPerson, all: mostAtOnce }, tooMany);
}

function tooMany(): CloudError {
  return new CloudError("TooManyRequests", "You have too many exports open. Wait for one to end.", {
    reason: "tooManyExports",
    params: { limit: mostPerPerson },
    retry: "later",
  });
}
