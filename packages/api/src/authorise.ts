/** The only judge of who may call what. Denies by default; an unknown project and a foreign one look the same. */
import { CloudError } from "@madang/core/errors";
import { isNamedBy } from "@madang/core/identity/access-rule";
import {
  type Grants,
  isForCredentials,
  isGranted,
  isWithin,
  type Permission,
  ruleOf,
} from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import type { Credential, Identity } from "./identity.ts";

/** How long after proving who he is a person may do what asks for it. */
const confirmedMs = 15 * 60_000;

/** `path`: the procedure called, for access rules. Throws Unauthenticated, Forbidden or NotFound; answers who it is. */
export async function authorise(
  database: Database,
  identity: Identity | null,
  permission: Permission,
  projectId: string | null,
  path: string,
): Promise<Identity> {
  if (!identity) throw new CloudError("Unauthenticated", "Sign in to go on.", { reason: "signInNeeded" });
  if (identity.mustChangePassword && !permission.startsWith("account:")) {
    throw new CloudError("Forbidden", "Change your password first.", { reason: "mustChangePassword" });
  }
  if (identity.credential) requireOpen(identity.credential, identity.grants, permission, path);
  if (ruleOf(permission).scope === "project") await requireProject(database, identity, projectId);
  authoriseGrants(identity.grants, permission, projectId);
  requireConfirmed(identity, permission, database.now());
  return identity;
}

function requireOpen(
  { accessRules }: Credential,
  grants: Grants,
  permission: Permission,
  path: string,
): void {
  const least = ruleOf(permission).credential;
  const strong = !least || isWithin(least, Object.values(grants.projects).flat());
  if (isNamedBy(accessRules, path) && strong && isForCredentials(permission)) return;
  throw new CloudError("Forbidden", "This application credential may not do this.", {
    reason: "credentialTooWeak",
  });
}

function requireConfirmed({ confirmedAt }: Identity, permission: Permission, now: Date): void {
  if (!ruleOf(permission).confirm || now.getTime() - confirmedAt.getTime() < confirmedMs) return;
  throw new CloudError("Forbidden", "Enter your password again first.", { reason: "confirmNeeded" });
}

/** For what depends on the rest of the input: throws Forbidden. */
export function authoriseGrants(grants: Grants, permission: Permission, projectId: string | null): void {
  if (isGranted(grants, permission, projectId)) return;
  throw new CloudError("Forbidden", "Your role does not allow this.", { reason: "roleTooWeak" });
}

/** Having any role in a project is what makes it visible; an administrator of the cloud sees every enabled one. */
export async function requireProject(
  database: Database,
  identity: Pick<Identity, "grants">,
  projectId: string | null,
): Promise<void> {
  if (projectId !== null && identity.grants.projects[projectId]) return;
  if (projectId !== null && isGranted(identity.grants, "project:read", projectId)) {
    const { rowCount } = await database.pool.query(`SELECT 1 FROM project WHERE id = $1 AND enabled`, [
      projectId,
    ]);
    if (rowCount === 1) return;
  }
  throw new CloudError("NotFound", "There is no such project.", { reason: "projectNotFound" });
}
