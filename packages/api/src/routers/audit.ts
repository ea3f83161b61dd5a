import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { pageInput } from "../list.ts";
import { auditFilter, listAudit } from "../reads/audit.ts";
import { anyOperationFilter, listAnyOperations, readAnyOperation } from "../reads/operation.ts";
import { procedure, router } from "../trpc.ts";

export const adminOperationRouter = router({
  list: procedure("operation:list_all")
    .input(z.object({ filter: anyOperationFilter, ...pageInput }))
    .query(({ ctx, input }) => listAnyOperations(ctx.deps.reads, input)),
  get: procedure("operation:list_all")
    .input(z.object({ operationId: uuid }))
    .query(({ ctx, input }) => readAnyOperation(ctx.deps.reads, input.operationId)),
});

export const auditRouter = router({
  list: procedure("audit:list")
    .input(z.object({ filter: auditFilter.optional(), ...pageInput }))
    .query(({ ctx, input }) => listAudit(ctx.deps.reads, input)),
});
