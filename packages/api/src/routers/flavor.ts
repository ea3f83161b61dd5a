import { z } from "zod";
import { pageInput } from "../list.ts";
import { flavorFilter, listFlavors } from "../reads/flavor.ts";
import { projectProcedure, router } from "../trpc.ts";

export const flavorRouter = router({
  list: projectProcedure("flavor:list")
    .input(z.object({ projectId: z.uuid(), filter: flavorFilter, ...pageInput }))
    .query(({ ctx, input }) => listFlavors(ctx.deps.reads, false, input)),
});
