/** The networks of the cloud itself: external ones, and those that every project may use. */

import {
  cloudNetworkChanges,
  newCloudNetwork,
  newSubnet,
  subnetChanges,
} from "@madang/core/network/subnet-input";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createNetwork, deleteNetwork, updateNetwork } from "../admission/network.ts";
import { createSubnet, deleteSubnet, updateSubnet } from "../admission/subnet.ts";
import { pageInput } from "../list.ts";
import { anyNetworkFilter, listAnyNetworks } from "../reads/network.ts";
import { procedure, router } from "../trpc.ts";

const one = z.object({ id: uuid });

export const managedNetworkRouter = router({
  list: procedure("network:list_all")
    .input(z.object({ filter: anyNetworkFilter, ...pageInput }))
    .query(({ ctx, input }) => listAnyNetworks(ctx.deps.reads, input)),
  create: procedure("network:manage")
    .input(newCloudNetwork)
    .mutation(({ ctx, input }) => createNetwork(ctx.deps, ctx.actor, null, input)),
  update: procedure("network:manage")
    .input(cloudNetworkChanges.extend(one.shape))
    .mutation(({ ctx, input: { id, ...changes } }) => updateNetwork(ctx.deps, ctx.actor, null, id, changes)),
  delete: procedure("network:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteNetwork(ctx.deps, ctx.actor, null, input.id)),
  createSubnet: procedure("network:manage")
    .input(newSubnet.extend({ networkId: uuid }))
    .mutation(({ ctx, input }) => createSubnet(ctx.deps, ctx.actor, null, input)),
  updateSubnet: procedure("network:manage")
    .input(subnetChanges.extend(one.shape))
    .mutation(({ ctx, input: { id, ...changes } }) =>
      updateSubnet(ctx.deps, ctx.actor, { projectId: null, id }, changes),
    ),
  deleteSubnet: procedure("network:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteSubnet(ctx.deps, ctx.actor, { projectId: null, id: input.id })),
});
