/** Turning a person's second factor on and off. Until its first code was typed it counts for nothing. */
import { CloudError } from "@madang/core/errors";
import { lockUser, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { markRecoveryCode, newRecoveryCodes, newTotp, stepOf } from "../second-factor.ts";
import { recordEvent } from "./record.ts";

export type Begun = { secret: string; uri: string };

/** A new secret each time, until one is confirmed. Throws InvalidState when a second factor is on. */
export async function beginTotp(deps: AdmissionDeps, actor: Actor, host: string): Promise<Begun> {
  const { secret, uri, sealed } = newTotp(deps.seal, { id: actor.userId, name: actor.name }, host);
  await transaction(deps.admission.prisma, async (tx) => {
    await lockOwner(tx, actor.userId, false);
    const data = { totpSecretSealed: sealed, totpLastStep: 0n };
    await tx.user.update({ where: { id: actor.userId }, data });
  });
  return { secret, uri };
}

/** Answers the recovery codes, which are shown this once. Throws InvalidInput, InvalidState. */
export async function activateTotp(deps: AdmissionDeps, actor: Actor, code: string): Promise<string[]> {
  const codes = await transaction(deps.admission.prisma, async (tx) => {
    const sealed = await lockOwner(tx, actor.userId, false);
    const [{ now }] = await tx.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`;
    const step = sealed && stepOf(deps.seal, actor.userId, sealed, code.replace(/\s/g, ""), now);
    if (!step) throw codeWrong();
    await tx.user.update({
      where: { id: actor.userId },
      data: { totpConfirmedAt: now, totpLastStep: step },
    });
    await record(tx, actor, "user.totp-on");
    return await replaceRecoveryCodes(tx, deps, actor.userId);
  });
  deps.hints.publish("event");
  return codes;
}

/** Throws InvalidState when it is off. */
export async function disableTotp(deps: AdmissionDeps, actor: Actor): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await lockOwner(tx, actor.userId, true);
    await clearSecondFactor(tx, actor.userId);
    await record(tx, actor, "user.totp-off");
  });
  deps.hints.publish("event");
}

/** New ones; none of the old is good any more. Throws InvalidState when there is no second factor. */
export async function renewRecoveryCodes(deps: AdmissionDeps, actor: Actor): Promise<string[]> {
  const codes = await transaction(deps.admission.prisma, async (tx) => {
    await lockOwner(tx, actor.userId, true);
    await record(tx, actor, "user.recovery-codes");
    return await replaceRecoveryCodes(tx, deps, actor.userId);
  });
  deps.hints.publish("event");
  return codes;
}

/** The password alone lets in again. Who may do that to somebody else, and the event, are the caller's. */
export async function clearSecondFactor(tx: Tx, userId: string): Promise<void> {
  const off = { totpSecretSealed: null, totpConfirmedAt: null, totpLastStep: 0n };
  await tx.user.update({ where: { id: userId }, data: off });
  await tx.recoveryCode.deleteMany({ where: { userId } });
}

/** Answers the sealed secret, if there is one. Throws InvalidState when the second factor is not as it should be. */
async function lockOwner(tx: Tx, userId: string, on: boolean): Promise<string | null> {
  await lockUser(tx, userId);
  const user = await tx.user.findUniqueOrThrow({
    where: { id: userId },
    select: { totpSecretSealed: true, totpConfirmedAt: true },
  });
  if ((user.totpConfirmedAt !== null) === on) return user.totpSecretSealed;
  const reason = { reason: on ? "secondFactorOff" : "secondFactorOn" };
  throw new CloudError("InvalidState", "The second factor was changed meanwhile.", reason);
}

async function replaceRecoveryCodes(tx: Tx, { seal }: AdmissionDeps, userId: string): Promise<string[]> {
  const codes = newRecoveryCodes();
  await tx.recoveryCode.deleteMany({ where: { userId } });
  const data = codes.map((code) => ({ userId, codeHash: markRecoveryCode(seal, userId, code) }));
  await tx.recoveryCode.createMany({ data });
  return codes;
}

async function record(tx: Tx, actor: Actor, action: string): Promise<void> {
  const subject = { kind: "user", id: actor.userId, name: actor.name, projectId: null };
  await recordEvent(tx, { actor, subject, action });
}

export function codeWrong(): CloudError {
  return new CloudError("InvalidInput", "The code is not right, or was used before.", {
    reason: "codeWrong",
    field: "code",
  });
}
