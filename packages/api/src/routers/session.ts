import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { revokeOtherSessions, revokeSession } from "../admission/session.ts";
import { requireSession } from "../identity.ts";
import { pageInput } from "../list.ts";
import { listSessions } from "../reads/session.ts";
import { procedure, router } from "../trpc.ts";

export const sessionRouter = router({
  list: procedure("account:update")
    .input(z.object(pageInput))
    .query(({ ctx, input }) => {
      const { userId } = ctx.me;
      return listSessions(ctx.deps.reads, { userId, sessionId: requireSession(ctx.me) }, input);
    }),
  revoke: procedure("account:update")
    .input(z.object({ id: uuid }))
    .mutation(({ ctx, input }) => revokeSession(ctx.deps, ctx.actor, input.id)),
  revokeOthers: procedure("account:update").mutation(({ ctx }) => revokeOtherSessions(ctx.deps, ctx.actor)),
});
