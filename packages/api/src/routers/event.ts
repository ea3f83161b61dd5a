import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { pageInput } from "../list.ts";
import { eventFilter, listEvents } from "../reads/event.ts";
import { streamEvents } from "../stream/event-stream.ts";
import { projectProcedure, router } from "../trpc.ts";
import { resumeFrom } from "./resume-from.ts";

export const eventRouter = router({
  list: projectProcedure("event:list")
    .input(z.object({ projectId: uuid, filter: eventFilter, ...pageInput }))
    .query(({ ctx, input }) => listEvents(ctx.deps.reads, ctx.projectId, input)),
  stream: projectProcedure("event:list")
    .input(z.object({ projectId: uuid, lastEventId: resumeFrom }))
    .subscription(async function* ({ ctx, input, signal = new AbortController().signal }) {
      const { projectId, me: identity } = ctx;
      const lastEventId = input.lastEventId ?? null;
      yield* streamEvents(ctx.deps, { identity, permission: "event:list", projectId, lastEventId }, signal);
    }),
});
