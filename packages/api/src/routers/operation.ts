import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { cancelOperation } from "../admission/cancel-operation.ts";
import { retryBulk } from "../bulk/run.ts";
import { pageInput } from "../list.ts";
import { listOperations, operationFilter, readOperation } from "../reads/operation.ts";
import { projectProcedure, router } from "../trpc.ts";

const one = z.object({ projectId: uuid, operationId: uuid });

export const operationRouter = router({
  list: projectProcedure("operation:list")
    .input(z.object({ projectId: uuid, filter: operationFilter, ...pageInput }))
    .query(({ ctx, input }) => listOperations(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("operation:list")
    .input(one)
    .query(({ ctx, input }) => readOperation(ctx.deps.reads, ctx.projectId, input.operationId)),
  cancel: projectProcedure("operation:cancel")
    .input(one)
    .mutation(({ ctx, input }) => cancelOperation(ctx.deps, ctx.actor, input)),
  retry: projectProcedure("operation:cancel")
    .input(one.extend({ id: uuid }))
    .mutation(({ ctx, input }) => retryBulk(ctx.deps, ctx.actor, input)),
});
