/** Decides what becomes of each WebSocket upgrade on the public port. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { appRouter, connectionContext } from "@madang/api";
import { readIdentity, requestIdFrom, requestIdHeader } from "@madang/api/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import type { ConsoleRelay } from "./console-relay.ts";
import { isOwnOrigin } from "./origin.ts";
import { callerOf, type PublicDeps } from "./public-listener.ts";

const largestMessage = 1024 * 1024;
const consolePath = /^\/ws\/console\/([0-9a-f-]{36})$/;

export type Upgrades = { close: () => void };

export function mountUpgrades(server: Server, deps: PublicDeps, consoles: ConsoleRelay): Upgrades {
  const streams = openStreams(deps);
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    route(request, socket, head, deps, streams.accept, consoles).catch((error) => {
      deps.log.error({ err: error }, "upgrade failed");
      socket.destroy();
    });
  });
  return { close: streams.close };
}

type Accept = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

async function route(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  deps: PublicDeps,
  acceptStream: Accept,
  consoles: ConsoleRelay,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://host");
  if (deps.dev && url.pathname.startsWith("/_next/")) return deps.portal.upgrade(request, socket, head);
  const [, consoleId] = consolePath.exec(url.pathname) ?? [];
  if (url.pathname !== "/ws/trpc" && consoleId === undefined) return refuse(socket, "404 Not Found");
  if (!isOwnOrigin(request, deps.url)) return refuse(socket, "403 Forbidden");
  const requestId = requestIdFrom(request.headers[requestIdHeader]);
  const caller = await callerOf(deps, request, requestId);
  const identity = caller.sessionId && (await readIdentity(deps.backend.api.reads, caller.sessionId));
  if (!identity) return refuse(socket, "401 Unauthorized");
  if (consoleId === undefined) return acceptStream(request, socket, head);
  const ticket = url.searchParams.get("ticket") ?? "";
  consoles.accept(request, socket, head, { consoleId, ticket, identity, address: caller.address, requestId });
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** All of a tab's subscriptions on one socket; every call on it looks at the session anew. */
function openStreams(deps: PublicDeps): { accept: Accept; close: () => void } {
  const wss = new WebSocketServer({ noServer: true, maxPayload: largestMessage });
  const handler = applyWSSHandler({
    wss,
    router: appRouter,
    createContext: async ({ req }) =>
      connectionContext(
        deps.backend.api,
        await callerOf(deps, req, requestIdFrom(req.headers[requestIdHeader])),
      ),
    keepAlive: { enabled: true, pingMs: 20_000, pongWaitMs: 10_000 },
    onError: ({ error, path }) => {
      if (error.code === "INTERNAL_SERVER_ERROR")
        deps.log.error({ err: error.cause ?? error, path }, "stream failed");
    },
  });
  return {
    accept: (request, socket, head) =>
      wss.handleUpgrade(request, socket, head, (client) => wss.emit("connection", client, request)),
    close: () => {
      handler.broadcastReconnectNotification();
      for (const client of wss.clients) client.close(1012);
      wss.close();
    },
  };
}
