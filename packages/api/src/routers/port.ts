import { newPort, portChanges } from "@madang/core/network/port-input";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createPort, deletePort, updatePort } from "../admission/port.ts";
import { pageInput } from "../list.ts";
import { listPorts, portFilter, readPort } from "../reads/port.ts";
import { projectProcedure, router } from "../trpc.ts";

const project = { projectId: uuid };
const one = z.object({ ...project, id: uuid });

export const portRouter = router({
  list: projectProcedure("port:list")
    .input(z.object({ ...project, filter: portFilter, ...pageInput }))
    .query(({ ctx, input }) => listPorts(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("port:list")
    .input(one)
    .query(({ ctx, input }) => readPort(ctx.deps.reads, ctx.projectId, input.id)),
  create: projectProcedure("port:create")
    .input(newPort.extend(project))
    .mutation(({ ctx, input: { projectId: _, ...wish } }) =>
      createPort(ctx.deps, ctx.actor, ctx.projectId, wish),
    ),
  update: projectProcedure("port:update")
    .input(portChanges.extend(one.shape))
    .mutation(({ ctx, input: { projectId, id, ...changes } }) =>
      updatePort(ctx.deps, ctx.actor, { projectId, id }, changes),
    ),
  delete: projectProcedure("port:delete")
    .input(one)
    .mutation(({ ctx, input }) => deletePort(ctx.deps, ctx.actor, input)),
});
