/**
 * One-use links by which a person sets a new password without knowing the old one. A link that is wrong, used, too old,
 * replaced by a newer one, or of somebody who may not sign in is refused in the same words.
 */
import { createHash, randomBytes } from "node:crypto";
import { CloudError } from "@madang/core/errors";
import { appendEvent, lockUser, type Tx, transaction } from "@madang/db";
import type { Caller } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { checkPassword, hashPassword } from "../password.ts";
import type { RateLimits } from "../rate-limit.ts";
import { endSessions } from "./locked-user.ts";

type Deps = AdmissionDeps & { limits: RateLimits };
/** `token` is nowhere else: the row keeps its hash. */
export type PasswordResetLink = { token: string; expiresAt: Date };
type Owner = { id: string; name: string; expiresAt: Date };

/** How long a link may be used. */
const hours = 24;
/** The path of the portal's page; the token follows as `#token=`, for what follows a # is in no log. */
export const passwordResetPath = "/reset-password";

/**
 * From now on only the link lets the person in: the password, every session and every earlier link end, for somebody else
 * may have them. `createdById` null: made on the machine itself. The caller records the event.
 */
export async function createPasswordReset(
  tx: Tx,
  userId: string,
  createdById: string | null,
): Promise<PasswordResetLink & { sessions: number }> {
  const token = randomBytes(32).toString("base64url");
  await lockUser(tx, userId);
  await tx.user.update({ where: { id: userId }, data: { passwordHash: null } });
  await endPasswordResets(tx, userId);
  const sessions = await endSessions(tx, userId);
  const rows = await tx.$queryRaw<{ expiresAt: Date }[]>`
    INSERT INTO password_reset (id, user_id, token_hash, created_by_id, expires_at)
    VALUES (${crypto.randomUUID()}::uuid, ${userId}::uuid, ${hashOf(token)}, ${createdById}::uuid,
      statement_timestamp() + make_interval(hours => ${hours}::int))
    RETURNING expires_at AS "expiresAt"`;
  const [row] = rows;
  if (!row) throw new TypeError("no link was made");
  return { token, expiresAt: row.expiresAt, sessions };
}

/** Whose password the link sets, and until when. Throws NotFound, TooManyRequests. */
export async function lookAtPasswordReset(
  deps: Deps,
  caller: Caller,
  token: string,
): Promise<{ name: string; expiresAt: Date }> {
  await deps.limits.take("passwordReset", caller.address);
  const { name, expiresAt } = await ownerOf(deps.admission.prisma, token);
  return { name, expiresAt };
}

/** Ends every session and every link of the person, and opens none. Throws InvalidInput, NotFound, TooManyRequests. */
export async function redeemPasswordReset(
  deps: Deps,
  caller: Caller,
  token: string,
  password: string,
): Promise<void> {
  await deps.limits.take("passwordReset", caller.address);
  checkPassword(password, "password");
  const owner = await ownerOf(deps.admission.prisma, token);
  // A good link is worth a place in the line of people who are known here.
  const asker = { address: owner.id, known: true };
  const passwordHash = await deps.limits.passwords.run(asker, () => hashPassword(password));
  await transaction(deps.admission.prisma, async (tx) => {
    await lockUser(tx, owner.id);
    // Again under the lock: of two that come at once, one finds it used.
    await ownerOf(tx, token);
    await setPassword(tx, owner.id, passwordHash, false);
    await appendEvent(tx, {
      actorKind: "user",
      actorId: owner.id,
      actorName: owner.name,
      resourceKind: "user",
      resourceId: owner.id,
      resourceName: owner.name,
      action: "user.redeem-reset",
      result: "accepted",
      address: caller.address,
      requestId: caller.requestId,
    });
  });
  deps.hints.publish("event");
}

/** Whoever signed in with the old password, or has a link, must begin anew. */
export async function setPassword(
  tx: Tx,
  userId: string,
  passwordHash: string,
  mustChangePassword: boolean,
): Promise<void> {
  await tx.user.update({ where: { id: userId }, data: { passwordHash, mustChangePassword } });
  await endPasswordResets(tx, userId);
  await endSessions(tx, userId);
}

/** None that was made before is good any more. */
export async function endPasswordResets(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`UPDATE password_reset SET used_at = statement_timestamp()
    WHERE user_id = ${userId}::uuid AND used_at IS NULL`;
}

/** Throws NotFound. */
async function ownerOf(tx: Pick<Tx, "$queryRaw">, token: string): Promise<Owner> {
  const [owner] = await tx.$queryRaw<Owner[]>`
    SELECT u.id, u.name, r.expires_at AS "expiresAt"
    FROM password_reset r JOIN "user" u ON u.id = r.user_id JOIN domain d ON d.id = u.domain_id
    WHERE r.token_hash = ${hashOf(token)} AND r.used_at IS NULL AND r.expires_at > statement_timestamp()
      AND u.enabled AND d.enabled`;
  if (owner) return owner;
  throw new CloudError("NotFound", "This link can't be used any more.", { reason: "resetLinkRefused" });
}

/** 256 random bits need no salt. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
