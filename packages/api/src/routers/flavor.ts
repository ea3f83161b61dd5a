import { zoneName } from "@madang/core/hypervisor/zone";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { pageInput } from "../list.ts";
import { flavorFilter, listFlavors } from "../reads/flavor.ts";
import { flavorMisfits, launchVolumesAsked } from "../reads/flavor-fit.ts";
import { projectProcedure, router } from "../trpc.ts";

export const flavorRouter = router({
  list: projectProcedure("flavor:list")
    .input(z.object({ projectId: uuid, filter: flavorFilter, ...pageInput }))
    .query(({ ctx, input }) => listFlavors(ctx.deps.reads, false, input)),
  /** Those of the offered flavors that would find no room now. */
  misfits: projectProcedure("flavor:list")
    .input(
      z.object({
        projectId: uuid,
        imageId: uuid.nullable().default(null),
        availabilityZone: zoneName.nullable().default(null),
        volumes: launchVolumesAsked.nullable().default(null),
      }),
    )
    .query(({ ctx, input }) => flavorMisfits(ctx.deps.reads, ctx.deps.placement, input)),
});
