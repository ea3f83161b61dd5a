/**
 * Who works in a project, and as what. All changes of one project's members take its lock, and what the actor himself may
 * give is read under it: nobody gives or takes a role above his own highest. Each verb may be repeated. Locks: the project,
 * then the group, then users by id.
 */
import { CloudError } from "@madang/core/errors";
import { isWithin, type Role } from "@madang/core/identity/permission";
import { lockProject, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import type { RateLimits } from "../rate-limit.ts";
import { endCredentials } from "./end-credentials.ts";
import { groupNotFound } from "./group.ts";
import { bumpRoles, userNotFound } from "./locked-user.ts";
import { lockOpenProject } from "./open-project.ts";
import { type Changes, changesOf, recordEvent } from "./record.ts";
import { requireUnchanged, rolesText } from "./role-change.ts";

export const memberKinds = ["user", "group"] as const;
export type MemberKind = (typeof memberKinds)[number];
export type MemberRef = { kind: MemberKind; id: string };
type Named = { id: string; name: string };
type Change = { held: Role[]; wanted: readonly Role[] };

/**
 * By exact name, or a user's e-mail address: a project's manager sees no list of all people. Answers who it is. Throws
 * NotFound, Conflict (has other roles already; an address that several people have), Forbidden, TooManyRequests.
 */
export async function addMember(
  deps: AdmissionDeps & { limits: RateLimits },
  actor: Actor,
  projectId: string,
  kind: MemberKind,
  name: string,
  role: Role,
): Promise<Named> {
  await deps.limits.take("memberLookup", actor.userId);
  const found = await transaction(deps.admission.prisma, async (tx) => {
    const project = await lockOpenProject(tx, actor, projectId);
    await requireGivable(tx, actor, projectId, [role]);
    const called = await (kind === "user"
      ? userCalled(tx, projectId, name)
      : groupCalled(tx, projectId, name));
    const member = await lockedMember(tx, { kind, id: called.id });
    if (!member) throw memberNotFound();
    const held = await rolesOf(tx, projectId, { kind, id: member.id });
    if (rolesText(held) === role) return member;
    if (held.length > 0)
      throw new CloudError("Conflict", `${member.name} has roles in ${project.name} already.`, {
        reason: "alreadyMember",
        params: { name: member.name },
        field: "name",
      });
    await write(tx, actor, projectId, { kind, ...member }, "member.add", { held, wanted: [role] });
    return member;
  });
  deps.hints.publish("event");
  return found;
}

/** All direct roles from now on. `was`: those that were looked at. Throws NotFound, Conflict, Forbidden. */
export async function setMemberRoles(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  { kind, id }: MemberRef,
  wanted: readonly Role[],
  was?: readonly Role[],
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await lockOpenProject(tx, actor, projectId);
    const member = await lockedMember(tx, { kind, id });
    const held = await rolesOf(tx, projectId, { kind, id });
    if (!member || held.length === 0) throw memberNotFound();
    if (rolesText(held) === rolesText(wanted)) return;
    requireUnchanged(held, was);
    await requireGivable(tx, actor, projectId, differing(held, wanted));
    await write(tx, actor, projectId, { kind, ...member }, "member.set-roles", { held, wanted });
  });
  deps.hints.publish("event");
}

/**
 * What he launched stays; his streams and consoles end within about a second, and his application credentials in the
 * project count no more. Whoever has no direct roles is out already. Throws NotFound, Forbidden.
 */
export async function removeMember(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  { kind, id }: MemberRef,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await lockProject(tx, projectId);
    const member = await lockedMember(tx, { kind, id });
    if (!member) throw memberNotFound();
    const held = await rolesOf(tx, projectId, { kind, id });
    if (held.length === 0) return;
    if (id !== actor.userId) await requireGivable(tx, actor, projectId, held);
    await write(tx, actor, projectId, { kind, ...member }, "member.remove", { held, wanted: [] });
  });
  deps.hints.publish("event");
}

function differing(held: readonly Role[], wanted: readonly Role[]): Role[] {
  return [...held.filter((role) => !wanted.includes(role)), ...wanted.filter((role) => !held.includes(role))];
}

