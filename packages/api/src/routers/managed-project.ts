/** Projects as administrators see and change them. */

import { roles } from "@madang/core/identity/permission";
import { displayName } from "@madang/core/instance/launch";
import { limit, limits } from "@madang/core/quota/request";
import { isQuotaResource } from "@madang/core/quota/resource";
import { longestResource } from "@madang/core/quota/type-resource";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { deleteProject } from "../admission/delete-project.ts";
import { createProject, setProjectEnabled, updateProject } from "../admission/project.ts";
import { setProjectQuota } from "../admission/project-quota.ts";
import { filterText, pageInput } from "../list.ts";
import { listProjects, projectFilter, readManagedProject } from "../reads/project.ts";
import { procedure, router } from "../trpc.ts";

const one = z.object({ id: uuid });
const mostFirstMembers = 100;

const newProject = one.extend({
  name: displayName,
  description: filterText.default(""),
  templateId: uuid.nullable().default(null),
  limits: z.union([limits, z.strictObject({})]).default({}),
  members: z
    .array(z.object({ kind: z.enum(["user", "group"]), id: uuid, role: z.enum(roles) }))
    .max(mostFirstMembers)
    .default([]),
});

const projectChanges = one.extend({
  generation: z.int().min(1).max(2_147_483_647),
  name: displayName.optional(),
  description: filterText.optional(),
});

/** null: back to the default. */
const newLimits = z
  .record(z.string().max(longestResource), limit.nullable())
  .refine((all) => Object.keys(all).every(isQuotaResource), { error: "resourceUnknown" });

/** The limits that counted when they were looked at; a program that leaves them out means it whatever they were. */
const lookedLimits = limits.optional();

export const managedProjectRouter = router({
  list: procedure("identity:list")
    .input(z.object({ filter: projectFilter, ...pageInput }))
    .query(({ ctx, input }) => listProjects(ctx.deps.reads, input)),
  get: procedure("identity:list")
    .input(one)
    .query(({ ctx, input }) => readManagedProject(ctx.deps.reads, input.id)),
  create: procedure("project:manage")
    .input(newProject)
    .mutation(({ ctx, input }) => createProject(ctx.deps, ctx.actor, input)),
  update: procedure("project:manage")
    .input(projectChanges)
    .mutation(({ ctx, input: { id, generation, ...changes } }) =>
      updateProject(ctx.deps, ctx.actor, id, generation, changes),
    ),
  setEnabled: procedure("project:manage")
    .input(one.extend({ enabled: z.boolean() }))
    .mutation(({ ctx, input }) => setProjectEnabled(ctx.deps, ctx.actor, input.id, input.enabled)),
  setQuota: procedure("quota:manage")
    .input(one.extend({ limits: newLimits, was: lookedLimits }))
    .mutation(({ ctx, input }) => setProjectQuota(ctx.deps, ctx.actor, input.id, input.limits, input.was)),
  delete: procedure("project:delete")
    .input(one.extend({ name: z.string().max(255) }))
    .mutation(({ ctx, input }) => deleteProject(ctx.deps, ctx.actor, input.id, input.name)),
});
