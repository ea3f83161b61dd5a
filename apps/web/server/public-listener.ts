/** The one port that browsers see: pages, tRPC, sign-in, health. WebSockets are in upgrade.ts. */
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import { appRouter, type Context, requestContext } from "@madang/api";
import { cloudErrorOf, requestIdFrom, requestIdHeader, trpcCodes } from "@madang/api/server";
import { asCloudError, CloudError } from "@madang/core/errors";
import type { Health } from "@madang/core/health";
import { TRPCError } from "@trpc/server";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Backend } from "./backend.ts";
import { bearerOf, challenge, isProgramCall } from "./bearer.ts";
import { type CallerDeps, callerOf, isSecure } from "./caller.ts";
import { clientAddress } from "./client-address.ts";
import { boundRequests, connectionsCheckingInterval } from "./connections.ts";
import { makeDownloadShare, mountExports } from "./exports.ts";
import { withoutFigures } from "./health.ts";
import { mountImages } from "./images.ts";
import { isOwnOrigin } from "./origin.ts";
import type { Portal } from "./portal.ts";
import { mountProjectMetrics } from "./project-metrics.ts";
import { makeRequestShare } from "./request-share.ts";
import { contentSecurityPolicy, newNonce, securityHeaders } from "./security-headers.ts";
import { sessionIdOf } from "./session-cookie.ts";
import { handleSignIn, type SignInOutcome } from "./sign-in.ts";

export type PublicDeps = CallerDeps & {
  backend: Backend;
  portal: Portal;
  health: () => Promise<Health>;
  log: Logger;
  /** The image store's folder. */
  images: string;
  databaseUrl: string;
  /** null: plain HTTP */
  tls: { cert: string; key: string } | null;
  dev: boolean;
};

const bodyLimit = 1024 * 1024;
const batchLimit = 50;
const safeMethods = ["GET", "HEAD", "OPTIONS"];

export async function makePublicListener(deps: PublicDeps): Promise<FastifyInstance> {
  const { tls } = deps;
  const app: FastifyInstance = Fastify({
    serverFactory: (handler): Server | SecureServer => {
      const server = tls
        ? createSecureServer({ ...tls, connectionsCheckingInterval }, handler)
        : createServer({ connectionsCheckingInterval }, handler);
      boundRequests(server);
      return server;
    },
    genReqId: (request) => requestIdFrom(request.headers[requestIdHeader]),
    // A batch's path names all its calls, separated by commas.
    routerOptions: { maxParamLength: 5_000 },
    bodyLimit,
    forceCloseConnections: true,
  });
  const share = makeRequestShare();
  app.addHook("onRequest", async ({ raw }, reply) => share.take(clientAddress(raw, deps.trust), reply.raw));
  app.addHook("onRequest", (request, reply, done) => guard(deps, request, reply, done));
  app.addHook("onResponse", async (_request, reply) =>
    deps.backend.metrics.responded("public", reply.raw.statusCode),
  );
  app.setErrorHandler((error, request, reply) => answerError(deps, error, request, reply));
  app.get("/api/health", async ({ raw }, reply) => {
    // The cookie's signature is enough: the database that could say more may be what is not well.
    const [health, sessionId] = await Promise.all([
      deps.health(),
      sessionIdOf(raw, deps.sessionKey, isSecure(deps)),
    ]);
    return reply
      .code(health.status === "failed" ? 503 : 200)
      .header("cache-control", "no-store")
      .send(sessionId === null ? withoutFigures(health) : health);
  });
  await app.register(fastifyTRPCPlugin, { prefix: "/api/trpc", trpcOptions: trpcOptions(deps) });
  const downloads = makeDownloadShare();
  mountExports({ ...deps, share: downloads }, app);
  mountProjectMetrics(deps, app);
  const closeImages = await mountImages({ ...deps, share: downloads }, app);
  app.addHook("onClose", closeImages);
  await app.register(async (scope) => mountSignIn(deps, scope));
  await app.register(async (scope) => mountPortal(deps, scope));
  return app;
}

/** Headers of every answer; and nothing that changes anything is taken from a page that is not ours. */
function guard(deps: PublicDeps, request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const secure = isSecure(deps);
  const nonce = newNonce();
  const policy = contentSecurityPolicy(nonce, request.headers.host, deps.dev);
  for (const [name, value] of Object.entries(securityHeaders(secure))) reply.raw.setHeader(name, value);
  reply.raw.setHeader(requestIdHeader, request.id);
  reply.raw.setHeader("content-security-policy", policy);
  // Next finds the nonce for its own scripts here, and the layout for the rest. What a client sent is overwritten.
  request.raw.headers["content-security-policy"] = policy;
  request.raw.headers["x-nonce"] = nonce;
  const { raw, method } = request;
  if (safeMethods.includes(method) || isOwnOrigin(raw, deps.url) || isProgramCall(raw)) {
    done();
    return;
  }
  const message = "This request is not from a page of Madang.";
  const cloud = { code: "Forbidden", reason: "foreignOrigin", message, retry: "never" };
  void reply.code(403).send({ cloud, requestId: request.id });
}

