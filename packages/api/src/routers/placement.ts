import { properties } from "@madang/core/hypervisor/property";
import { weightChanges } from "@madang/core/hypervisor/weight";
import { displayName } from "@madang/core/instance/launch";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createAggregate, deleteAggregate, updateAggregate } from "../admission/aggregate.ts";
import { readWeights, setWeights } from "../admission/placement-weight.ts";
import { filterText, pageInput } from "../list.ts";
import { aggregateFilter, listAggregates } from "../reads/aggregate.ts";
import { listZones, zoneFilter } from "../reads/zone.ts";
import { procedure, router } from "../trpc.ts";

const one = z.object({ id: uuid });
const members = z.array(uuid).max(5_000);

export const aggregateRouter = router({
  list: procedure("aggregate:list")
    .input(z.object({ filter: aggregateFilter, ...pageInput }))
    .query(({ ctx, input }) => listAggregates(ctx.deps.reads, input)),
  create: procedure("aggregate:manage")
    .input(
      one.extend({
        name: displayName,
        description: filterText.default(""),
        properties: properties.default({}),
        hypervisorIds: members.default([]),
      }),
    )
    .mutation(({ ctx, input }) => createAggregate(ctx.deps, ctx.actor, input)),
  update: procedure("aggregate:manage")
    .input(
      one.extend({
        generation: z.int().min(1),
        name: displayName.optional(),
        description: filterText.optional(),
        properties: properties.optional(),
        hypervisorIds: members.optional(),
      }),
    )
    .mutation(({ ctx, input: { id, generation, ...changes } }) =>
      updateAggregate(ctx.deps, ctx.actor, id, generation, changes),
    ),
  delete: procedure("aggregate:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteAggregate(ctx.deps, ctx.actor, input.id)),
});

export const placementRouter = router({
  weights: procedure("placement:manage").query(({ ctx }) => readWeights(ctx.deps.reads)),
  setWeights: procedure("placement:manage")
    .input(weightChanges)
    .mutation(({ ctx, input }) => setWeights(ctx.deps, ctx.actor, input)),
});

export const zoneRouter = router({
  list: procedure("zone:list")
    .input(z.object({ filter: zoneFilter, ...pageInput }))
    .query(({ ctx, input }) => listZones(ctx.deps.reads, input)),
});
