/** Next inside our server. It gets requests with their bodies untouched, and never sees the sockets of upgrades. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { loadNext } from "./commonjs.ts";

export type Portal = {
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Hot reload in development. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  close: () => Promise<void>;
};

export type PortalOptions = { dir: string; dev: boolean; hostname: string; port: number };

export async function openPortal(options: PortalOptions): Promise<Portal> {
  // At its first request Next adds an `upgrade` listener to this server; to ours it would steal every WebSocket.
  // That listener alone answers hot reload: what `getUpgradeHandler()` gives ignores it.
  const decoy = createServer();
  const app = loadNext()({ ...options, httpServer: decoy, customServer: true });
  await app.prepare();
  const handle = app.getRequestHandler();
  return {
    handle: (request, response) => handle(request, response),
    upgrade: (request, socket, head) => {
      if (!decoy.emit("upgrade", request, socket, head)) socket.destroy();
    },
    close: () => app.close(),
  };
}

/** A process for everything but pages: a browser that comes here by mistake is told so. */
export function noPortal(): Portal {
  return {
    handle: async (_request, response) => {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
      response.end("This process serves no pages.\n");
    },
    upgrade: (_request, socket) => void socket.destroy(),
    close: async () => {},
  };
}
