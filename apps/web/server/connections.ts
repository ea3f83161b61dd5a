import type { Server as HttpServer } from "node:http";
import type { Server, Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import { networkOf } from "@madang/api/server";

export type ConnectionLimits = {
  perAddress: number;
  total: number;
  /** A proxy brings everybody's connections. */
  exempt: (address: string) => boolean;
};

/**
 * Knows every open connection of a server, also those that became WebSockets and that the server itself has forgotten,
 * and turns away what one address opens beyond its share: before TLS and before a byte is read.
 */
export function trackConnections(server: Server, limits: ConnectionLimits): { destroyAll: () => void } {
  const open = new Set<Socket>();
  const byNetwork = new Map<string, number>();
  server.maxConnections = limits.total;
  const count = (network: string, change: 1 | -1) => {
    const now = (byNetwork.get(network) ?? 0) + change;
    if (now === 0) byNetwork.delete(network);
    else byNetwork.set(network, now);
    return now;
  };
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "unknown";
    const network = networkOf(address);
    open.add(socket);
    const own = count(network, 1);
    socket.once("close", () => {
      open.delete(socket);
      count(network, -1);
    });
    if (own > limits.perAddress && !limits.exempt(address)) turnAway(server, socket);
  });
  return {
    destroyAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

const cloud = {
  code: "TooManyRequests",
  reason: "tooManyConnections",
  message: "There are too many connections from your address.",
  retry: "later",
};

/** A TLS client would not understand an answer in the clear. */
function turnAway(server: Server, socket: Socket): void {
  if (server instanceof TlsServer) return void socket.destroy();
  const body = JSON.stringify({ cloud });
  const head = `HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  socket.on("error", () => socket.destroy());
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}

/** How often node:http looks for connections that take too long, ms; an option of the server. */
export const connectionsCheckingInterval = 5_000;

/** Whoever dribbles a request in byte by byte is cut off: its head after 15 s, all of it after 5 min. */
export function boundRequests(server: HttpServer): void {
  server.headersTimeout = 15_000;
  server.requestTimeout = 300_000;
  server.keepAliveTimeout = 60_000;
}
