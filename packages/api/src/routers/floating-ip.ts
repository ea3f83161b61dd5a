import { ipv4 } from "@madang/core/network/cidr";
import { description } from "@madang/core/network/subnet-input";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { allocateFloatingIp, describeFloatingIp, releaseFloatingIp } from "../admission/floating-ip.ts";
import { associateFloatingIp, disassociateFloatingIp } from "../admission/floating-ip-association.ts";
import { filterText, pageInput } from "../list.ts";
import { floatingIpFilter, listFloatingIps } from "../reads/floating-ip.ts";
import { listFloatingIpTargets } from "../reads/floating-ip-target.ts";
import { projectProcedure, router } from "../trpc.ts";

const one = z.object({ projectId: uuid, id: uuid });

export const floatingIpRouter = router({
  list: projectProcedure("floating_ip:list")
    .input(z.object({ projectId: uuid, filter: floatingIpFilter, ...pageInput }))
    .query(({ ctx, input }) => listFloatingIps(ctx.deps.reads, ctx.projectId, input)),
  targets: projectProcedure("floating_ip:list")
    .input(z.object({ projectId: uuid, networkId: uuid, text: filterText.default("") }))
    .query(({ ctx, input }) => listFloatingIpTargets(ctx.deps.reads, ctx.projectId, input)),
  allocate: projectProcedure("floating_ip:create")
    .input(
      one.extend({
        networkId: uuid,
        address: ipv4.nullable().default(null),
        description: description.default(""),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { address } = await allocateFloatingIp(ctx.deps, ctx.actor, input);
      return { id: input.id, address };
    }),
  update: projectProcedure("floating_ip:update")
    .input(one.extend({ description }))
    .mutation(({ ctx, input }) => describeFloatingIp(ctx.deps, ctx.actor, input, input.description)),
  associate: projectProcedure("floating_ip:update")
    .input(
      one.extend({
        portId: uuid,
        fixedAddress: ipv4.nullable().default(null),
        from: uuid.nullable().default(null),
      }),
    )
    .mutation(({ ctx, input: { projectId, id, ...wish } }) =>
      associateFloatingIp(ctx.deps, ctx.actor, { projectId, id }, wish),
    ),
  disassociate: projectProcedure("floating_ip:update")
    .input(one)
    .mutation(({ ctx, input }) => disassociateFloatingIp(ctx.deps, ctx.actor, input)),
  release: projectProcedure("floating_ip:delete")
    .input(one)
    .mutation(({ ctx, input }) => releaseFloatingIp(ctx.deps, ctx.actor, input)),
});
