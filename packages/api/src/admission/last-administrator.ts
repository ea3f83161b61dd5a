/**
 * Somebody can always administer the cloud: as long as this is asked before an administrator loses his role, is disabled
 * or deleted, another one who can sign in remains, however many ask at once.
 */
import { CloudError } from "@madang/core/errors";
import type { Tx } from "@madang/db";

/** Before any other lock: whoever changes administrators does so one after the other. */
export async function lockAdministrators(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('system_role_assignment.admin'))`;
}

/** Throws InvalidState when nobody else would remain who is an administrator, enabled, and has a password. */
export async function requireAnotherAdministrator(tx: Tx, userId: string): Promise<void> {
  const others = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM system_role_assignment a JOIN "user" u ON u.id = a.user_id JOIN domain d ON d.id = u.domain_id
    WHERE a.role = 'admin' AND u.id <> ${userId}::uuid AND u.enabled AND d.enabled AND u.password_hash IS NOT NULL
    LIMIT 1`;
  if (others.length > 0) return;
  throw new CloudError("InvalidState", "Nobody else could administer the cloud then.", {
    reason: "lastAdministrator",
  });
}
