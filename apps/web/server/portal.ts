/** Next inside our server. It gets requests with their bodies untouched, and never sees the sockets of upgrades. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type nextModule from "next";

// Its types say `default`, but the module itself is the function.
const next: typeof nextModule.default = createRequire(import.meta.url)("next");

export type Portal = {
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Hot reload in development. */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  close: () => Promise<void>;
};

export async function openPortal(options: { dev: boolean; hostname: string; port: number }): Promise<Portal> {
  const dir = dirname(dirname(fileURLToPath(import.meta.url)));
  // At its first request Next adds an `upgrade` listener to this server; to ours it would steal every WebSocket.
  const decoy = createServer();
  const app = next({ ...options, dir, httpServer: decoy, customServer: true });
  await app.prepare();
  const handle = app.getRequestHandler();
  const upgrade = app.getUpgradeHandler();
  return {
    handle: (request, response) => handle(request, response),
    upgrade: (request, socket, head) => upgrade(request, socket, head),
    close: () => app.close(),
  };
}
