/** What whoever has the machine itself may do for somebody who can't get in any more. */
import { CloudError } from "@madang/core/errors";
import { type Prisma, transaction } from "@madang/db";
import { checkPassword, hashPassword } from "../password.ts";
import { userSubject } from "./locked-user.ts";
import { createPasswordReset, type PasswordResetLink, setPassword } from "./password-reset.ts";
import { recordOnHost } from "./record-on-host.ts";
import { clearSecondFactor } from "./second-factor.ts";

export type HostReset = {
  /** null: a link is made instead. */
  password: string | null;
  mustChangePassword: boolean;
  clearSecondFactor: boolean;
};

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
      await recordOnHost(tx, userSubject(user), "user.clear-totp");
    }
    await recordOnHost(tx, userSubject(user), passwordHash ? "user.set-password" : "user.reset-link");
    if (!passwordHash) return await createPasswordReset(tx, user.id, null);
    await setPassword(tx, user.id, passwordHash, wish.mustChangePassword);
    return null;
  });
}
