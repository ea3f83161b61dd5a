/** Application credentials: made by a person for programs of his, with some of his roles in one project. */
import { CloudError } from "@madang/core/errors";
import type { NewCredential } from "@madang/core/identity/credential";
import { isWithin, type Role, rolesIn } from "@madang/core/identity/permission";
import { lockUser, PrismaNamespace, type Tx, transaction } from "@madang/db";
import type { Callable } from "../callable.ts";
import type { Actor } from "../context.ts";
import { bearerText, newSecret } from "../credential.ts";
import type { AdmissionDeps } from "../deps.ts";
import { requireSession } from "../identity.ts";
import { lockOpenProject } from "./open-project.ts";
import { changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

/** One person's, over all projects. */
export const credentialsPerPerson = 100;

export type MadeCredential = { id: string; name: string; secret: string; bearer: string };
type Ref = { projectId: string; id: string };

/**
 * The secret is in this answer and nowhere else. Throws InvalidInput, Forbidden, NotFound, InvalidState, Conflict.
 * `callable`: what access rules may name.
 */
export async function createCredential(
  deps: AdmissionDeps,
  actor: Actor,
  input: NewCredential,
  callable: readonly Callable[],
): Promise<MadeCredential> {
  requireSession(actor);
  requireHeld(input.roles, rolesIn(actor.grants, input.projectId));
  requireKnown(input.accessRules ?? [], callable);
  requireFuture(input.expiresAt, deps.admission.now());
  const { secret, secretHash } = newSecret();
  await deps.admissions.run(input.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, input, secretHash)),
  );
  deps.hints.publish("event");
  return { id: input.id, name: input.name, secret, bearer: bearerText(input.id, secret) };
}

async function admit(
  deps: AdmissionDeps,
  tx: Tx,
  actor: Actor,
  input: NewCredential,
  secretHash: string,
): Promise<void> {
  const { id, projectId, name, accessRules } = input;
  await lockOpenProject(tx, actor, projectId);
  await lockUser(tx, actor.userId);
  const bodyHash = deps.seal.mark(JSON.stringify(["application_credential", actor.userId, input]));
  const claim = { id, kind: "application_credential", projectId, bodyHash };
  if ((await claimIds(tx, [claim])) === "repeat") throw madeBefore();
  await requireRoom(tx, actor.userId, name);
  const row = await tx.applicationCredential.create({
    data: {
      ...input,
      userId: actor.userId,
      secretHash,
      accessRules: accessRules ?? PrismaNamespace.DbNull,
      createdAt: deps.admission.now(),
    },
  });
  const roles = row.roles.join(", ");
  const before = { name: null, roles: null, expiresAt: null, accessRules: null };
  const expiresAt = row.expiresAt?.toISOString() ?? null;
  await recordEvent(tx, {
    actor,
    subject: { kind: "application_credential", id, name, projectId },
    action: "application_credential.create",
    changes: changesOf(before, { name, roles, expiresAt, accessRules }, [
      "name",
      "roles",
      "expiresAt",
      "accessRules",
    ]),
  });
}

/** Each role must be one of his, or one that his include. */
function requireHeld(wanted: readonly Role[], held: readonly Role[]): void {
  if (wanted.every((role) => isWithin(role, held))) return;
  throw new CloudError("Forbidden", "You can't give away a role that you don't have.", {
    reason: "roleNotHeld",
    field: "roles",
  });
}

function requireKnown(rules: readonly string[], callable: readonly Callable[]): void {
  const paths = callable.map(({ path }) => path);
  const routers = new Set(paths.map((path) => `${path.split(".")[0]}.*`));
  const strange = rules.find((rule) => !paths.includes(rule) && !routers.has(rule));
  if (strange === undefined) return;
  throw new CloudError("InvalidInput", "An access rule names no call that a credential may make.", {
    reason: "accessRuleUnknown",
    params: { rule: strange },
    field: "accessRules",
  });
}

function requireFuture(expiresAt: Date | null, now: Date): void {
  if (expiresAt === null || expiresAt.getTime() > now.getTime()) return;
  throw new CloudError("InvalidInput", "The expiry must be in the future.", {
    reason: "expiryPast",
    field: "expiresAt",
  });
}

async function requireRoom(tx: Tx, userId: string, name: string): Promise<void> {
  const own = await tx.applicationCredential.findMany({ where: { userId }, select: { name: true } });
  if (own.some((one) => one.name === name)) {
    throw new CloudError("Conflict", "You already have an application credential of this name.", {
      reason: "nameTaken",
      field: "name",
    });
  }
  if (own.length < credentialsPerPerson) return;
  throw new CloudError("InvalidState", "You have as many application credentials as one person may have.", {
    reason: "credentialLimit",
    params: { limit: credentialsPerPerson },
  });
}

/** Sent again after its answer was lost. */
function madeBefore(): CloudError {
  return new CloudError("Conflict", "This credential was made before, and its secret is shown only once.", {
    reason: "credentialMadeBefore",
  });
}

/** One's own, or as a manager anybody's in the project. Throws NotFound. */
export async function deleteCredential(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, id }: Ref,
): Promise<void> {
  const own = isWithin("manager", rolesIn(actor.grants, projectId)) ? {} : { userId: actor.userId };
  await transaction(deps.admission.prisma, async (tx) => {
    const [credential] = await tx.applicationCredential.findMany({ where: { id, projectId, ...own } });
    const { count } = await tx.applicationCredential.deleteMany({ where: { id, projectId, ...own } });
    if (!credential || count === 0) {
      throw new CloudError("NotFound", "There is no such application credential.", {
        reason: "credentialNotFound",
      });
    }
    const subject = { kind: "application_credential", id, name: credential.name, projectId };
    await recordEvent(tx, { actor, subject, action: "application_credential.delete" });
  });
  deps.hints.publish("event");
}
