/** Agents' procedures: all of them are a hypervisor's, and there is no builder that does not ask which. */
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { outcomeOf } from "../call-log.ts";
import { cloudErrorOf, toTrpcError } from "../error-table.ts";
import type { AgentDeps } from "./deps.ts";
import { identifyPeer, type PeerCertificate } from "./peer.ts";

export type AgentContext = { deps: AgentDeps; certificate: PeerCertificate | null; requestId: string };

const t = initTRPC.context<AgentContext>().create({
  transformer: superjson,
  errorFormatter: ({ shape, error, ctx }) => {
    const cloud = cloudErrorOf(error).toPublic();
    const { stack: _stack, ...data } = shape.data;
    return { ...shape, message: cloud.message, data: { ...data, cloud, requestId: ctx?.requestId ?? null } };
  },
});

export const router = t.router;
export const agentCallerFactory = t.createCallerFactory;

const told = t.procedure.use(async ({ ctx, path, next }) => {
  const { meter } = ctx.deps;
  const began = performance.now();
  if (path === "pull") meter.open("poll", 1);
  const result = await next();
  if (path === "pull") meter.open("poll", -1);
  meter.agentCalled(path, outcomeOf(result), (performance.now() - began) / 1_000);
  return result;
});

export const hypervisorProcedure = told.use(async ({ ctx, path, next }) => {
  const peer = await identifyPeer(ctx.deps.agents, ctx.certificate).catch((error: unknown) => {
    throw toTrpcError(error);
  });
  const { pulls, calls, metrics } = ctx.deps.limits.agents;
  const ofTheirOwn = new Map([
    ["pull", pulls],
    ["metrics", metrics],
  ]);
  const result = await (ofTheirOwn.get(path) ?? calls)
    .run(peer.hypervisorId, () => next({ ctx: { ...ctx, peer } }))
    .catch((error: unknown) => {
      throw toTrpcError(error);
    });
  if (!result.ok) throw toTrpcError(result.error);
  return result;
});
