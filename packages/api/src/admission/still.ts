import { CloudError } from "@madang/core/errors";
import { type Permission, rolesIn, ruleOf } from "@madang/core/identity/permission";
import type { Tx } from "@madang/db";
import { authoriseGrants } from "../authorise.ts";
import type { Actor } from "../context.ts";
import { credentialGrants } from "../credential.ts";
import { sessionGrants } from "../identity.ts";

/**
 * A call that was let in may have waited in line since. Call it once the lock is held: what was taken from the actor before
 * counts. `permission`: where the call needs more than its procedure says. Throws Unauthenticated, Forbidden, NotFound.
 */
export async function requireStill(tx: Tx, actor: Actor, permission?: Permission): Promise<void> {
  const { projectId } = actor.judged;
  const needed = permission ?? actor.judged.permission;
  const grants =
    actor.sessionId === null
      ? actor.credential && (await credentialGrants(tx, actor.credential.id))
      : await sessionGrants(tx, actor.sessionId);
  if (!grants) throw new CloudError("Unauthenticated", "Sign in to go on.", { reason: "signInNeeded" });
  if (ruleOf(needed).scope === "project" && rolesIn(grants, projectId).length === 0)
    throw new CloudError("NotFound", "There is no such project.", { reason: "projectNotFound" });
  authoriseGrants(grants, needed, projectId);
}
