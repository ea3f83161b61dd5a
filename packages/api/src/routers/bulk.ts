import { bulkActions } from "@madang/core/operation/bulk";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { previewBulk } from "../bulk/preview.ts";
import { runBulk } from "../bulk/run.ts";
import { bulkScope } from "../bulk/scope.ts";
import { projectProcedure, router } from "../trpc.ts";

const asked = z.object({ projectId: uuid, action: z.enum(bulkActions), scope: bulkScope });

export const bulkRouter = router({
  preview: projectProcedure("instance:list")
    .input(asked)
    .query(({ ctx, input }) => previewBulk(ctx.deps.reads, ctx.actor, input)),
  run: projectProcedure("instance:power")
    .input(asked.extend({ id: uuid, confirmed: z.string().max(64).optional() }))
    .mutation(({ ctx, input }) => runBulk(ctx.deps, ctx.actor, input)),
});
