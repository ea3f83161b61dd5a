/** What administrators decide about quotas: defaults, templates, and requests for more. */

import { displayName } from "@madang/core/instance/launch";
import { limits, requestAnswer, requestReason } from "@madang/core/quota/request";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { approveQuotaRequest, rejectQuotaRequest } from "../admission/decide-quota-request.ts";
import {
  createTemplate,
  deleteTemplate,
  setQuotaDefaults,
  updateTemplate,
} from "../admission/quota-policy.ts";
import { filterText, pageInput } from "../list.ts";
import { listTemplates, readQuotaDefaults, templateFilter } from "../reads/quota-policy.ts";
import { listManagedRequests, managedRequestFilter } from "../reads/waiting-request.ts";
import { streamEvents } from "../stream/event-stream.ts";
import { procedure, router } from "../trpc.ts";
import { resumeFrom } from "./resume-from.ts";

const one = z.object({ id: uuid });
const template = one.extend({ name: displayName, description: filterText.default(""), limits });
const templateChanges = one.extend({
  name: displayName.optional(),
  description: filterText.optional(),
  limits: limits.optional(),
  /** As it was looked at; a program that leaves it out means it whatever it was. */
  was: z.object({ name: displayName, description: filterText, limits }).optional(),
});

export const quotaPolicyRouter = router({
  defaults: procedure("quota:review").query(({ ctx }) => readQuotaDefaults(ctx.deps.reads)),
  setDefaults: procedure("quota:manage")
    .input(z.object({ limits, was: limits.optional() }))
    .mutation(({ ctx, input }) => setQuotaDefaults(ctx.deps, ctx.actor, input.limits, input.was)),
  templates: procedure("quota:review")
    .input(z.object({ filter: templateFilter, ...pageInput }))
    .query(({ ctx, input }) => listTemplates(ctx.deps.reads, input)),
  createTemplate: procedure("quota:manage")
    .input(template)
    .mutation(({ ctx, input }) => createTemplate(ctx.deps, ctx.actor, input)),
  updateTemplate: procedure("quota:manage")
    .input(templateChanges)
    .mutation(({ ctx, input: { id, was, ...changes } }) =>
      updateTemplate(ctx.deps, ctx.actor, id, changes, was),
    ),
  deleteTemplate: procedure("quota:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteTemplate(ctx.deps, ctx.actor, input.id)),
});

/** What PostgreSQL takes for a moment, and nobody meant by mistake. */
const expiry = z.date().refine((date) => date.getUTCFullYear() >= 2000 && date.getUTCFullYear() < 2200, {
  error: "timeRange",
});
const looked = one.extend({ generation: z.int().min(1).max(2_147_483_647) });

export const managedRequestRouter = router({
  list: procedure("quota:review")
    .input(z.object({ filter: managedRequestFilter, ...pageInput }))
    .query(({ ctx, input }) => listManagedRequests(ctx.deps.reads, input)),
  approve: procedure("quota:manage")
    .input(looked.extend({ limits, expiresAt: expiry.nullable(), answer: requestAnswer.default("") }))
    .mutation(({ ctx, input }) => approveQuotaRequest(ctx.deps, ctx.actor, input)),
  reject: procedure("quota:manage")
    .input(looked.extend({ answer: requestReason }))
    .mutation(({ ctx, input }) => rejectQuotaRequest(ctx.deps, ctx.actor, input)),
  /** What happens to requests of all projects, for whoever decides them and is elsewhere in the portal. */
  stream: procedure("quota:review")
    .input(z.object({ lastEventId: resumeFrom }).default({}))
    .subscription(async function* ({ ctx, input, signal = new AbortController().signal }) {
      const of = { identity: ctx.me, projectId: null, lastEventId: input.lastEventId ?? null };
      yield* streamEvents(
        ctx.deps,
        { ...of, permission: "quota:review", resourceKind: "quota_request" },
        signal,
      );
    }),
});
