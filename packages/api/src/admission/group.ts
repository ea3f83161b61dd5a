/** Groups: people who get roles together. Each verb may be repeated. */
import { CloudError } from "@madang/core/errors";
import { type Group, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { endCredentials } from "./end-credentials.ts";
import { bumpRoles, userNotFound } from "./locked-user.ts";
import { changesOf, recordEvent, recordEvents, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { rolesText } from "./role-change.ts";

export type NewGroup = { id: string; name: string; description: string };
export type GroupChanges = { name?: string | undefined; description?: string | undefined };

/** Throws Conflict when the name is taken. */
export async function createGroup(deps: AdmissionDeps, actor: Actor, group: NewGroup): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["group", group]));
    if ((await claimIds(tx, [{ id: group.id, kind: "group", projectId: null, bodyHash }])) === "repeat")
      return;
    const domain = await tx.domain.findFirstOrThrow({ where: { name: "default" }, select: { id: true } });
    await requireFreeName(tx, domain.id, group.id, group.name);
    await tx.group.create({ data: { ...group, domainId: domain.id } });
    const changes = changesOf({ name: null, description: null }, group, ["name", "description"]);
    await recordEvent(tx, { actor, subject: subjectOf(group), action: "group.create", changes });
  });
  deps.hints.publish("event");
}

/** Throws NotFound, Conflict. */
export async function updateGroup(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  changes: GroupChanges,
): Promise<void> {
  const projectIds = await transaction(deps.admission.prisma, async (tx) => {
    await lockNames(tx);
    const before = await lockedGroup(tx, id);
    const changed = changesOf(before, changes, ["name", "description"]);
    if (Object.keys(changed).length === 0) return [];
    if (changes.name !== undefined) await requireFreeName(tx, before.domainId, id, changes.name);
    const after = await tx.group.update({ where: { id }, data: changes });
    await recordEvent(tx, { actor, subject: subjectOf(after), action: "group.update", changes: changed });
    return await projectsOf(tx, id);
  });
  tell(deps, id, projectIds);
}

/**
 * Who comes in has the group's roles from now on, who goes out has lost them: within about a second also where he has
 * something open. Throws NotFound.
 */
export async function setGroupMembers(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  add: readonly string[],
  remove: readonly string[],
): Promise<void> {
  const projectIds = await transaction(deps.admission.prisma, async (tx) => {
    const group = await lockedGroup(tx, id);
    const held = await tx.groupMember.findMany({
      where: { groupId: id, userId: { in: [...add, ...remove] } },
    });
    const inside = new Set(held.map(({ userId }) => userId));
    const out = new Set(remove.filter((userId) => inside.has(userId)));
    const into = new Set(add.filter((userId) => !inside.has(userId) && !remove.includes(userId)));
    if (out.size + into.size === 0) return [];
    await bumpRoles(tx, [...out, ...into]);
    await tx.groupMember.deleteMany({ where: { groupId: id, userId: { in: [...out] } } });
    const names = await namesOf(tx, [...into]);
    await tx.groupMember.createMany({ data: [...into].map((userId) => ({ groupId: id, userId })) });
    await endCredentials(tx, actor, [...out]);
    const left = await namesOf(tx, [...out]);
    const changes = {
      ...(left.length > 0 ? { removed: [left.join(", "), null] as [string, null] } : {}),
      ...(names.length > 0 ? { added: [null, names.join(", ")] as [null, string] } : {}),
    };
    const params = { added: into.size, removed: out.size };
    const entry = { actor, action: "group.members", params, changes };
    const subject = subjectOf(group);
    const projectIds = await projectsOf(tx, id);
    // Each project's own trail tells, too, who came and went.
    const subjects = [subject, ...projectIds.map((projectId) => ({ ...subject, projectId }))];
    await recordEvents(
      tx,
      subjects.map((one) => ({ ...entry, subject: one })),
    );
    return projectIds;
  });
  tell(deps, id, projectIds);
}

/** Its roles in projects go with it, and with them what its members had only by it. Throws NotFound. */
export async function deleteGroup(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const group = await lockedGroup(tx, id);
    const roles = await tx.groupRoleAssignment.findMany({ where: { groupId: id } });
    const members = await tx.groupMember.findMany({ where: { groupId: id }, select: { userId: true } });
    const userIds = members.map(({ userId }) => userId);
    await bumpRoles(tx, userIds);
    await tx.group.delete({ where: { id } });
    await endCredentials(tx, actor, userIds);
    const projectIds = [...new Set(roles.map(({ projectId }) => projectId))];
    const removals = projectIds.map((projectId) => {
      const before = rolesText(roles.flatMap((one) => (one.projectId === projectId ? [one.role] : [])));
      return {
        actor,
        subject: { ...subjectOf(group), projectId },
        action: "member.remove",
        changes: changesOf({ roles: before }, { roles: "" }, ["roles"]),
      };
    });
    const params = { members: members.length, projects: projectIds.length };
    await recordEvents(tx, [
      { actor, subject: subjectOf(group), action: "group.delete", params },
      ...removals,
    ]);
  });
  deps.hints.publish("event");
}

function tell(deps: AdmissionDeps, id: string, projectIds: readonly string[]): void {
  deps.hints.publish("event", ...projectIds.map((projectId) => `touched:${projectId}:group:${id}` as const));
}

async function projectsOf(tx: Tx, groupId: string): Promise<string[]> {
  const rows = await tx.groupRoleAssignment.findMany({
    where: { groupId },
    distinct: ["projectId"],
    select: { projectId: true },
  });
  return rows.map(({ projectId }) => projectId);
}

async function namesOf(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.user.findMany({
    where: { id: { in: [...ids] } },
    select: { name: true },
    orderBy: { name: "asc" },
  });
  if (rows.length !== ids.length) throw userNotFound("add");
  return rows.map(({ name }) => name);
}

function subjectOf({ id, name }: { id: string; name: string }): Subject {
  return { kind: "group", id, name, projectId: null };
}

async function lockedGroup(tx: Tx, id: string): Promise<Group> {
  await tx.$queryRaw`SELECT 1 FROM "group" WHERE id = ${id}::uuid FOR UPDATE`;
  const group = await tx.group.findUnique({ where: { id } });
  if (group) return group;
  throw groupNotFound();
}

export function groupNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such group.", {
    reason: "groupNotFound",
    ...(field ? { field } : {}),
  });
}

/** Two groups that are given one name at the same moment: the second sees the first. */
async function lockNames(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('group.name'))`;
}

async function requireFreeName(tx: Tx, domainId: string, id: string, name: string): Promise<void> {
  await lockNames(tx);
  const taken = await tx.group.findFirst({
    where: { domainId, name, id: { not: id } },
    select: { id: true },
  });
  if (taken)
    throw new CloudError("Conflict", "There is already a group of this name.", {
      reason: "nameTaken",
      field: "name",
    });
}
