/**
 * The procedure builders. There is no bare one: whoever writes a procedure names its permission, and a procedure of a
 * project is judged by the `projectId` in its input before the rest of the input is looked at.
 */

import type { CloudError } from "@madang/core/errors";
import { type Permission, type permissions, rolesIn } from "@madang/core/identity/permission";
import { uuid } from "@madang/core/uuid";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import { recordRefusal } from "./admission/record-refusal.ts";
import { authorise } from "./authorise.ts";
import { outcomeOf, startedOperations, tellCall } from "./call-log.ts";
import type { Actor, Context, Doer } from "./context.ts";
import { cloudErrorOf, toTrpcError } from "./error-table.ts";
import type { Identity } from "./identity.ts";

type ScopeOf<P extends Permission> = (typeof permissions)[P]["scope"];
type OfScope<S extends string> = { [P in Permission]: ScopeOf<P> extends S ? P : never }[Permission];

const projectOnly = z.object({ projectId: uuid });

export type ProcedureMeta = { permission: Permission };

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    transformer: superjson,
    errorFormatter: ({ shape, error, ctx }) => {
      const cloud = cloudErrorOf(error).toPublic();
      const { stack: _stack, ...data } = shape.data;
      return {
        ...shape,
        message: cloud.message,
        data: { ...data, cloud, requestId: ctx?.caller.requestId ?? null },
      };
    },
  });

export const router = t.router;
export const callerFactory = t.createCallerFactory;

/** Tells of every call, whoever refused it; the identity is the one that the call itself looked up. */
const told = t.procedure.use(async ({ ctx, path, type, next, getRawInput }) => {
  const began = performance.now();
  const seen: { identity: Identity | null } = { identity: null };
  const identity = async () => {
    seen.identity = await ctx.identity(type === "mutation");
    return seen.identity;
  };
  const result = await next({ ctx: { ...ctx, identity } });
  const input = projectOnly.safeParse(await getRawInput().catch(() => null));
  const call = {
    requestId: ctx.caller.requestId,
    procedure: path,
    type,
    userId: seen.identity?.userId ?? null,
    projectId: input.data?.projectId ?? null,
    operations: result.ok ? startedOperations(result.data) : [],
  };
  tellCall(ctx.deps, call, outcomeOf(result), performance.now() - began);
  const tried = type === "mutation" || path.startsWith("admin.");
  if (!result.ok && tried && seen.identity)
    await noteRefusal(ctx, seen.identity, path, call.projectId, cloudErrorOf(result.error));
  return result;
});

/** Who is only asked to prove who he is was not refused. A project that he only names is none of his. */
async function noteRefusal(
  ctx: Context,
  identity: Identity,
  procedure: string,
  named: string | null,
  { code, options }: CloudError,
): Promise<void> {
  const refusedAtTheDoor = code === "Forbidden" || options.reason === "projectNotFound";
  if (!refusedAtTheDoor || options.reason === "confirmNeeded") return;
  const projectId = rolesIn(identity.grants, named).length > 0 ? named : null;
  const refused = { procedure, projectId, reason: options.reason ?? code };
  await recordRefusal(ctx.deps, doerOf(identity, ctx), refused);
}

const judged = told.use(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw toTrpcError(result.error);
  return result;
});

/** Of a subscription this is only its beginning. */
const inTurn = judged.use(({ ctx, next }) =>
  ctx.deps.limits.calls.run(ctx.caller, (outside) => next({ ctx: { outside } })),
);

export function doerOf(identity: Identity, ctx: Pick<Context, "caller">): Doer {
  const { userId, userName: name, grants, sessionId, credential } = identity;
  const { requestId, address } = ctx.caller;
  return { userId, name, grants, sessionId, credential, requestId, address };
}

/** A procedure for whoever comes. */
export function publicProcedure(permission: OfScope<"public">) {
  return inTurn.meta({ permission });
}

/** A procedure of a person's own or of the whole cloud. */
export function procedure(permission: OfScope<"self" | "system">) {
  return inTurn.meta({ permission }).use(async ({ ctx, path, next }) => {
    const identity = await authorise(ctx.deps.reads, await ctx.identity(), permission, null, path);
    const actor: Actor = { ...doerOf(identity, ctx), judged: { permission, projectId: null } };
    return await next({ ctx: { ...ctx, me: identity, actor } });
  });
}

/** A procedure of a project. Use `ctx.projectId`: it is the one that was judged. */
export function projectProcedure(permission: OfScope<"project">) {
  return inTurn.meta({ permission }).use(async ({ ctx, path, next, getRawInput }) => {
    const input = projectOnly.safeParse(await getRawInput());
    const named = input.success ? input.data.projectId : null;
    const identity = await authorise(ctx.deps.reads, await ctx.identity(), permission, named, path);
    const projectId = z.string().parse(named);
    const actor: Actor = { ...doerOf(identity, ctx), judged: { permission, projectId } };
    return await next({ ctx: { ...ctx, me: identity, actor, projectId } });
  });
}
