import { CloudError } from "@madang/core/errors";
import type { Grants, Permission } from "@madang/core/identity/permission";
import { bearerMark, readCredentialIdentity, touchCredential } from "./credential.ts";
import type { ApiDeps } from "./deps.ts";
import type { Credential, Identity } from "./identity.ts";
import { touchSession } from "./session.ts";

/** What the transport knows of a caller. The session id comes out of a verified cookie, and is no proof by itself. */
export type Caller = {
  sessionId: string | null;
  /** What an Authorization header carries after "Bearer"; then no cookie counts. */
  bearer: string | null;
  requestId: string;
  address: string;
  userAgent: string;
};

export type Context = {
  deps: ApiDeps;
  caller: Caller;
  /**
   * null when nobody is signed in, or the session or the user is no longer valid. `anew`: as of now, whatever was seen
   * earlier in the same request.
   */
  identity: (anew?: boolean) => Promise<Identity | null>;
};

/** Who acts: written into events and operations. */
export type Doer = {
  userId: string;
  name: string;
  grants: Grants;
  requestId: string;
  address: string;
  /** null: a program with an application credential; or, with that null too, work that goes on after the call (`bulk/`). */
  sessionId: string | null;
  credential: Pick<Credential, "id" | "name"> | null;
};

/** Who calls an admission verb, and what let him in. */
export type Actor = Doer & { judged: { permission: Permission; projectId: string | null } };

/** The reads of one HTTP request, batched or not, are one look at the database. */
export function requestContext(deps: ApiDeps, caller: Caller): Context {
  let looked: Promise<Identity | null> | null = null;
  const identity = (anew = false) => {
    if (anew || !looked) looked = identify(deps, caller);
    return looked;
  };
  return { deps, caller, identity };
}

/** A WebSocket lives for hours: every call on it looks again. */
export function connectionContext(deps: ApiDeps, caller: Caller): Context {
  return { deps, caller, identity: () => identify(deps, caller) };
}

async function identify(deps: ApiDeps, caller: Caller): Promise<Identity | null> {
  if (caller.bearer !== null) return await identifyProgram(deps, caller.bearer, caller.address);
  if (!caller.sessionId) return null;
  const identity = await deps.identities(caller.sessionId);
  deps.limits.calls.belongs(caller.sessionId, identity?.userId ?? null);
  if (identity) await touchSession(deps.reads, identity, deps.reads.now());
  return identity;
}

/** Only what is wrong is counted, so guessing slows nobody who knows. Throws Unauthenticated, TooManyRequests. */
async function identifyProgram(deps: ApiDeps, bearer: string, address: string): Promise<Identity> {
  const identity = await readCredentialIdentity(deps.reads, bearer);
  deps.limits.calls.belongs(bearerMark(bearer), identity?.userId ?? null);
  if (!identity) {
    await deps.limits.take("wrongCredential", address);
    throw new CloudError("Unauthenticated", "This application credential is not valid, or no longer.", {
      reason: "credentialRefused",
    });
  }
  await touchCredential(deps.reads, identity);
  return identity;
}
