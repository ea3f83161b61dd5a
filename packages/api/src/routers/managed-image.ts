import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { deleteAnyImage, setImageWithdrawn } from "../admission/any-image.ts";
import { pageInput } from "../list.ts";
import { anyImageFilter, listAnyImages } from "../reads/any-image.ts";
import { procedure, router } from "../trpc.ts";

const one = z.object({ id: uuid });

export const managedImageRouter = router({
  list: procedure("image:list_all")
    .input(z.object({ filter: anyImageFilter.optional(), ...pageInput }))
    .query(({ ctx, input }) => listAnyImages(ctx.deps.reads, input)),
  deactivate: procedure("image:manage")
    .input(one)
    .mutation(({ ctx, input }) => setImageWithdrawn(ctx.deps, ctx.actor, input.id, true)),
  reactivate: procedure("image:manage")
    .input(one)
    .mutation(({ ctx, input }) => setImageWithdrawn(ctx.deps, ctx.actor, input.id, false)),
  delete: procedure("image:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteAnyImage(ctx.deps, ctx.actor, input.id)),
});
