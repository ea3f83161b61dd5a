import { CloudError } from "@madang/core/errors";
import type { Role } from "@madang/core/identity/permission";
import { lockUser, type Tx } from "@madang/db";
import type { Subject } from "./record.ts";

export type LockedUser = {
  id: string;
  domainId: string;
  name: string;
  email: string | null;
  description: string;
  enabled: boolean;
  passwordHash: string | null;
  totpSecretSealed: string | null;
  systemRoles: { role: Role }[];
};

/** Locks the row. Throws NotFound. */
export async function lockedUser(tx: Tx, id: string): Promise<LockedUser> {
  await lockUser(tx, id);
  const user = await tx.user.findUnique({
    where: { id },
    select: {
      id: true,
      domainId: true,
      name: true,
      email: true,
      description: true,
      enabled: true,
      passwordHash: true,
      totpSecretSealed: true,
      systemRoles: { select: { role: true } },
    },
  });
  if (user) return user;
  throw userNotFound();
}

export function userNotFound(field?: string): CloudError {
  return new CloudError("NotFound", "There is no such user.", {
    reason: "userNotFound",
    ...(field ? { field } : {}),
  });
}

export function userSubject({ id, name }: { id: string; name: string }): Subject {
  return { kind: "user", id, name, projectId: null };
}

/** Ends every session of the person; what he has open closes within about a second. Answers how many there were. */
export async function endSessions(tx: Tx, userId: string): Promise<number> {
  return await tx.$executeRaw`UPDATE session SET revoked_at = statement_timestamp()
    WHERE user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > statement_timestamp()`;
}

/** Theirs have changed. In the order of their ids, which whoever locks several users must keep. */
export async function bumpRoles(tx: Tx, userIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`UPDATE "user" SET role_version = role_version + 1 WHERE id IN (
    SELECT id FROM "user" WHERE id = ANY(${[...userIds]}::uuid[]) ORDER BY id FOR NO KEY UPDATE)`;
}

/** In which he has a role, also by a group. */
export async function projectsOfUser(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ projectId: string }[]>`
    SELECT project_id AS "projectId" FROM role_assignment WHERE user_id = ${userId}::uuid
    UNION SELECT g.project_id FROM group_role_assignment g JOIN group_member m ON m.group_id = g.group_id
      WHERE m.user_id = ${userId}::uuid`;
  return rows.map(({ projectId }) => projectId);
}
