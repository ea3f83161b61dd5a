/** What decides whether and as whom a person gets in. Each may be repeated. */
import { CloudError } from "@madang/core/errors";
import type { Role } from "@madang/core/identity/permission";
import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { endCredentials } from "./end-credentials.ts";
import { lockAdministrators, requireAnotherAdministrator } from "./last-administrator.ts";
import {
  bumpRoles,
  endSessions,
  type LockedUser,
  lockedUser,
  projectsOfUser,
  userSubject,
} from "./locked-user.ts";
import { createPasswordReset, type PasswordResetLink } from "./password-reset.ts";
import { changesOf, recordEvent } from "./record.ts";
import { requireUnchanged, rolesText } from "./role-change.ts";

/** Roles over the whole cloud; `manager` and `member` mean nothing there. */
export type SystemRole = Extract<Role, "admin" | "reader">;

/**
 * A one-use link by which he sets a new password; until then nothing else lets him in. Throws NotFound, InvalidState
 * (disabled, the last administrator: a lost link must not lock out everybody).
 */
export async function resetLink(deps: AdmissionDeps, actor: Actor, id: string): Promise<PasswordResetLink> {
  const link = await transaction(deps.admission.prisma, async (tx) => {
    await lockAdministrators(tx);
    const user = await lockedUser(tx, id);
    if (!user.enabled)
      throw new CloudError("InvalidState", "This user is disabled.", { reason: "userDisabled" });
    if (user.systemRoles.some(({ role }) => role === "admin")) await requireAnotherAdministrator(tx, id);
    const { sessions, ...made } = await createPasswordReset(tx, id, actor.userId);
    const params = { sessions };
    await recordEvent(tx, { actor, subject: userSubject(user), action: "user.reset-link", params });
    return made;
  });
  deps.hints.publish("event");
  return link;
}

/** His password alone lets him in from now on, until he sets a second factor up again. Throws NotFound. */
export async function clearTotp(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const user = await lockedUser(tx, id);
    const { count } = await tx.recoveryCode.deleteMany({ where: { userId: id } });
    if (user.totpSecretSealed === null && count === 0) return;
    await tx.user.update({ where: { id }, data: { totpSecretSealed: null, totpConfirmedAt: null } });
    await recordEvent(tx, { actor, subject: userSubject(user), action: "user.clear-totp" });
  });
  deps.hints.publish("event");
}

/** Also the actor's own, where he names himself. Throws NotFound. */
export async function revokeSessions(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const user = await lockedUser(tx, id);
    const sessions = await endSessions(tx, id);
    if (sessions === 0) return;
    const params = { sessions };
    await recordEvent(tx, { actor, subject: userSubject(user), action: "user.revoke-sessions", params });
  });
  deps.hints.publish("event");
}

/**
 * A disabled user can't sign in; his sessions end and his application credentials count no more. Throws NotFound,
 * InvalidState (oneself, the last administrator).
 */
export async function setUserEnabled(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  enabled: boolean,
): Promise<void> {
  const projectIds = await transaction(deps.admission.prisma, async (tx) => {
    await lockAdministrators(tx);
    const user = await lockedUser(tx, id);
    if (!enabled) await requireDispensable(tx, actor, user);
    if (user.enabled === enabled) return [];
    await tx.user.update({ where: { id }, data: { enabled } });
    const sessions = enabled ? 0 : await endSessions(tx, id);
    const changes = changesOf(user, { enabled }, ["enabled"]);
    const action = enabled ? "user.enable" : "user.disable";
    await recordEvent(tx, { actor, subject: userSubject(user), action, params: { sessions }, changes });
    return await projectsOfUser(tx, id);
  });
  tell(deps, id, projectIds);
}

/** `was`: the roles that were looked at. Throws NotFound, Conflict (they changed since), InvalidState. */
export async function setSystemRoles(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  roles: readonly SystemRole[],
  was?: readonly SystemRole[],
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await lockAdministrators(tx);
    const user = await lockedUser(tx, id);
    const held = user.systemRoles.map(({ role }) => role);
    const before = rolesText(held);
    const after = rolesText(roles);
    if (before === after) return;
    requireUnchanged(held, was);
    if (held.includes("admin") && !roles.includes("admin")) await requireAnotherAdministrator(tx, id);
    await tx.systemRoleAssignment.deleteMany({ where: { userId: id, role: { notIn: [...roles] } } });
    const data = roles.map((role) => ({ userId: id, role }));
    await tx.systemRoleAssignment.createMany({ data, skipDuplicates: true });
    await bumpRoles(tx, [id]);
    await endCredentials(tx, actor, [id]);
    const subject = userSubject(user);
    const changes = changesOf({ roles: before }, { roles: after }, ["roles"]);
    await recordEvent(tx, { actor, subject, action: "user.system-roles", params: { roles: after }, changes });
  });
  deps.hints.publish("event");
}

/**
 * With him go his key pairs, application credentials, roles, group memberships and sessions; what he launched stays
 * with its project. `name` as the administrator typed it. Throws NotFound, InvalidInput, InvalidState.
 */
export async function deleteUser(deps: AdmissionDeps, actor: Actor, id: string, name: string): Promise<void> {
  const projectIds = await transaction(deps.admission.prisma, async (tx) => {
    await lockAdministrators(tx);
    const user = await lockedUser(tx, id);
    await requireDispensable(tx, actor, user);
    if (name !== user.name)
      throw new CloudError("InvalidInput", "This is not the name of the user.", {
        reason: "nameDiffers",
        field: "name",
      });
    const of = { where: { userId: id } };
    const [keyPairs, credentials] = [await tx.keyPair.count(of), await tx.applicationCredential.count(of)];
    const projectIds = await projectsOfUser(tx, id);
    await tx.user.delete({ where: { id } });
    const params = { keyPairs, credentials };
    await recordEvent(tx, { actor, subject: userSubject(user), action: "user.delete", params });
    return projectIds;
  });
  tell(deps, id, projectIds);
}

/** Also the pages of members of his projects. */
function tell(deps: AdmissionDeps, id: string, projectIds: readonly string[]): void {
  deps.hints.publish("event", ...projectIds.map((projectId) => `touched:${projectId}:user:${id}` as const));
}

async function requireDispensable(tx: Tx, actor: Actor, user: LockedUser): Promise<void> {
  if (user.id === actor.userId)
    throw new CloudError("InvalidState", "This is your own account.", { reason: "ownAccount" });
  if (user.systemRoles.some(({ role }) => role === "admin")) await requireAnotherAdministrator(tx, user.id);
}
