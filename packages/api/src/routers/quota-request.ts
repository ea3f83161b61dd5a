import { limits, requestReason } from "@madang/core/quota/request";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { amendQuotaRequest, createQuotaRequest, withdrawQuotaRequest } from "../admission/quota-request.ts";
import { pageInput } from "../list.ts";
import { listQuotaRequests, quotaRequestFilter } from "../reads/quota-request.ts";
import { projectProcedure, router } from "../trpc.ts";

const named = z.object({ projectId: uuid, id: uuid });
const wish = { asked: limits, reason: requestReason };
const looked = { generation: z.int().min(1).max(2_147_483_647) };

export const quotaRequestRouter = router({
  list: projectProcedure("quota:read")
    .input(z.object({ projectId: uuid, filter: quotaRequestFilter, ...pageInput }))
    .query(({ ctx, input }) => listQuotaRequests(ctx.deps.reads, ctx.projectId, input)),
  create: projectProcedure("quota:request")
    .input(named.extend(wish))
    .mutation(({ ctx, input }) => createQuotaRequest(ctx.deps, ctx.actor, input)),
  amend: projectProcedure("quota:request")
    .input(named.extend({ ...wish, ...looked }))
    .mutation(({ ctx, input }) => amendQuotaRequest(ctx.deps, ctx.actor, input)),
  withdraw: projectProcedure("quota:request")
    .input(named.extend(looked))
    .mutation(({ ctx, input }) => withdrawQuotaRequest(ctx.deps, ctx.actor, input)),
});
