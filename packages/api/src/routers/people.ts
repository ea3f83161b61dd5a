import { displayName } from "@madang/core/instance/launch";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { createGroup, deleteGroup, setGroupMembers, updateGroup } from "../admission/group.ts";
import { createPerson, updatePerson } from "../admission/manage-user.ts";
import { type PasswordResetLink, passwordResetPath } from "../admission/password-reset.ts";
import {
  clearTotp,
  deleteUser,
  resetLink,
  revokeSessions,
  setSystemRoles,
  setUserEnabled,
} from "../admission/secure-user.ts";
import type { About } from "../deps.ts";
import { filterText, pageInput } from "../list.ts";
import { groupFilter, listGroups, readGroup } from "../reads/group.ts";
import { listUsers, readUser, userFilter } from "../reads/user.ts";
import { procedure, router } from "../trpc.ts";

const one = z.object({ id: uuid });
const email = z.email({ error: "email" }).max(254, { error: "email" }).nullable();
const systemRoles = z.array(z.enum(["admin", "reader"])).max(2);
/** So many people come into a group, or go, at once. */
const people = z.array(uuid).max(1_000);

function linkOf(about: About, link: PasswordResetLink) {
  return { url: `${about.url}${passwordResetPath}#token=${link.token}`, expiresAt: link.expiresAt };
}

export const userRouter = router({
  list: procedure("identity:list")
    .input(z.object({ filter: userFilter, ...pageInput }))
    .query(({ ctx, input }) => listUsers(ctx.deps.reads, input)),
  get: procedure("identity:list")
    .input(one)
    .query(({ ctx, input }) => readUser(ctx.deps.reads, input.id)),
  /** Without a password the answer has a link where he sets one. */
  create: procedure("user:secure")
    .input(
      one.extend({
        name: displayName,
        email: email.default(null),
        description: filterText.default(""),
        password: z.string().max(1_000).nullable(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const link = await createPerson(ctx.deps, ctx.actor, input);
      return { id: input.id, link: link && linkOf(ctx.deps.about, link) };
    }),
  update: procedure("user:manage")
    .input(
      one.extend({
        name: displayName.optional(),
        email: email.optional(),
        description: filterText.optional(),
      }),
    )
    .mutation(({ ctx, input: { id, ...changes } }) => updatePerson(ctx.deps, ctx.actor, id, changes)),
  resetLink: procedure("user:secure")
    .input(one)
    .mutation(async ({ ctx, input }) =>
      linkOf(ctx.deps.about, await resetLink(ctx.deps, ctx.actor, input.id)),
    ),
  clearTotp: procedure("user:secure")
    .input(one)
    .mutation(({ ctx, input }) => clearTotp(ctx.deps, ctx.actor, input.id)),
  revokeSessions: procedure("user:secure")
    .input(one)
    .mutation(({ ctx, input }) => revokeSessions(ctx.deps, ctx.actor, input.id)),
  setSystemRoles: procedure("user:secure")
    .input(one.extend({ roles: systemRoles, was: systemRoles.optional() }))
    .mutation(({ ctx, input }) => setSystemRoles(ctx.deps, ctx.actor, input.id, input.roles, input.was)),
  setEnabled: procedure("user:secure")
    .input(one.extend({ enabled: z.boolean() }))
    .mutation(({ ctx, input }) => setUserEnabled(ctx.deps, ctx.actor, input.id, input.enabled)),
  delete: procedure("user:secure")
    .input(one.extend({ name: filterText }))
    .mutation(({ ctx, input }) => deleteUser(ctx.deps, ctx.actor, input.id, input.name)),
});

export const groupRouter = router({
  list: procedure("identity:list")
    .input(z.object({ filter: groupFilter, ...pageInput }))
    .query(({ ctx, input }) => listGroups(ctx.deps.reads, input)),
  get: procedure("identity:list")
    .input(one)
    .query(({ ctx, input }) => readGroup(ctx.deps.reads, input.id)),
  create: procedure("group:manage")
    .input(one.extend({ name: displayName, description: filterText.default("") }))
    .mutation(({ ctx, input }) => createGroup(ctx.deps, ctx.actor, input)),
  update: procedure("group:manage")
    .input(one.extend({ name: displayName.optional(), description: filterText.optional() }))
    .mutation(({ ctx, input: { id, ...changes } }) => updateGroup(ctx.deps, ctx.actor, id, changes)),
  setMembers: procedure("group:manage")
    .input(one.extend({ add: people.default([]), remove: people.default([]) }))
    .mutation(({ ctx, input }) => setGroupMembers(ctx.deps, ctx.actor, input.id, input.add, input.remove)),
  delete: procedure("group:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteGroup(ctx.deps, ctx.actor, input.id)),
});
