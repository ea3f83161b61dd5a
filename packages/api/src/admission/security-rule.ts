/** Rules of a security group. They are never changed, only added and removed, as in OpenStack. */
import { CloudError } from "@madang/core/errors";
import { type RuleMatch, ruleKey, ruleText } from "@madang/core/network/security-rule";
import type { Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import {
  bumpGroup,
  changeGroups,
  type GroupRef,
  groupOf,
  groupSubject,
  requireGroups,
} from "./locked-group.ts";
import { requireRoom } from "./quota-room.ts";
import { recordEvent } from "./record.ts";
import { claimIds, idInUse, requireOwnIds } from "./resource-id.ts";

export type NewSecurityRule = RuleMatch & { id: string; description: string };

/** So many are told in the trail; the rest is counted. */
const toldLimit = 20;

/** All of them or none. Throws NotFound, Conflict (one that is there, or is asked for twice), QuotaExceeded. */
export async function addSecurityRules(
  deps: AdmissionDeps,
  actor: Actor,
  ref: GroupRef,
  rules: readonly NewSecurityRule[],
): Promise<void> {
  await changeGroups(deps, actor, ref.projectId, async (tx) => {
    const group = await groupOf(tx, ref);
    const claims = rules.map((rule) => claimOf(deps, ref, rule));
    requireOwnIds(
      rules.map(({ id }) => id),
      "rules",
    );
    if ((await claimIds(tx, claims)) === "repeat") return "same";
    await requireRemotes(tx, ref.projectId, rules);
    await requireNew(tx, ref.id, rules);
    await requireRoom(tx, actor, ref.projectId, { security_group_rules: rules.length });
    const { count } = await tx.securityGroupRule.createMany({
      data: rules.map((rule) => ({ ...rule, securityGroupId: ref.id })),
      skipDuplicates: true,
    });
    // Of rules that came with their group before ids of such were remembered.
    if (count < rules.length) throw idInUse();
    await bumpGroup(tx, ref.id);
    const told = rules.slice(0, toldLimit).map(ruleText).join("; ");
    await recordEvent(tx, {
      actor,
      subject: groupSubject(group),
      action: "security_group.add-rules",
      params: { count: rules.length },
      changes: { rules: [null, told] },
    });
    return "changed";
  });
}

/** Throws NotFound. */
export async function removeSecurityRule(
  deps: AdmissionDeps,
  actor: Actor,
  ref: GroupRef,
  ruleId: string,
): Promise<void> {
  await changeGroups(deps, actor, ref.projectId, async (tx) => {
    const group = await groupOf(tx, ref);
    const rule = await tx.securityGroupRule.findFirst({ where: { id: ruleId, securityGroupId: ref.id } });
    if (!rule) throw ruleNotFound();
    await tx.securityGroupRule.delete({ where: { id: ruleId } });
    await bumpGroup(tx, ref.id);
    await recordEvent(tx, {
      actor,
      subject: groupSubject(group),
      action: "security_group.remove-rule",
      changes: { rules: [ruleText(rule), null] },
    });
    return "changed";
  });
}

function claimOf(
  deps: AdmissionDeps,
  { id: groupId, projectId }: GroupRef,
  { id, ...rule }: NewSecurityRule,
) {
  const bodyHash = deps.seal.mark(
    JSON.stringify(["security_group_rule", groupId, ruleKey(rule), rule.description]),
  );
  return { id, kind: "security_group_rule", projectId, bodyHash };
}

async function requireRemotes(tx: Tx, projectId: string, rules: readonly NewSecurityRule[]): Promise<void> {
  const remotes = rules.flatMap(({ remoteGroupId }) => (remoteGroupId === null ? [] : [remoteGroupId]));
  if (remotes.length > 0) await requireGroups(tx, projectId, remotes, "remoteGroupId");
}

async function requireNew(tx: Tx, groupId: string, rules: readonly NewSecurityRule[]): Promise<void> {
  const known = await tx.securityGroupRule.findMany({ where: { securityGroupId: groupId } });
  const keys = new Set(known.map(ruleKey));
  for (const [index, rule] of rules.entries()) {
    if (keys.has(ruleKey(rule))) throw ruleExists(rule, index);
    keys.add(ruleKey(rule));
  }
}

function ruleExists(rule: NewSecurityRule, index: number): CloudError {
  return new CloudError("Conflict", "The group has this rule already.", {
    reason: "securityRuleExists",
    params: { rule: ruleText(rule) },
    field: `rules.${index}`,
  });
}

function ruleNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such rule in this group.", {
    reason: "securityRuleNotFound",
  });
}
