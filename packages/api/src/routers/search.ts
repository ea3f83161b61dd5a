import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { requireProject } from "../authorise.ts";
import { filterText } from "../list.ts";
import { findAnything } from "../reads/search.ts";
import { procedure, router } from "../trpc.ts";

export const searchRouter = router({
  find: procedure("project:list")
    .input(
      z.object({
        /** Part of a name, how an id or a MAC address begins, an IP address or how it begins. */
        text: filterText,
        /** Looks there alone; null: in all that the caller may see. */
        projectId: uuid.nullable().default(null),
        /** What is of it comes first. */
        near: uuid.nullable().default(null),
        /** Of every kind at most so many. */
        limit: z.int().min(1).max(50).default(8),
      }),
    )
    .query(async ({ ctx, input }) => {
      if (input.projectId !== null) await requireProject(ctx.deps.reads, ctx.me, input.projectId);
      return { items: await findAnything(ctx.deps.reads, ctx.me, input) };
    }),
});
