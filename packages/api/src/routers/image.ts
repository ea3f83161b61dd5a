import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { pageInput } from "../list.ts";
import { imageFilter, listImages } from "../reads/image.ts";
import { projectProcedure, router } from "../trpc.ts";

export const imageRouter = router({
  list: projectProcedure("image:list")
    .input(z.object({ projectId: uuid, filter: imageFilter, ...pageInput }))
    .query(({ ctx, input }) => listImages(ctx.deps.reads, ctx.projectId, input)),
});
