import { z } from "zod";
import { lookAtPasswordReset, redeemPasswordReset } from "../admission/password-reset.ts";
import { publicProcedure, router } from "../trpc.ts";

const token = z.string().min(1).max(200);

export const passwordResetRouter = router({
  /** A mutation, so that no token stands in an address. */
  look: publicProcedure("account:reset")
    .input(z.object({ token }))
    .mutation(({ ctx, input }) => lookAtPasswordReset(ctx.deps, ctx.caller, input.token)),
  redeem: publicProcedure("account:reset")
    .input(z.object({ token, password: z.string().min(1).max(1_000) }))
    .mutation(({ ctx, input }) => redeemPasswordReset(ctx.deps, ctx.caller, input.token, input.password)),
});
