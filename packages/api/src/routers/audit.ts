import { z } from "zod";
import { pageInput } from "../list.ts";
import { auditFilter, listAudit } from "../reads/audit.ts";
import { procedure, router } from "../trpc.ts";

export const auditRouter = router({
  list: procedure("audit:list")
    .input(z.object({ filter: auditFilter.optional(), ...pageInput }))
    .query(({ ctx, input }) => listAudit(ctx.deps.reads, input)),
});