/** Throws Forbidden when one of the roles is above the actor's own highest, as they are now. */
async function requireGivable(
  tx: Tx,
  actor: Actor,
  projectId: string,
  given: readonly Role[],
): Promise<void> {
  const rows = await tx.$queryRaw<{ role: Role }[]>`
    SELECT 'admin' AS role FROM system_role_assignment WHERE user_id = ${actor.userId}::uuid AND role = 'admin'
    UNION SELECT role::text FROM role_assignment
      WHERE user_id = ${actor.userId}::uuid AND project_id = ${projectId}::uuid
    UNION SELECT g.role::text FROM group_role_assignment g JOIN group_member m ON m.group_id = g.group_id
      WHERE m.user_id = ${actor.userId}::uuid AND g.project_id = ${projectId}::uuid`;
  const own = rows.map(({ role }) => role);
  if (!isWithin("manager", own))
    throw new CloudError("Forbidden", "Your role does not allow this.", { reason: "roleTooWeak" });
  if (given.every((role) => isWithin(role, own))) return;
  throw new CloudError("Forbidden", "This role is above your own.", { reason: "roleAboveOwn" });
}

async function userCalled(tx: Tx, projectId: string, name: string): Promise<Named> {
  const rows = await tx.$queryRaw<(Named & { exact: boolean })[]>`
    SELECT u.id, u.name, u.name = ${name} AS exact FROM "user" u JOIN project p ON p.domain_id = u.domain_id
    WHERE p.id = ${projectId}::uuid AND (u.name = ${name} OR lower(u.email) = lower(${name}))
    ORDER BY exact DESC LIMIT 3`;
  const [first, second] = rows;
  if (!first) throw userNotFound("name");
  if (!first.exact && second)
    throw new CloudError("Conflict", "Several people have this e-mail address. Give the name.", {
      reason: "emailAmbiguous",
      field: "name",
    });
  return { id: first.id, name: first.name };
}

async function groupCalled(tx: Tx, projectId: string, name: string): Promise<Named> {
  const [group] = await tx.$queryRaw<Named[]>`
    SELECT g.id, g.name FROM "group" g JOIN project p ON p.domain_id = g.domain_id
    WHERE p.id = ${projectId}::uuid AND g.name = ${name}`;
  if (group) return group;
  throw groupNotFound("name");
}

/** Locks it, so that it is not deleted meanwhile; null when it is gone. After the project, before the roles. */
async function lockedMember(tx: Tx, { kind, id }: MemberRef): Promise<Named | null> {
  const rows =
    kind === "user"
      ? await tx.$queryRaw<Named[]>`SELECT id, name FROM "user" WHERE id = ${id}::uuid FOR NO KEY UPDATE`
      : await tx.$queryRaw<Named[]>`SELECT id, name FROM "group" WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  return rows[0] ?? null;
}

async function rolesOf(tx: Tx, projectId: string, { kind, id }: MemberRef): Promise<Role[]> {
  const select = { role: true } as const;
  const rows =
    kind === "user"
      ? await tx.roleAssignment.findMany({ where: { projectId, userId: id }, select })
      : await tx.groupRoleAssignment.findMany({ where: { projectId, groupId: id }, select });
  return rows.map(({ role }) => role);
}

async function write(
  tx: Tx,
  actor: Actor,
  projectId: string,
  member: MemberRef & Named,
  action: string,
  change: Change,
): Promise<void> {
  await (member.kind === "user" ? writeUser : writeGroup)(tx, actor, projectId, member.id, change.wanted);
  const roles = rolesText(change.wanted);
  const changes: Changes = changesOf({ roles: rolesText(change.held) }, { roles }, ["roles"]);
  const subject = { kind: member.kind, id: member.id, name: member.name, projectId };
  await recordEvent(tx, {
    actor,
    subject,
    action,
    params: { roles: roles || rolesText(change.held) },
    changes,
  });
}

async function writeUser(
  tx: Tx,
  actor: Actor,
  projectId: string,
  userId: string,
  wanted: readonly Role[],
): Promise<void> {
  await bumpRoles(tx, [userId]);
  await tx.roleAssignment.deleteMany({ where: { projectId, userId, role: { notIn: [...wanted] } } });
  const data = wanted.map((role) => ({ projectId, userId, role, grantedBy: actor.name }));
  await tx.roleAssignment.createMany({ data, skipDuplicates: true });
  await endCredentials(tx, actor, [userId]);
}

async function writeGroup(
  tx: Tx,
  actor: Actor,
  projectId: string,
  groupId: string,
  wanted: readonly Role[],
): Promise<void> {
  const members = await tx.groupMember.findMany({ where: { groupId }, select: { userId: true } });
  const userIds = members.map(({ userId }) => userId);
  await bumpRoles(tx, userIds);
  await tx.groupRoleAssignment.deleteMany({ where: { projectId, groupId, role: { notIn: [...wanted] } } });
  const data = wanted.map((role) => ({ projectId, groupId, role, grantedBy: actor.name }));
  await tx.groupRoleAssignment.createMany({ data, skipDuplicates: true });
  await endCredentials(tx, actor, userIds);
}

function memberNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such member of the project.", { reason: "memberNotFound" });
}
