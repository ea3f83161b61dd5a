import { displayName, launchCountLimit, launchInput } from "@madang/core/instance/launch";
import { metricRanges } from "@madang/core/metrics/level";
import { interfaceWish, launchNetworks, launchSecurityGroups } from "@madang/core/network/interface-input";
import { uuid } from "@madang/core/uuid";
import { consoleKind } from "@madang/core/wire/agent";
import { crashPolicy, rebootKind } from "@madang/core/wire/guest";
import { z } from "zod";
import { controlConsole, sharedConsole } from "../admission/control-console.ts";
import { deleteInstance, restoreInstance } from "../admission/delete-instance.ts";
import { setSecurityGroups } from "../admission/instance-security-groups.ts";
import { attachInterface, detachInterface } from "../admission/interface.ts";
import { launchInstances } from "../admission/launch-instance.ts";
import { openConsole } from "../admission/open-console.ts";
import { rebootInstance, startInstance, stopInstance } from "../admission/power.ts";
import { updateInstance } from "../admission/update-instance.ts";
import { pageInput } from "../list.ts";
import { readConsoles } from "../reads/console.ts";
import { instanceFilter, listInstances, readInstance } from "../reads/instance.ts";
import { readMetrics } from "../reads/metrics.ts";
import { readReach } from "../reads/reach.ts";
import { readSparklines } from "../reads/sparkline.ts";
import { readSshPath } from "../reads/ssh-path.ts";
import { projectProcedure, router } from "../trpc.ts";

const one = z.object({ projectId: uuid, id: uuid });

export const instanceRouter = router({
  list: projectProcedure("instance:list")
    .input(z.object({ projectId: uuid, filter: instanceFilter, ...pageInput }))
    .query(({ ctx, input }) => listInstances(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("instance:read")
    .input(one)
    .query(({ ctx, input }) => {
      const seesHypervisors = ctx.me.grants.system.includes("admin");
      return readInstance(ctx.deps.reads, ctx.projectId, input.id, seesHypervisors);
    }),
  reach: projectProcedure("instance:read")
    .input(one)
    .query(({ ctx, input }) => readReach(ctx.deps.reads, { ...input, projectId: ctx.projectId })),
  metrics: projectProcedure("instance:read")
    .input(one.extend({ range: z.enum(metricRanges).default("1h") }))
    .query(({ ctx, input }) => readMetrics(ctx.deps.reads, { ...input, projectId: ctx.projectId })),
  sparklines: projectProcedure("instance:list")
    .input(z.object({ projectId: uuid, ids: z.array(uuid).max(500) }))
    .query(({ ctx, input }) => readSparklines(ctx.deps.reads, { ...input, projectId: ctx.projectId })),
  launch: projectProcedure("instance:create")
    .input(launchInput)
    .mutation(async ({ ctx, input }) => {
      await ctx.deps.limits.take("launch", ctx.actor.address);
      return await launchInstances(ctx.deps, ctx.actor, input, ctx.outside);
    }),
  sshPath: projectProcedure("instance:create")
    .input(
      z.object({
        projectId: uuid,
        count: z.int().min(1).max(launchCountLimit),
        networks: launchNetworks,
        securityGroupIds: launchSecurityGroups,
        canSignIn: z.boolean(),
      }),
    )
    .query(({ ctx, input }) => readSshPath(ctx.deps.reads, ctx.projectId, input)),
  start: projectProcedure("instance:power")
    .input(one)
    .mutation(({ ctx, input }) => startInstance(ctx.deps, ctx.actor, input)),
  stop: projectProcedure("instance:power")
    .input(one)
    .mutation(({ ctx, input }) => stopInstance(ctx.deps, ctx.actor, input)),
  reboot: projectProcedure("instance:power")
    .input(one.extend({ kind: rebootKind }))
    .mutation(({ ctx, input }) => rebootInstance(ctx.deps, ctx.actor, input, input.kind)),
  delete: projectProcedure("instance:delete")
    .input(one.extend({ soft: z.boolean().default(false) }))
    .mutation(({ ctx, input: { soft, ...ref } }) => deleteInstance(ctx.deps, ctx.actor, ref, soft)),
  restore: projectProcedure("instance:delete")
    .input(one)
    .mutation(({ ctx, input }) => restoreInstance(ctx.deps, ctx.actor, input)),
  update: projectProcedure("instance:update")
    .input(
      one.extend({
        name: displayName.optional(),
        deleteProtection: z.boolean().optional(),
        crashPolicy: crashPolicy.optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { projectId, id, ...changes } = input;
      await updateInstance(ctx.deps, ctx.actor, { projectId, id }, changes);
      return await readInstance(
        ctx.deps.reads,
        ctx.projectId,
        input.id,
        ctx.me.grants.system.includes("admin"),
      );
    }),
  setSecurityGroups: projectProcedure("instance:update")
    .input(one.extend({ securityGroupIds: z.array(uuid).max(100) }))
    .mutation(({ ctx, input }) => setSecurityGroups(ctx.deps, ctx.actor, input, input.securityGroupIds)),
  attachInterface: projectProcedure("instance:update")
    .input(interfaceWish.extend(one.shape))
    .mutation(({ ctx, input: { projectId, id, ...wish } }) =>
      attachInterface(ctx.deps, ctx.actor, { projectId, id }, wish),
    ),
  detachInterface: projectProcedure("instance:update")
    .input(one.extend({ portId: uuid }))
    .mutation(({ ctx, input: { portId, ...ref } }) => detachInterface(ctx.deps, ctx.actor, ref, portId)),
  openConsole: projectProcedure("instance:log")
    .input(one.extend({ kind: consoleKind, viewOnly: z.boolean().default(false) }))
    .mutation(async ({ ctx, input }) => {
      await ctx.deps.limits.take("console", ctx.actor.address);
      return await openConsole(ctx.deps, ctx.actor, input, input.kind, input.viewOnly);
    }),
  consoles: projectProcedure("instance:console")
    .input(one)
    .query(({ ctx, input }) =>
      readConsoles(ctx.deps.reads, { ...input, projectId: ctx.projectId }, ctx.me.sessionId),
    ),
  controlConsole: projectProcedure("instance:console")
    .input(one.extend({ kind: sharedConsole, to: uuid.nullable() }))
    .mutation(({ ctx, input: { kind, to, ...ref } }) =>
      controlConsole(ctx.deps, ctx.actor, ref, { kind, to }),
    ),
});
