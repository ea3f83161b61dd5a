/** Proving again who one is, as sensitive acts ask. With a second factor it is its code that proves it. */
import { CloudError } from "@madang/core/errors";
import { transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { requireSession } from "../identity.ts";
import { verifyPassword } from "../password.ts";
import type { RateLimits } from "../rate-limit.ts";
import { takeCode } from "../second-factor.ts";
import { recordEvent } from "./record.ts";
import { codeWrong } from "./second-factor.ts";
import { wrongPassword } from "./sign-in.ts";

type Deps = AdmissionDeps & { limits: RateLimits };
export type Given = { password: string } | { code: string };

/**
 * Guesses count by session, with those at changing the password: whoever has stolen one locks nobody else out. At codes,
 * of which there are only a million, they count by the hour and the person. Throws InvalidInput, InvalidState,
 * TooManyRequests.
 */
export async function confirm(deps: Deps, actor: Actor, given: Given): Promise<void> {
  const sessionId = requireSession(actor);
  const user = await deps.admission.prisma.user.findUniqueOrThrow({ where: { id: actor.userId } });
  const wanted = user.totpConfirmedAt ? "code" : "password";
  if (!(wanted in given)) throw otherProof(wanted);
  const [limit, guesser] =
    "code" in given
      ? (["signInCode", `${actor.userId} confirm`] as const)
      : (["changePassword", sessionId] as const);
  await deps.limits.take(limit, guesser);
  const proved =
    "code" in given || (await isPassword(deps, { id: user.id, hash: user.passwordHash }, given.password));
  const confirmed = await transaction(deps.admission.prisma, async (tx) => {
    const right = proved && (!("code" in given) || (await takeCode(tx, deps.seal, user.id, given.code)));
    if (right) {
      await tx.$executeRaw`UPDATE session SET confirmed_at = statement_timestamp() WHERE id = ${sessionId}::uuid`;
    }
    const subject = { kind: "session", id: sessionId, name: user.name, projectId: null };
    const action = right ? "session.confirm" : "session.confirm-refused";
    await recordEvent(tx, { actor, subject, action });
    return Boolean(right);
  });
  deps.hints.publish("event");
  if (!confirmed) throw "code" in given ? codeWrong() : wrongPassword("password");
  await deps.limits.giveBack(limit, guesser);
}

async function isPassword(
  deps: Deps,
  { id, hash }: { id: string; hash: string | null },
  password: string,
): Promise<boolean> {
  return await deps.limits.passwords.run({ address: id, known: true }, () => verifyPassword(hash, password));
}

/** The page did not know that a second factor was turned on or off meanwhile. */
function otherProof(wanted: "code" | "password"): CloudError {
  const reason = { reason: wanted === "code" ? "secondFactorOn" : "secondFactorOff" };
  return new CloudError("InvalidState", `Prove who you are with your ${wanted}.`, reason);
}
