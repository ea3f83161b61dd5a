/**
 * The agents' own port. TLS always; a client certificate is asked for and judged per request, because joining, which
 * buys the certificate, comes without one.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { TLSSocket } from "node:tls";
import {
  type AgentContext,
  type AgentDeps,
  agentRouter,
  identifyPeer,
  joinHypervisor,
  mayFetchImage,
  type PeerCertificate,
} from "@madang/api/agent";
import { acceptDial, cloudErrorOf, requestIdFrom, requestIdHeader, trpcCodes } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import { joinInput } from "@madang/core/wire/agent";
import { TRPCError } from "@trpc/server";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import Fastify, { type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import type { WebCertificate } from "./certificate.ts";
import { boundRequests, connectionsCheckingInterval, trackConnections } from "./connections.ts";
import { consoleSockets } from "./console-sockets.ts";
import { mountExports } from "./image-pieces.ts";
import type { PendingDials } from "./pending-dials.ts";

export type AgentListenerDeps = {
  agent: AgentDeps;
  dials: PendingDials;
  images: string;
  databaseUrl: string;
  log: Logger;
  responded: (listener: "agents", status: number) => void;
};
export type AgentListener = {
  app: FastifyInstance;
  /** For new connections; those that are open keep the one they began with. */
  use: (certificate: WebCertificate) => void;
  connections: { destroyAll: () => void };
};

/** A report names every guest of a hypervisor. */
const bodyLimit = 16 * 1024 * 1024;
/** A simulator is a thousand hypervisors at one address. */
const connectionLimits = { perAddress: 5_000, total: 20_000, exempt: () => false };
const handshakeTimeout = 10_000;
/** What somebody who proved nothing may send: a request to join, or a call that is refused in words. */
const strangerLimit = 64 * 1024;
const largestMessage = 16 * 1024 * 1024;

export async function makeAgentListener(
  deps: AgentListenerDeps,
  first: WebCertificate,
): Promise<AgentListener> {
  const servers: Server[] = [];
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => {
      const server = createServer(
        {
          ...secure(first),
          requestCert: true,
          rejectUnauthorized: false,
          handshakeTimeout,
          connectionsCheckingInterval,
        },
        handler,
      );
      boundRequests(server);
      servers.push(server);
      return server;
    },
    genReqId: (request) => requestIdFrom(request.headers[requestIdHeader]),
    routerOptions: { maxParamLength: 5_000 },
    bodyLimit,
    forceCloseConnections: true,
  });
  app.setErrorHandler(async (error, request, reply) => {
    const thrown =
      error instanceof TRPCError ? error : new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: error });
    const cloud = cloudErrorOf(thrown);
    if (cloud.code === "Internal")
      deps.log.error({ err: error, requestId: request.id }, "agent request failed");
    const status = getHTTPStatusCodeFromError(new TRPCError({ code: trpcCodes[cloud.code] }));
    return reply.code(status).send({ cloud: cloud.toPublic(), requestId: request.id });
  });
  app.addHook("onResponse", async (_request, reply) => deps.responded("agents", reply.raw.statusCode));
  app.addHook("onRequest", async ({ raw }) => requireSmallFromStrangers(raw));
  await app.register(fastifyTRPCPlugin, { prefix: "/trpc", trpcOptions: trpcOptions(deps) });
  mountJoin(deps, app);
  mountImages(deps, app);
  const closeExports = await mountExports({ ...deps, peerOf }, app);
  app.addHook("onClose", closeExports);
  app.server.on("upgrade", consoleDials(deps));
  const use = (certificate: WebCertificate) => {
    for (const server of servers) server.setSecureContext(secure(certificate));
  };
  return { app, use, connections: trackConnections(app.server, connectionLimits) };
}

function secure({ key, cert, ca }: WebCertificate) {
  return { key, cert, ca, minVersion: "TLSv1.2" as const };
}

/** null unless the client proved to hold the key of a certificate that our CA signed. */
export function peerOf(request: IncomingMessage): PeerCertificate | null {
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate?.subjectAltName) return null;
  return { subjectAltName: certificate.subjectAltName, serialNumber: certificate.serialNumber };
}

/** Before the body is read. Throws InvalidInput. */
function requireSmallFromStrangers(request: IncomingMessage): void {
  const { "content-length": announced, "transfer-encoding": unannounced } = request.headers;
  const small = unannounced === undefined && Number(announced ?? 0) <= strangerLimit;
  if (small || peerOf(request)) return;
  throw new CloudError("InvalidInput", "The request is too large.", { reason: "tooLarge" });
}

function trpcOptions(deps: AgentListenerDeps): FastifyTRPCPluginOptions<typeof agentRouter>["trpcOptions"] {
  return {
    router: agentRouter,
    allowBatching: false,
    createContext: ({ req }): AgentContext => ({
      deps: deps.agent,
      certificate: peerOf(req.raw),
      requestId: req.id,
    }),
    onError: ({ error, path, ctx }) => {
      const level = error.code === "INTERNAL_SERVER_ERROR" ? "error" : "debug";
      const line = { err: error.cause ?? error, procedure: path, requestId: ctx?.requestId };
      deps.log[level](line, "agent call failed");
    },
  };
}

function mountJoin(deps: AgentListenerDeps, app: FastifyInstance): void {
  app.post("/join", async (request) => {
    const address = request.raw.socket.remoteAddress ?? "unknown";
    return await joinHypervisor(deps.agent, joinInput.parse(request.body), address);
  });
}

const imageName = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

function mountImages(deps: AgentListenerDeps, app: FastifyInstance): void {
  app.get("/images/:sha256", async (request, reply) => {
    const { hypervisorId } = await identifyPeer(deps.agent.agents, peerOf(request.raw));
    const { sha256 } = imageName.parse(request.params);
    const path = join(deps.images, sha256);
    const allowed = await mayFetchImage(deps.agent, hypervisorId, sha256);
    const file = allowed ? await stat(path).catch(() => null) : null;
    if (!file) throw new CloudError("NotFound", "There is no such image here.", { reason: "imageNotFound" });
    reply.header("content-type", "application/octet-stream").header("content-length", file.size);
    await deps.agent.limits.agents.images.run(hypervisorId, async () => {
      void reply.send(createReadStream(path));
      await finished(reply.raw).catch(() => {});
    });
    return reply;
  });
}

const consolePath = /^\/console\/([0-9a-f-]{36})$/;

/** An agent that was told to dial: it must be the hypervisor of that very guest and know the secret. */
function consoleDials(deps: AgentListenerDeps) {
  const wss = consoleSockets(largestMessage);
  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [, consoleId = ""] = consolePath.exec(request.url ?? "") ?? [];
    const secret = String(request.headers["x-madang-console"] ?? "");
    const peer = await identifyPeer(deps.agent.agents, peerOf(request)).catch(() => null);
    const expected = peer !== null && (await deps.dials.expects(consoleId, secret));
    if (!expected || !(await acceptDial(deps.agent.agents, consoleId, peer.hypervisorId))) {
      return socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
    wss.handleUpgrade(request, socket, head, (agent) => {
      agent.on("error", () => agent.terminate());
      agent.pause();
      if (!deps.dials.deliver(consoleId, agent)) agent.close(1000);
    });
  };
  return (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    accept(request, socket, head).catch((error) => {
      deps.log.error({ err: error }, "console dial failed");
      socket.destroy();
    });
  };
}
