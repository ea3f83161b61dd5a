import { metricRanges } from "@madang/core/metrics/level";
import { uuid } from "@madang/core/uuid";
import { quotaLines } from "@madang/db";
import { z } from "zod";
import { describeProject } from "../admission/project.ts";
import { filterText } from "../list.ts";
import { readProject } from "../reads/account.ts";
import { readProjectMetrics } from "../reads/project-metrics.ts";
import { readUsage, usageInput } from "../reads/usage.ts";
import { projectProcedure, router } from "../trpc.ts";

const input = z.object({ projectId: uuid });

export const projectRouter = router({
  get: projectProcedure("project:read")
    .input(input)
    .query(({ ctx }) => readProject(ctx.deps.reads, ctx.projectId, ctx.me)),
  update: projectProcedure("project:update")
    .input(input.extend({ description: filterText }))
    .mutation(({ ctx, input: { description } }) =>
      describeProject(ctx.deps, ctx.actor, ctx.projectId, description),
    ),
  quota: projectProcedure("quota:read")
    .input(input)
    .query(async ({ ctx }) => ({
      lines: await quotaLines(ctx.deps.reads.prisma, ctx.projectId, ctx.me.userId),
    })),
  metrics: projectProcedure("instance:list")
    .input(input.extend({ range: z.enum(metricRanges).default("1h") }))
    .query(({ ctx, input: { range } }) =>
      readProjectMetrics(ctx.deps.reads, { projectId: ctx.projectId, range, userId: ctx.me.userId }),
    ),
  usage: projectProcedure("usage:read")
    .input(usageInput)
    .query(({ ctx, input }) => readUsage(ctx.deps.reads, input)),
});
