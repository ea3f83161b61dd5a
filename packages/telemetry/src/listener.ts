/**
 * The process's own small port: figures for Prometheus, and whether it lives and can work. It shows no secrets, but it
 * is for operators: it listens on loopback unless told otherwise, and never on the public port.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Health } from "@madang/core/health";
import type { Registry } from "prom-client";

/** `port` 0: any that is free. */
export type MetricsPlace = { host: string; port: number };
export type MetricsListener = { url: string; close: () => Promise<void> };

export type Sources = {
  registry: Registry;
  health: () => Promise<Health>;
  /** Brings figures up to date that are only looked up when somebody asks. Never rejects. */
  refresh?: () => Promise<void>;
};

/** Rejects when the address can't be listened on. */
export async function startMetricsListener(place: MetricsPlace, sources: Sources): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    answer(sources, request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(error instanceof Error ? error.name : "failed");
    });
  });
  server.listen({ host: place.host, port: place.port });
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : place.port;
  const host = place.host.includes(":") ? `[${place.host}]` : place.host;
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return { url: `http://${host}:${port}`, close };
}

async function answer(
  { registry, health, refresh }: Sources,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path] = (request.url ?? "/").split("?");
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "text/plain", "");
  if (path === "/metrics") {
    await refresh?.();
    return send(response, 200, registry.contentType, await registry.metrics());
  }
  if (path === "/health/live") return send(response, 200, "application/json", `{"status":"ok"}`);
  if (path !== "/health") return send(response, 404, "text/plain", "");
  const now = await health();
  send(response, now.status === "failed" ? 503 : 200, "application/json", JSON.stringify(now));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
