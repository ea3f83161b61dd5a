import { roles } from "@madang/core/identity/permission";
import { roleTable } from "@madang/core/identity/role-table";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { addMember, memberKinds, removeMember, setMemberRoles } from "../admission/member.ts";
import { filterText, pageInput } from "../list.ts";
import { listMembers, memberFilter } from "../reads/member.ts";
import { procedure, projectProcedure, router } from "../trpc.ts";

const project = z.object({ projectId: uuid });
const role = z.enum(roles);
const member = project.extend({ kind: z.enum(memberKinds), id: uuid });

export const memberRouter = router({
  list: projectProcedure("member:list")
    .input(project.extend({ filter: memberFilter, ...pageInput }))
    .query(({ ctx, input }) => listMembers(ctx.deps.reads, ctx.projectId, input)),
  add: projectProcedure("member:manage")
    .input(project.extend({ kind: z.enum(memberKinds), name: filterText.trim().min(1), role }))
    .mutation(({ ctx, input }) =>
      addMember(ctx.deps, ctx.actor, ctx.projectId, input.kind, input.name, input.role),
    ),
  setRoles: projectProcedure("member:manage")
    .input(member.extend({ roles: z.array(role).min(1).max(4), was: z.array(role).max(4).optional() }))
    .mutation(({ ctx, input: { kind, id, roles: wanted, was } }) =>
      setMemberRoles(ctx.deps, ctx.actor, ctx.projectId, { kind, id }, wanted, was),
    ),
  remove: projectProcedure("member:manage")
    .input(member)
    .mutation(({ ctx, input: { kind, id } }) =>
      removeMember(ctx.deps, ctx.actor, ctx.projectId, { kind, id }),
    ),
});

export const roleRouter = router({
  table: procedure("account:read").query(() => ({ roles, permissions: roleTable() })),
});
