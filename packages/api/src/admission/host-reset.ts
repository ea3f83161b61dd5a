/** What whoever has the machine itself may do for somebody who can't get in any more. */
import { CloudError } from "@madang/core/errors";
import { appendEvent, type Prisma, type Tx, transaction } from "@madang/db";
import { checkPassword, hashPassword } from "../password.ts";
import { createPasswordReset, type PasswordResetLink, setPassword } from "./password-reset.ts";
import { clearSecondFactor } from "./second-factor.ts";

export type HostReset = {
  /** null: a link is made instead. */
  password: string | null;
  mustChangePassword: boolean;
  clearSecondFactor: boolean;
};
type Owner = { id: string; name: string };

/** Answers the link where no password was given. Throws NotFound, InvalidInput, InvalidState. */
export async function resetOnHost(
  prisma: Prisma,
  domainId: string,
  name: string,
  wish: HostReset,
): Promise<PasswordResetLink | null> {
  if (wish.password !== null) checkPassword(wish.password, "password");
  const passwordHash = wish.password && (await hashPassword(wish.password));
  return await transaction(prisma, async (tx) => {
    const user = await tx.user.findUnique({ where: { domainId_name: { domainId, name } } });
    if (!user) throw new CloudError("NotFound", `There is no user ${name}.`, { reason: "userNotFound" });
    if (!user.enabled)
      throw new CloudError("InvalidState", `${name} is disabled.`, { reason: "userDisabled" });
    if (wish.clearSecondFactor) {
      await clearSecondFactor(tx, user.id);
      await record(tx, user, "user.clear-totp");
    }
    await record(tx, user, passwordHash ? "user.set-password" : "user.reset-link");
    if (!passwordHash) return await createPasswordReset(tx, user.id, null);
    await setPassword(tx, user.id, passwordHash, wish.mustChangePassword);
    return null;
  });
}

async function record(tx: Tx, { id, name }: Owner, action: string): Promise<void> {
  const subject = { resourceKind: "user", resourceId: id, resourceName: name };
  const result = "accepted";
  await appendEvent(tx, { ...subject, actorKind: "host", actorName: "host", action, result });
}
