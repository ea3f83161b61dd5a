import { displayName } from "@madang/core/instance/launch";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { deleteKeyPair, generateKeyPair, importKeyPair } from "../admission/key-pair.ts";
import { pageInput } from "../list.ts";
import { listKeyPairs } from "../reads/key-pair.ts";
import { procedure, router } from "../trpc.ts";

const newKeyPair = z.object({ id: uuid, name: displayName, projectId: uuid });

export const keyPairRouter = router({
  list: procedure("key_pair:list")
    .input(z.object(pageInput))
    .query(({ ctx, input }) => listKeyPairs(ctx.deps.reads, ctx.me.userId, input)),
  import: procedure("key_pair:create")
    .input(newKeyPair.extend({ publicKey: z.string().min(1).max(20_000) }))
    .mutation(({ ctx, input }) => importKeyPair(ctx.deps, ctx.actor, input)),
  generate: procedure("key_pair:create")
    .input(newKeyPair.extend({ type: z.enum(["ed25519", "rsa"]) }))
    .mutation(async ({ ctx, input }) => {
      await ctx.deps.limits.take("generateKey", ctx.actor.address);
      return await generateKeyPair(ctx.deps, ctx.actor, input);
    }),
  delete: procedure("key_pair:delete")
    .input(z.object({ id: uuid }))
    .mutation(({ ctx, input }) => deleteKeyPair(ctx.deps, ctx.actor, input.id)),
});
