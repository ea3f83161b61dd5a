import { quotaLines } from "@madang/db";
import { z } from "zod";
import { readProject } from "../reads/account.ts";
import { readUsage, usageInput } from "../reads/usage.ts";
import { projectProcedure, router } from "../trpc.ts";

const input = z.object({ projectId: z.uuid() });

export const projectRouter = router({
  get: projectProcedure("project:read")
    .input(input)
    .query(({ ctx }) => readProject(ctx.deps.reads, ctx.projectId, ctx.me)),
  quota: projectProcedure("quota:read")
    .input(input)
    .query(async ({ ctx }) => ({
      lines: await quotaLines(ctx.deps.reads.prisma, ctx.projectId, ctx.me.userId),
    })),
  usage: projectProcedure("usage:read")
    .input(usageInput)
    .query(({ ctx, input }) => readUsage(ctx.deps.reads, input)),
});
