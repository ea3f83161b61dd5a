import { z } from "zod";
import { activateTotp, beginTotp, disableTotp, renewRecoveryCodes } from "../admission/second-factor.ts";
import { procedure, router } from "../trpc.ts";

export const totpRouter = router({
  begin: procedure("account:secure").mutation(({ ctx }) =>
    beginTotp(ctx.deps, ctx.actor, new URL(ctx.deps.about.url).hostname),
  ),
  activate: procedure("account:secure")
    .input(z.object({ code: z.string().min(1).max(100) }))
    .mutation(({ ctx, input }) => activateTotp(ctx.deps, ctx.actor, input.code)),
  disable: procedure("account:secure").mutation(({ ctx }) => disableTotp(ctx.deps, ctx.actor)),
  recoveryCodes: procedure("account:secure").mutation(({ ctx }) => renewRecoveryCodes(ctx.deps, ctx.actor)),
});
