/** Decides what becomes of each WebSocket upgrade on the public port. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { appRouter, connectionContext } from "@madang/api";
import { readIdentity, requestIdFrom, requestIdHeader } from "@madang/api/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { callerOf } from "./caller.ts";
import type { ConsoleRelay } from "./console-relay.ts";
import { isOwnOrigin } from "./origin.ts";
import type { PublicDeps } from "./public-listener.ts";

const largestMessage = 1024 * 1024;
/** What may wait to be read by a browser; an honest one that sleeps for a while is told to read anew. */
const mostUnread = 8 * 1024 * 1024;
const unreadEveryMs = 1_000;
const consolePath = /^\/ws\/console\/([0-9a-f-]{36})$/;

export type Upgrades = { close: () => void };

export function mountUpgrades(server: Server, deps: PublicDeps, consoles: ConsoleRelay): Upgrades {
  const streams = openStreams(deps);
  const sockets = makeSocketShare();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    route(request, socket, head, deps, streams.accept, consoles, sockets).catch((error) => {
      deps.log.error({ err: error }, "upgrade failed");
      socket.destroy();
    });
  });
  return { close: streams.close };
}

/** A tab has one, a console another. */
const socketsPerPerson = 100;

type SocketShare = { admit: (userId: string, socket: Duplex) => boolean };

function makeSocketShare(): SocketShare {
  const open = new Map<string, number>();
  return {
    admit: (userId, socket) => {
      const own = open.get(userId) ?? 0;
      if (own >= socketsPerPerson || socket.destroyed) return false;
      open.set(userId, own + 1);
      socket.once("close", () => {
        const left = (open.get(userId) ?? 1) - 1;
        if (left === 0) open.delete(userId);
        else open.set(userId, left);
      });
      return true;
    },
  };
}

type Accept = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

async function route(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  deps: PublicDeps,
  acceptStream: Accept,
  consoles: ConsoleRelay,
  sockets: SocketShare,
): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://host");
  if (!url) return refuse(socket, "400 Bad Request");
  if (deps.dev && url.pathname.startsWith("/_next/")) return deps.portal.upgrade(request, socket, head);
  const [, consoleId] = consolePath.exec(url.pathname) ?? [];
  if (url.pathname !== "/ws/trpc" && consoleId === undefined) return refuse(socket, "404 Not Found");
  if (!isOwnOrigin(request, deps.url)) return refuse(socket, "403 Forbidden");
  const requestId = requestIdFrom(request.headers[requestIdHeader]);
  const caller = await callerOf(deps, request, requestId);
  const identity = caller.sessionId && (await readIdentity(deps.backend.api.reads, caller.sessionId));
  if (!identity) return refuse(socket, "401 Unauthorized");
  if (!sockets.admit(identity.userId, socket)) {
    if (consoleId !== undefined && !socket.destroyed) return consoles.turnAway(request, socket, head);
    return refuse(socket, "429 Too Many Requests");
  }
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
    onError: ({ error, path, ctx }) => {
      if (error.code === "INTERNAL_SERVER_ERROR")
        deps.log.error(
          { err: error.cause ?? error, procedure: path, requestId: ctx?.caller.requestId },
          "stream failed",
        );
    },
  });
  const watch = setInterval(() => {
    for (const client of wss.clients) if (client.bufferedAmount > mostUnread) client.terminate();
  }, unreadEveryMs);
  return {
    accept: (request, socket, head) =>
      wss.handleUpgrade(request, socket, head, (client) => {
        // Before the handler's own listener: who asks and asks and never reads the answers is cut off.
        client.on("message", () => client.bufferedAmount > mostUnread && client.terminate());
        wss.emit("connection", client, request);
      }),
    close: () => {
      clearInterval(watch);
      handler.broadcastReconnectNotification();
      for (const client of wss.clients) client.close(1012);
      wss.close();
    },
  };
}
