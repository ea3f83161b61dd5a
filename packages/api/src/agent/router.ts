import { CloudError } from "@madang/core/errors";
import { certificateRequest, pullInput, reportInput } from "@madang/core/wire/agent";
import { exportReport } from "@madang/core/wire/export";
import { metricsReport } from "@madang/core/wire/metrics";
import { z } from "zod";
import { openUserData } from "../admission/launch-user-data.ts";
import { requestCertificate, waitForCertificate } from "./certificate.ts";
import { hearExport } from "./exported.ts";
import { ingestReport } from "./ingest.ts";
import { ingestMetrics } from "./ingest-metrics.ts";
import { pullSnapshot } from "./pull.ts";
import { hypervisorProcedure, router } from "./trpc.ts";

const signWithinMs = 30_000;

export const agentRouter = router({
  pull: hypervisorProcedure
    .input(pullInput)
    .query(({ ctx, input, signal = new AbortController().signal }) =>
      pullSnapshot(ctx.deps, ctx.peer, input, signal),
    ),
  report: hypervisorProcedure
    .input(reportInput)
    .mutation(({ ctx, input }) => ingestReport(ctx.deps, ctx.peer, input)),
  metrics: hypervisorProcedure
    .input(metricsReport)
    .mutation(({ ctx, input }) => ingestMetrics(ctx.deps, ctx.peer, input)),
  /** How far a copy is that was asked for, or why it can't be made. */
  exported: hypervisorProcedure
    .input(exportReport)
    .mutation(({ ctx, input }) => hearExport(ctx.deps, ctx.peer, input)),
  /** The plain bytes, by the hash that stands in the spec of one of the caller's own guests. */
  userData: hypervisorProcedure
    .input(z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .query(async ({ ctx, input }) => {
      const row = await ctx.deps.agents.prisma.userData.findFirst({
        where: {
          sha256: input.sha256,
          instance: { guests: { some: { hypervisorId: ctx.peer.hypervisorId } } },
        },
      });
      if (!row)
        throw new CloudError("NotFound", "There is no such user data.", { reason: "userDataNotFound" });
      return { base64: openUserData(ctx.deps.seal, row.instanceId, row.sealed).toString("base64") };
    }),
  /** A new certificate for a new or the same key; the old one stays good until it ends. */
  renew: hypervisorProcedure.input(z.object({ csr: certificateRequest })).mutation(async ({ ctx, input }) => {
    const { agents: database, boss, hints, bus, limits } = ctx.deps;
    await limits.take("renew", ctx.peer.hypervisorId);
    const wish = {
      kind: "hypervisor",
      subjectId: ctx.peer.hypervisorId,
      names: [],
      csr: input.csr,
    } as const;
    const id = await requestCertificate({ database, boss, hints }, wish);
    const { certificate, ca } = await waitForCertificate(database, bus, id, signWithinMs);
    return { certificate, ca };
  }),
});

export type AgentRouter = typeof agentRouter;