function answerError(deps: PublicDeps, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof CloudError) {
    if (error.code === "Unauthenticated")
      void reply.header("www-authenticate", challenge(bearerOf(request.raw)));
    const refusal = new TRPCError({ code: trpcCodes[error.code] });
    const seconds = Number(error.options.params?.seconds ?? 0);
    if (seconds > 0) void reply.header("retry-after", String(seconds));
    void reply
      .code(getHTTPStatusCodeFromError(refusal))
      .send({ cloud: error.toPublic(), requestId: request.id });
    return;
  }
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  if (status >= 500)
    deps.log.error({ err: error, requestId: request.id, path: request.routeOptions.url }, "request failed");
  const cloud = asCloudError(error).toPublic();
  const reason = status === 413 ? "tooLarge" : "malformed";
  const known =
    status < 500
      ? { ...cloud, code: "InvalidInput", reason, message: "The request could not be read." }
      : cloud;
  void reply.code(status < 400 ? 500 : status).send({ cloud: known, requestId: request.id });
}

function trpcOptions(deps: PublicDeps): FastifyTRPCPluginOptions<typeof appRouter>["trpcOptions"] {
  return {
    router: appRouter,
    maxBatchSize: batchLimit,
    responseMeta: ({ errors, ctx }) => answerHeaders(errors, ctx),
    createContext: async ({ req }) => requestContext(deps.backend.api, await callerOf(deps, req.raw, req.id)),
    onError: ({ error, path, ctx }) => {
      if (error.code !== "INTERNAL_SERVER_ERROR") return;
      deps.log.error(
        { err: error.cause ?? error, procedure: path, requestId: ctx?.caller.requestId },
        "procedure failed",
      );
    },
  };
}

/** tRPC builds this answer itself: whoever was refused hears how to sign in, or when to come back. */
function answerHeaders(errors: readonly TRPCError[], ctx: Context | undefined): { headers?: Headers } {
  const headers = new Headers();
  if (errors.some(({ code }) => code === "UNAUTHORIZED"))
    headers.set("www-authenticate", challenge(ctx?.caller.bearer ?? null));
  const waits = errors.map((error) => Number(cloudErrorOf(error).options.params?.seconds ?? 0));
  const longest = Math.max(0, ...waits);
  if (longest > 0) headers.set("retry-after", String(longest));
  return { headers };
}

function mountSignIn(deps: PublicDeps, scope: FastifyInstance): void {
  scope.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  scope.route<{
    Params: { "*": string };
    Querystring: Record<string, string>;
    Body: Record<string, string> | undefined;
  }>({
    method: ["GET", "POST"],
    url: "/api/auth/*",
    handler: async (request, reply) => {
      reply.hijack();
      const { raw, id: requestId } = request;
      const { address, userAgent } = await callerOf(deps, raw, requestId);
      const query = { ...request.query, nextauth: request.params["*"].split("/") };
      const settings = { secret: deps.sessionKey, secure: isSecure(deps) };
      const tell = (userId: string | null, outcome: SignInOutcome) => {
        deps.backend.metrics.signedIn(outcome);
        // A flood that is refused must not push everything else out of the log; the figures count it.
        const level = outcome === "TooManyRequests" ? "debug" : "info";
        deps.log[level]({ requestId, procedure: "sign-in", userId, outcome, address }, "sign-in");
      };
      const signInRequest = { raw, query, body: request.body ?? {}, address, userAgent, requestId, tell };
      await handleSignIn(deps.backend.api, settings, signInRequest, reply.raw).catch((error) => {
        deps.log.error({ err: error, requestId }, "sign-in failed");
        reply.raw.writeHead(500).end();
      });
    },
  });
}

function mountPortal({ portal, log }: PublicDeps, scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  // Nobody reads the body before Next does.
  scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
  scope.route({
    method: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url: "*",
    bodyLimit: Number.MAX_SAFE_INTEGER,
    handler: async (request, reply) => {
      reply.hijack();
      await portal.handle(request.raw, reply.raw).catch((error) => {
        log.error({ err: error, requestId: request.id }, "page failed");
        if (!reply.raw.headersSent) reply.raw.writeHead(500);
        reply.raw.end();
      });
    },
  });
}
