import { isSimulated } from "../reads/overview.ts";
import { procedure, router } from "../trpc.ts";

export const systemRouter = router({
  info: procedure("account:read").query(async ({ ctx }) => ({
    version: ctx.deps.about.version,
    simulated: await isSimulated(ctx.deps.reads),
    networking: false,
    url: ctx.deps.about.url,
  })),
});
