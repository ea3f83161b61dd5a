import { z } from "zod";
import { changePassword } from "../admission/change-password.ts";
import { confirm } from "../admission/confirm.ts";
import { signOut } from "../admission/sign-in.ts";
import { requireSession } from "../identity.ts";
import { readAccount } from "../reads/account.ts";
import { streamAccount } from "../stream/account-stream.ts";
import { procedure, router } from "../trpc.ts";
import { passwordResetRouter } from "./password-reset.ts";
import { sessionRouter } from "./session.ts";
import { totpRouter } from "./totp.ts";

const typedPassword = z.string().min(1).max(1_000);
const typedCode = z.string().min(1).max(100);

export const accountRouter = router({
  stream: procedure("account:read").subscription(async function* ({
    ctx,
    signal = new AbortController().signal,
  }) {
    yield* streamAccount(ctx.deps, ctx.me, signal);
  }),
  me: procedure("account:read").query(({ ctx }) => readAccount(ctx.deps.reads, ctx.me, ctx.deps.reclaimMs)),
  changePassword: procedure("account:update")
    .input(z.object({ current: typedPassword, next: typedPassword }))
    .mutation(({ ctx, input }) => changePassword(ctx.deps, ctx.actor, input.current, input.next)),
  confirm: procedure("account:update")
    .input(z.union([z.object({ password: typedPassword }), z.object({ code: typedCode })]))
    .mutation(({ ctx, input }) => confirm(ctx.deps, ctx.actor, input)),
  passwordReset: passwordResetRouter,
  sessions: sessionRouter,
  totp: totpRouter,
  signOut: procedure("account:update").mutation(({ ctx }) =>
    signOut(ctx.deps, requireSession(ctx.actor), ctx.actor.address, ctx.actor.requestId),
  ),
});
