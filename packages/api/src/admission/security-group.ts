/** Security groups. Who holds the project's row decides alone: names, use and quota can't change under a verb. */
import { CloudError } from "@madang/core/errors";
import type { Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import {
  defaultGroupName,
  defaultSecurityGroup,
  egressRules,
  insertFirstRules,
} from "./default-security-group.ts";
import { changeGroups, type GroupRef, groupConflict, groupOf, groupSubject } from "./locked-group.ts";
import { requireRoom } from "./quota-room.ts";
import { changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type NewSecurityGroup = GroupRef & { name: string; description: string };
export type SecurityGroupChanges = { name?: string | undefined; description?: string | undefined };

/** It lets out everything and in nothing, as in OpenStack. Throws Conflict, QuotaExceeded. */
export async function createSecurityGroup(
  deps: AdmissionDeps,
  actor: Actor,
  group: NewSecurityGroup,
): Promise<void> {
  await changeGroups(deps, actor, group.projectId, async (tx) => {
    const { id, projectId, name, description } = group;
    const bodyHash = deps.seal.mark(JSON.stringify(["security_group", actor.userId, name, description]));
    if ((await claimIds(tx, [{ id, kind: "security_group", projectId, bodyHash }])) === "repeat")
      return "same";
    await defaultSecurityGroup(tx, projectId);
    await requireFreeName(tx, group);
    const rules = egressRules(id);
    await requireRoom(tx, actor, projectId, { security_groups: 1, security_group_rules: rules.length });
    await tx.securityGroup.create({ data: { id, projectId, name, description } });
    await insertFirstRules(tx, projectId, rules);
    await recordEvent(tx, { actor, subject: groupSubject(group), action: "security_group.create" });
    return "changed";
  });
}

/** The default group keeps its name, for what names no group looks for it. Throws NotFound, Conflict. */
export async function updateSecurityGroup(
  deps: AdmissionDeps,
  actor: Actor,
  ref: GroupRef,
  { name, description }: SecurityGroupChanges,
): Promise<void> {
  await changeGroups(deps, actor, ref.projectId, async (tx) => {
    const before = await groupOf(tx, ref);
    const after = { ...before, name: name ?? before.name, description: description ?? before.description };
    const changes = changesOf(before, after, ["name", "description"]);
    if (Object.keys(changes).length === 0) return "same";
    if (after.name !== before.name) {
      if (before.isDefault) throw keptDefault();
      await requireFreeName(tx, after);
    }
    const data = { name: after.name, description: after.description, generation: { increment: 1 } };
    await tx.securityGroup.update({ where: { id: ref.id }, data });
    await recordEvent(tx, { actor, subject: groupSubject(after), action: "security_group.update", changes });
    return "changed";
  });
}

/** Throws NotFound; Conflict for the default one, for one that ports have, and for one that others' rules name. */
export async function deleteSecurityGroup(deps: AdmissionDeps, actor: Actor, ref: GroupRef): Promise<void> {
  await changeGroups(deps, actor, ref.projectId, async (tx) => {
    const group = await groupOf(tx, ref);
    if (group.isDefault) throw keptDefault();
    await requireUnused(tx, ref.id);
    await requireUnnamed(tx, ref.id);
    await tx.securityGroupRule.deleteMany({ where: { securityGroupId: ref.id } });
    await tx.securityGroup.delete({ where: { id: ref.id } });
    await recordEvent(tx, { actor, subject: groupSubject(group), action: "security_group.delete" });
    return "changed";
  });
}

async function requireFreeName(tx: Tx, { id, projectId, name }: NewSecurityGroup): Promise<void> {
  if (name === defaultGroupName)
    throw new CloudError("Conflict", "This name is the default group's.", {
      reason: "securityGroupNameReserved",
      field: "name",
    });
  const taken = await tx.securityGroup.findFirst({
    where: { projectId, name, id: { not: id } },
    select: { id: true },
  });
  if (taken)
    throw new CloudError("Conflict", "There is already a security group of this name.", {
      reason: "nameTaken",
      field: "name",
    });
}

function keptDefault(): CloudError {
  return groupConflict("The default security group stays, and keeps its name.", "securityGroupDefault");
}

/** So many are named in a message; the rest is counted. */
const namedLimit = 3;

async function requireUnused(tx: Tx, securityGroupId: string): Promise<void> {
  const users = await tx.$queryRaw<{ name: string; count: number }[]>`
    SELECT coalesce(instance.name, nullif(port.name, ''), port.mac) AS name, count(*) OVER ()::int AS count
    FROM port_security_group JOIN port ON port.id = port_security_group.port_id
    LEFT JOIN instance ON instance.id = port.instance_id
    WHERE port_security_group.security_group_id = ${securityGroupId}::uuid
    GROUP BY 1 ORDER BY 1 LIMIT ${namedLimit}`;
  const [first] = users;
  if (!first) return;
  const [names, more] = named(users, first.count);
  throw groupConflict("Instances or ports still have this group.", "securityGroupInUse", { names, more });
}

async function requireUnnamed(tx: Tx, remoteGroupId: string): Promise<void> {
  const others = await tx.$queryRaw<{ name: string; count: number }[]>`
    SELECT g.name, count(*) OVER ()::int AS count FROM security_group_rule r
    JOIN security_group g ON g.id = r.security_group_id
    WHERE r.remote_group_id = ${remoteGroupId}::uuid AND g.id <> ${remoteGroupId}::uuid
    GROUP BY g.name ORDER BY g.name LIMIT ${namedLimit}`;
  const [first] = others;
  if (!first) return;
  const [names, more] = named(others, first.count);
  throw groupConflict("Rules of other groups name this one.", "securityGroupNamed", { names, more });
}

function named(found: readonly { name: string }[], count: number): [names: string, more: number] {
  return [found.map(({ name }) => name).join(", "), count - found.length];
}
