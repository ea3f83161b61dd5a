import { imageChanges, newImage } from "@madang/core/image/image-input";
import { imageOf } from "@madang/core/image/image-of";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createImage, deleteImage, updateImage } from "../admission/image.ts";
import { createImageFrom } from "../admission/image-from.ts";
import { answerImageShare, mostImageMembers, setImageMembers } from "../admission/image-member.ts";
import { pageInput } from "../list.ts";
import { listImages, readImage } from "../reads/image.ts";
import { imageFilter } from "../reads/image-filter.ts";
import { listRecentImages } from "../reads/recent-image.ts";
import { projectProcedure, router } from "../trpc.ts";

const one = z.object({ projectId: z.uuid(), id: z.uuid() });

export const imageRouter = router({
  list: projectProcedure("image:list")
    .input(z.object({ projectId: z.uuid(), filter: imageFilter, ...pageInput }))
    .query(({ ctx, input }) => listImages(ctx.deps.reads, ctx.projectId, input)),
  recent: projectProcedure("image:list")
    .input(z.object({ projectId: z.uuid() }))
    .query(({ ctx }) => listRecentImages(ctx.deps.reads, ctx.projectId, ctx.actor.userId)),
  get: projectProcedure("image:list")
    .input(one)
    .query(({ ctx, input }) => readImage(ctx.deps.reads, ctx.projectId, input.id)),
  create: projectProcedure("image:create")
    .input(newImage.extend({ projectId: z.uuid() }))
    .mutation(({ ctx, input: { projectId, ...wish } }) => createImage(ctx.deps, ctx.actor, projectId, wish)),
  /** Of a volume, a snapshot or an instance of the project. */
  createFrom: projectProcedure("image:create")
    .input(imageOf.extend({ projectId: z.uuid() }))
    .mutation(({ ctx, input: { projectId, ...wish } }) =>
      createImageFrom(ctx.deps, ctx.actor, projectId, wish),
    ),
  update: projectProcedure("image:update")
    .input(one.extend(imageChanges.shape))
    .mutation(({ ctx, input: { projectId, id, ...changes } }) =>
      updateImage(ctx.deps, ctx.actor, { projectId, id }, changes),
    ),
  delete: projectProcedure("image:delete")
    .input(one)
    .mutation(({ ctx, input }) => deleteImage(ctx.deps, ctx.actor, input)),
  setMembers: projectProcedure("image:update")
    .input(one.extend({ projectIds: z.array(uuid).max(mostImageMembers) }))
    .mutation(({ ctx, input }) => setImageMembers(ctx.deps, ctx.actor, input, input.projectIds)),
  acceptShare: projectProcedure("image:accept")
    .input(one)
    .mutation(({ ctx, input }) => answerImageShare(ctx.deps, ctx.actor, input, "accepted")),
  rejectShare: projectProcedure("image:accept")
    .input(one)
    .mutation(({ ctx, input }) => answerImageShare(ctx.deps, ctx.actor, input, "rejected")),
});
