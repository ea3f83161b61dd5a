import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { pageInput } from "../list.ts";
import { listOperations, operationFilter, readOperation } from "../reads/operation.ts";
import { projectProcedure, router } from "../trpc.ts";

export const operationRouter = router({
  list: projectProcedure("operation:list")
    .input(z.object({ projectId: uuid, filter: operationFilter, ...pageInput }))
    .query(({ ctx, input }) => listOperations(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("operation:list")
    .input(z.object({ projectId: uuid, operationId: uuid }))
    .query(({ ctx, input }) => readOperation(ctx.deps.reads, ctx.projectId, input.operationId)),
});
