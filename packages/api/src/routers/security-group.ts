import { displayName } from "@madang/core/instance/launch";
import { addRulesLimit, groupDescription, ruleFields } from "@madang/core/network/security-rule";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import {
  createSecurityGroup,
  deleteSecurityGroup,
  updateSecurityGroup,
} from "../admission/security-group.ts";
import { addSecurityRules, removeSecurityRule } from "../admission/security-rule.ts";
import { pageInput } from "../list.ts";
import {
  listGroupUsers,
  listSecurityGroups,
  listSecurityRules,
  readSecurityGroup,
  securityGroupFilter,
  securityRuleFilter,
} from "../reads/security-group.ts";
import { projectProcedure, router } from "../trpc.ts";

const one = z.object({ projectId: uuid, id: uuid });
const newRule = z.object({ id: uuid }).and(ruleFields);

export const securityGroupRouter = router({
  list: projectProcedure("security_group:list")
    .input(z.object({ projectId: uuid, filter: securityGroupFilter, ...pageInput }))
    .query(({ ctx, input }) => listSecurityGroups(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("security_group:list")
    .input(one)
    .query(({ ctx, input }) => readSecurityGroup(ctx.deps.reads, ctx.projectId, input.id)),
  listRules: projectProcedure("security_group:list")
    .input(one.extend({ filter: securityRuleFilter, ...pageInput }))
    .query(({ ctx, input }) => listSecurityRules(ctx.deps.reads, input, input)),
  listUsers: projectProcedure("security_group:list")
    .input(one.extend(pageInput))
    .query(({ ctx, input }) => listGroupUsers(ctx.deps.reads, input, input)),
  create: projectProcedure("security_group:create")
    .input(one.extend({ name: displayName, description: groupDescription.default("") }))
    .mutation(async ({ ctx, input }) => {
      await createSecurityGroup(ctx.deps, ctx.actor, input);
      return await readSecurityGroup(ctx.deps.reads, ctx.projectId, input.id);
    }),
  update: projectProcedure("security_group:update")
    .input(one.extend({ name: displayName.optional(), description: groupDescription.optional() }))
    .mutation(async ({ ctx, input }) => {
      await updateSecurityGroup(ctx.deps, ctx.actor, input, input);
      return await readSecurityGroup(ctx.deps.reads, ctx.projectId, input.id);
    }),
  delete: projectProcedure("security_group:delete")
    .input(one)
    .mutation(({ ctx, input }) => deleteSecurityGroup(ctx.deps, ctx.actor, input)),
  addRules: projectProcedure("security_group:update")
    .input(one.extend({ rules: z.array(newRule).min(1).max(addRulesLimit) }))
    .mutation(({ ctx, input }) => addSecurityRules(ctx.deps, ctx.actor, input, input.rules)),
  removeRule: projectProcedure("security_group:update")
    .input(one.extend({ ruleId: uuid }))
    .mutation(({ ctx, input }) => removeSecurityRule(ctx.deps, ctx.actor, input, input.ruleId)),
});
