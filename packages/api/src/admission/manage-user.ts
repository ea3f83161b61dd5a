/** People of the cloud: what administrators make of them. */
import { CloudError } from "@madang/core/errors";
import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { checkPassword, hashPassword } from "../password.ts";
import type { RateLimits } from "../rate-limit.ts";
import { lockedUser, userSubject } from "./locked-user.ts";
import { createPasswordReset, type PasswordResetLink } from "./password-reset.ts";
import { changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type NewPerson = {
  id: string;
  name: string;
  email: string | null;
  description: string;
  /** null: he sets it himself, by a link. Else he must change it when he signs in. */
  password: string | null;
};
export type PersonChanges = {
  name?: string | undefined;
  email?: string | null | undefined;
  description?: string | undefined;
};
type Deps = AdmissionDeps & { limits: RateLimits };

/**
 * Answers the link where he sets his password himself. Throws Conflict (name or e-mail taken), InvalidInput (the
 * password), TooManyRequests.
 */
export async function createPerson(
  deps: Deps,
  actor: Actor,
  person: NewPerson,
): Promise<PasswordResetLink | null> {
  const passwordHash = await firstHash(deps, actor, person.password);
  const link = await transaction(deps.admission.prisma, async (tx) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["user", actor.userId, person]));
    const claim = { id: person.id, kind: "user", projectId: null, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return await linkAgain(tx, actor, person.id);
    const { password: _password, ...fields } = person;
    const domain = await tx.domain.findFirstOrThrow({ where: { name: "default" }, select: { id: true } });
    await requireFree(tx, domain.id, fields.id, fields);
    await tx.user.create({
      data: { ...fields, domainId: domain.id, passwordHash, mustChangePassword: passwordHash !== null },
    });
    const params = { by: passwordHash === null ? "link" : "password" };
    const changes = changesOf({ name: null, email: null, description: null }, fields, [
      "name",
      "email",
      "description",
    ]);
    await recordEvent(tx, { actor, subject: userSubject(person), action: "user.create", params, changes });
    return passwordHash === null ? await createPasswordReset(tx, person.id, actor.userId) : null;
  });
  deps.hints.publish("event");
  return link;
}

async function firstHash(deps: Deps, actor: Actor, password: string | null): Promise<string | null> {
  if (password === null) return null;
  checkPassword(password, "password");
  const asker = { address: actor.userId, known: true };
  return await deps.limits.passwords.run(asker, () => hashPassword(password));
}

/** The first answer may have been lost with its link; nobody gets one so who has a password by now. */
async function linkAgain(tx: Tx, actor: Actor, id: string): Promise<PasswordResetLink | null> {
  const select = { id: true, name: true, passwordHash: true, enabled: true } as const;
  const user = await tx.user.findUnique({ where: { id }, select });
  if (!user?.enabled || user.passwordHash !== null) return null;
  await recordEvent(tx, { actor, subject: userSubject(user), action: "user.reset-link" });
  return await createPasswordReset(tx, id, actor.userId);
}

/** Throws NotFound, Conflict. */
export async function updatePerson(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  changes: PersonChanges,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await lockNames(tx);
    const before = await lockedUser(tx, id);
    const changed = changesOf(before, changes, ["name", "email", "description"]);
    if (Object.keys(changed).length === 0) return;
    await requireFree(tx, before.domainId, id, changes);
    const after = await tx.user.update({ where: { id }, data: changes });
    const subject = userSubject(after);
    await recordEvent(tx, { actor, subject, action: "user.update", changes: changed });
  });
  deps.hints.publish("event");
}

/** Two people who are given one name or e-mail at the same moment: the second sees the first. */
async function lockNames(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('user.name'))`;
}

async function requireFree(
  tx: Tx,
  domainId: string,
  id: string,
  { name, email }: Pick<PersonChanges, "name" | "email">,
): Promise<void> {
  await lockNames(tx);
  if (name !== undefined && (await tx.user.findFirst({ where: { domainId, name, id: { not: id } } })))
    throw new CloudError("Conflict", "There is already a user of this name.", {
      reason: "nameTaken",
      field: "name",
    });
  if (!email) return;
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM "user"
    WHERE domain_id = ${domainId}::uuid AND lower(email) = lower(${email}) AND id <> ${id}::uuid LIMIT 1`;
  if (rows.length > 0)
    throw new CloudError("Conflict", "Another user has this e-mail address.", {
      reason: "emailTaken",
      field: "email",
    });
}
