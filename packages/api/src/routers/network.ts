import { networkChanges, newNetwork, newSubnet, subnetChanges } from "@madang/core/network/subnet-input";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createNetwork, deleteNetwork, updateNetwork } from "../admission/network.ts";
import { createSubnet, deleteSubnet, updateSubnet } from "../admission/subnet.ts";
import { pageInput } from "../list.ts";
import { listNetworks, networkFilter, readNetwork } from "../reads/network.ts";
import { listSubnets, subnetFilter } from "../reads/subnet.ts";
import { readTopology } from "../reads/topology.ts";
import { projectProcedure, router } from "../trpc.ts";

const project = { projectId: uuid };
const one = z.object({ ...project, id: uuid });

export const networkRouter = router({
  list: projectProcedure("network:list")
    .input(z.object({ ...project, filter: networkFilter, ...pageInput }))
    .query(({ ctx, input }) => listNetworks(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("network:list")
    .input(one)
    .query(({ ctx, input }) => readNetwork(ctx.deps.reads, ctx.projectId, input.id)),
  topology: projectProcedure("network:list")
    .input(z.object(project))
    .query(({ ctx }) => readTopology(ctx.deps.reads, ctx.projectId)),
  create: projectProcedure("network:create")
    .input(newNetwork.extend(project))
    .mutation(({ ctx, input: { projectId: _, ...wish } }) =>
      createNetwork(ctx.deps, ctx.actor, ctx.projectId, wish),
    ),
  update: projectProcedure("network:update")
    .input(networkChanges.extend(one.shape))
    .mutation(({ ctx, input: { projectId: _, id, ...changes } }) =>
      updateNetwork(ctx.deps, ctx.actor, ctx.projectId, id, changes),
    ),
  delete: projectProcedure("network:delete")
    .input(one)
    .mutation(({ ctx, input }) => deleteNetwork(ctx.deps, ctx.actor, ctx.projectId, input.id)),
});

export const subnetRouter = router({
  list: projectProcedure("network:list")
    .input(z.object({ ...project, filter: subnetFilter, ...pageInput }))
    .query(({ ctx, input }) => listSubnets(ctx.deps.reads, ctx.projectId, input)),
  create: projectProcedure("network:create")
    .input(newSubnet.extend({ ...project, networkId: uuid }))
    .mutation(({ ctx, input: { projectId: _, ...wish } }) =>
      createSubnet(ctx.deps, ctx.actor, ctx.projectId, wish),
    ),
  update: projectProcedure("network:update")
    .input(subnetChanges.extend(one.shape))
    .mutation(({ ctx, input: { projectId, id, ...changes } }) =>
      updateSubnet(ctx.deps, ctx.actor, { projectId, id }, changes),
    ),
  delete: projectProcedure("network:delete")
    .input(one)
    .mutation(({ ctx, input }) => deleteSubnet(ctx.deps, ctx.actor, input)),
});
