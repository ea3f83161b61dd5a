import { newCredential } from "@madang/core/identity/credential";
import { isWithin, rolesIn } from "@madang/core/identity/permission";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createCredential, deleteCredential } from "../admission/credential.ts";
import type { Callable } from "../callable.ts";
import { pageInput } from "../list.ts";
import { credentialFilter, listCredentials } from "../reads/credential.ts";
import { projectProcedure, router } from "../trpc.ts";

/** `callable`: the rest of the API, as far as credentials may call it. */
export function credentialRouter(callable: readonly Callable[]) {
  return router({
    list: projectProcedure("credential:list")
      .input(z.object({ projectId: uuid, filter: credentialFilter, ...pageInput }))
      .query(({ ctx, input }) => {
        const seesAll = isWithin("manager", rolesIn(ctx.me.grants, ctx.projectId)) && !input.filter?.mine;
        const of = { projectId: ctx.projectId, ownerId: seesAll ? null : ctx.me.userId };
        return listCredentials(ctx.deps.reads, of, input);
      }),
    /** What access rules may name. */
    callable: projectProcedure("credential:list")
      .input(z.object({ projectId: uuid }))
      .query(() => ({ items: callable })),
    create: projectProcedure("credential:create")
      .input(newCredential)
      .mutation(({ ctx, input }) => createCredential(ctx.deps, ctx.actor, input, callable)),
    delete: projectProcedure("credential:delete")
      .input(z.object({ projectId: uuid, id: uuid }))
      .mutation(({ ctx, input }) => deleteCredential(ctx.deps, ctx.actor, input)),
  });
}
