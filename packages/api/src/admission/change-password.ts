import { CloudError } from "@madang/core/errors";
import { transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { requireSession } from "../identity.ts";
import { checkPassword, hashPassword, verifyPassword } from "../password.ts";
import type { RateLimits } from "../rate-limit.ts";
import { endPasswordResets } from "./password-reset.ts";
import { recordEvent } from "./record.ts";
import { wrongPassword } from "./sign-in.ts";

/** Ends every other session of the person. Throws InvalidInput, TooManyRequests. */
export async function changePassword(
  deps: AdmissionDeps & { limits: RateLimits },
  actor: Actor,
  current: string,
  next: string,
): Promise<void> {
  await deps.limits.take("changePassword", requireSession(actor));
  checkPassword(next, "next");
  if (next === current)
    throw new CloudError("InvalidInput", "This is the password you have.", {
      reason: "passwordSame",
      field: "next",
    });
  const user = await deps.admission.prisma.user.findUniqueOrThrow({ where: { id: actor.userId } });
  const asker = { address: actor.userId, known: true };
  const passwordHash = await deps.limits.passwords.run(asker, async () => {
    if (!(await verifyPassword(user.passwordHash, current))) throw wrongPassword("current");
    return await hashPassword(next);
  });
  await transaction(deps.admission.prisma, async (tx) => {
    // Another password was set while this one was tried out.
    const same = { id: user.id, passwordHash: user.passwordHash };
    const { count } = await tx.user.updateMany({
      where: same,
      data: { passwordHash, mustChangePassword: false },
    });
    if (count === 0) throw wrongPassword("current");
    await endPasswordResets(tx, user.id);
    const others = { userId: user.id, id: { not: requireSession(actor) }, revokedAt: null };
    await tx.session.updateMany({ where: others, data: { revokedAt: deps.admission.now() } });
    const subject = { kind: "user", id: user.id, name: user.name, projectId: null };
    await recordEvent(tx, { actor, subject, action: "user.change-password" });
  });
  deps.hints.publish("event");
}
