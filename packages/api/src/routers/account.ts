import { z } from "zod";
import { changePassword } from "../admission/change-password.ts";
import { signOut } from "../admission/sign-in.ts";
import { requireSession } from "../identity.ts";
import { readAccount } from "../reads/account.ts";
import { procedure, router } from "../trpc.ts";
import { passwordResetRouter } from "./password-reset.ts";

const typedPassword = z.string().min(1).max(1_000);

export const accountRouter = router({
  me: procedure("account:read").query(({ ctx }) => readAccount(ctx.deps.reads, ctx.me)),
  changePassword: procedure("account:update")
    .input(z.object({ current: typedPassword, next: typedPassword }))
    .mutation(({ ctx, input }) => changePassword(ctx.deps, ctx.actor, input.current, input.next)),
  passwordReset: passwordResetRouter,
  signOut: procedure("account:update").mutation(({ ctx }) =>
    signOut(ctx.deps, requireSession(ctx.actor), ctx.actor.address, ctx.actor.requestId),
  ),
});
