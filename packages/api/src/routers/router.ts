import { displayName } from "@madang/core/instance/launch";
import { staticRoutes } from "@madang/core/network/router";
import { description } from "@madang/core/network/subnet-input";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createRouter, deleteRouter, updateRouter } from "../admission/router.ts";
import { setGateway } from "../admission/router-gateway.ts";
import { addInterface, removeInterface } from "../admission/router-interface.ts";
import { setRoutes } from "../admission/router-route.ts";
import { pageInput } from "../list.ts";
import { listRouters, readRouter, routerFilter } from "../reads/router.ts";
import { projectProcedure, router } from "../trpc.ts";

const one = z.object({ projectId: uuid, id: uuid });
const target = z.union([z.strictObject({ subnetId: uuid }), z.strictObject({ portId: uuid })]);

export const routerRouter = router({
  list: projectProcedure("router:list")
    .input(z.object({ projectId: uuid, filter: routerFilter, ...pageInput }))
    .query(({ ctx, input }) => listRouters(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("router:list")
    .input(one)
    .query(({ ctx, input }) => {
      const seesHypervisors = ctx.me.grants.system.includes("admin");
      return readRouter(ctx.deps.reads, ctx.projectId, input.id, seesHypervisors);
    }),
  create: projectProcedure("router:create")
    .input(
      one.extend({
        name: displayName,
        description: description.default(""),
        externalNetworkId: uuid.nullable().default(null),
        snat: z.boolean().default(true),
        subnetIds: z.array(uuid).max(50).default([]),
      }),
    )
    .mutation(({ ctx, input }) => createRouter(ctx.deps, ctx.actor, input)),
  update: projectProcedure("router:update")
    .input(
      one.extend({
        name: displayName.optional(),
        description: description.optional(),
        snat: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input: { projectId, id, ...changes } }) =>
      updateRouter(ctx.deps, ctx.actor, { projectId, id }, changes),
    ),
  delete: projectProcedure("router:delete")
    .input(one)
    .mutation(({ ctx, input }) => deleteRouter(ctx.deps, ctx.actor, input)),
  addInterface: projectProcedure("router:update")
    .input(one.extend({ target }))
    .mutation(({ ctx, input }) => addInterface(ctx.deps, ctx.actor, input, input.target)),
  removeInterface: projectProcedure("router:update")
    .input(one.extend({ portId: uuid }))
    .mutation(({ ctx, input }) => removeInterface(ctx.deps, ctx.actor, input, input.portId)),
  setGateway: projectProcedure("router:update")
    .input(one.extend({ networkId: uuid.nullable() }))
    .mutation(({ ctx, input }) => setGateway(ctx.deps, ctx.actor, input, input.networkId)),
  setRoutes: projectProcedure("router:update")
    .input(one.extend({ routes: staticRoutes }))
    .mutation(({ ctx, input }) => setRoutes(ctx.deps, ctx.actor, input, input.routes)),
});
