import { CloudError } from "@madang/core/errors";
import { type Grants, type Permission, rolesIn, ruleOf } from "@madang/core/identity/permission";
import type { Tx } from "@madang/db";
import { authoriseGrants } from "../authorise.ts";
import type { Actor } from "../context.ts";
import { credentialGrants } from "../credential.ts";
import { sessionGrants, userGrants } from "../identity.ts";

/**
 * A call that was let in may have waited in line since. Call it once the lock is held: what was taken from the actor before
 * counts. `permission`: where the call needs more than its procedure says. Throws Unauthenticated, Forbidden, NotFound.
 */
export async function requireStill(tx: Tx, actor: Actor, permission?: Permission): Promise<void> {
  requireIn(await readGrants(tx, [actor]), actor, permission);
}

/** By session, by credential, and by user for work that goes on for one who may be signed out by now. */
export type GrantsNow = {
  sessions: ReadonlyMap<string, Grants>;
  credentials: ReadonlyMap<string, Grants>;
  users: ReadonlyMap<string, Grants>;
};

/** What the actors are granted now: one statement for all who came by a session, one for all who came by a credential. */
export async function readGrants(tx: Tx, actors: readonly Actor[]): Promise<GrantsNow> {
  const sessionIds = actors.flatMap(({ sessionId }) => sessionId ?? []);
  const programs = actors.filter(({ sessionId }) => sessionId === null);
  const absent = programs.filter(({ credential }) => credential === null);
  const credentialIds = programs.flatMap(({ credential }) => credential?.id ?? []);
  return {
    sessions: await sessionGrants(tx, [...new Set(sessionIds)]),
    credentials: await credentialGrants(tx, [...new Set(credentialIds)]),
    users: await userGrants(tx, [...new Set(absent.map(({ userId }) => userId))]),
  };
}

/** As `requireStill`, of what was read with the lock held. */
export function requireIn(now: GrantsNow, actor: Actor, permission?: Permission): void {
  const { projectId } = actor.judged;
  const needed = permission ?? actor.judged.permission;
  const grants = grantsIn(now, actor);
  if (!grants) throw new CloudError("Unauthenticated", "Sign in to go on.", { reason: "signInNeeded" });
  if (ruleOf(needed).scope === "project" && rolesIn(grants, projectId).length === 0)
    throw new CloudError("NotFound", "There is no such project.", { reason: "projectNotFound" });
  authoriseGrants(grants, needed, projectId);
}

function grantsIn(now: GrantsNow, { sessionId, credential, userId }: Actor): Grants | undefined {
  if (sessionId !== null) return now.sessions.get(sessionId);
  return credential ? now.credentials.get(credential.id) : now.users.get(userId);
}
