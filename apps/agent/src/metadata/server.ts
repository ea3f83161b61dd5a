/**
 * Answers one network's guests at 169.254.169.254. They are strangers: a request has no body and a small head, a client
 * that is slow is cut off, and none may take more than its share of connections and of requests.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Server as Listener, Socket } from "node:net";
import { guestTree } from "@madang/core/metadata/guest-tree";
import { type Leaf, lookUp, type Tree } from "@madang/core/metadata/tree";
import type { GuestSpec } from "@madang/core/wire/guest";
import type { Logger } from "pino";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

export type MetadataDeps = {
  /** The guest with this address in this network. */
  find: (address: string) => GuestSpec | null;
  userData: (sha256: string, signal: AbortSignal) => Promise<Uint8Array>;
  onAnswer?: (status: number) => void;
  log: Logger;
};

const headBytes = 8_192;
/** ms for the head of a request, for all of it, and without a byte in either direction. */
const limits = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
const idleMs = 10_000;
const requestsPerConnection = 100;
const connectionsOfNetwork = 256;
const connectionsOfGuest = 16;
const fetchMs = 20_000;
/** Requests in so many seconds. A guest asks some fifty while it boots; all together must leave the host's guests their cores. */
const usualRates = { guest: { points: 300, duration: 2 }, network: { points: 1_000, duration: 1 } };

/** Takes over a socket that listens already. */
export function serveMetadata(listener: Listener, deps: MetadataDeps, rates = usualRates): Server {
  const options = { ...limits, maxHeaderSize: headBytes, keepAliveTimeout: idleMs };
  const ofGuest = new RateLimiterMemory(rates.guest);
  const ofNetwork = new RateLimiterMemory(rates.network);
  // A guest first, so that one that asks too much takes nothing of the others' share.
  const admit = async ({ socket }: IncomingMessage) => {
    await ofGuest.consume(socket.remoteAddress ?? "");
    await ofNetwork.consume("");
  };
  const server = createServer(options, (request, response) => {
    response.on("finish", () => deps.onAnswer?.(response.statusCode));
    const answered = admit(request).then(
      () => answer(deps, request, response),
      (refused: unknown) => tooMany(response, refused),
    );
    answered.catch((error: unknown) => {
      deps.log.warn({ err: error }, "metadata request failed");
      end(response, 503);
    });
  });
  server.maxConnections = connectionsOfNetwork;
  server.maxRequestsPerSocket = requestsPerConnection;
  server.setTimeout(idleMs, (socket) => socket.destroy());
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const from = socket.remoteAddress ?? "";
    const count = (open.get(from) ?? 0) + 1;
    open.set(from, count);
    socket.on("close", () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left > 0) open.set(from, left);
      else open.delete(from);
    });
    if (count > connectionsOfGuest) socket.destroy();
  });
  server.listen(listener);
  return server;
}

async function answer(deps: MetadataDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405);
  if (hasBody(request)) return end(response, 413);
  const path = pathOf(request.url ?? "/");
  if (path === null) return end(response, 400);
  const guest = deps.find(request.socket.remoteAddress ?? "");
  const found = guest && lookUp(guestTree(guest), path);
  if (!found) return end(response, 404);
  const body = await bytesOf(deps, found);
  response.setHeader("Content-Type", found.kind === "folder" ? types.text : types[found.kind]);
  response.setHeader("Content-Length", body.length);
  response.end(request.method === "HEAD" ? undefined : body);
}

const types: Record<Leaf["kind"], string> = {
  text: "text/plain; charset=utf-8",
  json: "application/json",
  "user-data": "application/octet-stream",
};

async function bytesOf(deps: MetadataDeps, found: Tree): Promise<Uint8Array> {
  switch (found.kind) {
    case "folder":
      return Buffer.from(found.lines.join("\n"));
    case "user-data":
      return deps.userData(found.sha256, AbortSignal.timeout(fetchMs));
    default:
      return Buffer.from(found.text);
  }
}

/** Nobody reads a body, so the connection ends with the answer. */
function hasBody({ headers }: IncomingMessage): boolean {
  return "transfer-encoding" in headers || Number(headers["content-length"] ?? 0) !== 0;
}

/** Null when it can't be read. */
function pathOf(url: string): string | null {
  try {
    return decodeURIComponent(url.split("?")[0] ?? "");
  } catch {
    return null;
  }
}

function tooMany(response: ServerResponse, refused: unknown): void {
  if (!(refused instanceof RateLimiterRes)) throw refused;
  response.setHeader("Retry-After", Math.ceil(refused.msBeforeNext / 1_000));
  end(response, 429);
}

function end(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.destroy();
  if (status !== 404) response.setHeader("Connection", "close");
  response.writeHead(status, { "Content-Length": 0 }).end();
}
