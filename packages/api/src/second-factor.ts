/**
 * Codes that prove who somebody is beside his password: RFC 6238's (six digits, 30 s, SHA-1), each taken once, and
 * recovery codes for whoever lost what makes them.
 */
import { randomInt } from "node:crypto";
import type { Tx } from "@madang/db";
import { Secret, TOTP } from "otpauth";
import type { Seal } from "./seal.ts";

const secretBytes = 20;
/** Steps before and after the present one that still count: clocks of phones differ by some seconds. */
const window = 1;
/** Without those that are mistaken for another. */
const letters = "ABCDEFGHJKMNPQRSTVWXYZ23456789";
const recoveryCodes = 10;
const lettersPerHalf = 5;

type Owner = { id: string; name: string };
export type NewTotp = { secret: string; uri: string; sealed: string };
export type Proof = "code" | "recovery";

/** `host`: where the cloud is, so that the phone's list tells two of them apart. */
export function newTotp(seal: Seal, { id, name }: Owner, host: string): NewTotp {
  const secret = new Secret({ size: secretBytes });
  const uri = new TOTP({ issuer: "Madang", label: `${name}@${host}`, secret }).toString();
  const sealed = seal.close(new Uint8Array(secret.buffer), contextOf(id)).toString("base64");
  return { secret: secret.base32, uri, sealed };
}

function contextOf(userId: string): string {
  return `totp:${userId}`;
}

/** The time step that the code is of; null when it is of none around `now`. */
export function stepOf(seal: Seal, userId: string, sealed: string, code: string, now: Date): bigint | null {
  const opened = seal.open(Buffer.from(sealed, "base64"), contextOf(userId));
  const totp = new TOTP({ secret: new Secret({ buffer: new Uint8Array(opened).buffer }) });
  const timestamp = now.getTime();
  const delta = totp.validate({ token: code, timestamp, window });
  return delta === null ? null : BigInt(totp.counter({ timestamp }) + delta);
}

/** Each of 49 random bits. */
export function newRecoveryCodes(): string[] {
  const half = () =>
    Array.from({ length: lettersPerHalf }, () => letters[randomInt(letters.length)]).join("");
  return Array.from({ length: recoveryCodes }, () => `${half()}-${half()}`);
}

/** Keyed, for so few bits could be tried out by whoever has only the database. */
export function markRecoveryCode(seal: Seal, userId: string, code: string): string {
  return seal.mark(JSON.stringify(["recovery", userId, plain(code)]));
}

/** As it is told apart, however it was typed. */
function plain(code: string): string {
  return code.replace(/[\s-]/g, "").toUpperCase();
}

type Totp = { sealed: string; now: Date };

/**
 * Uses the code up; null when it is wrong, was used before, or is older than one that was. The time is the database's,
 * and of two transactions that bring the same code one gets it.
 */
export async function takeCode(tx: Tx, seal: Seal, userId: string, typed: string): Promise<Proof | null> {
  const code = plain(typed);
  if (!/^\d{6}$/.test(code)) return (await takeRecoveryCode(tx, seal, userId, code)) ? "recovery" : null;
  const [totp] = await tx.$queryRaw<Totp[]>`
    SELECT totp_secret_sealed AS sealed, clock_timestamp() AS now FROM "user"
    WHERE id = ${userId}::uuid AND totp_confirmed_at IS NOT NULL AND totp_secret_sealed IS NOT NULL`;
  const step = totp && stepOf(seal, userId, totp.sealed, code, totp.now);
  if (!step) return null;
  const taken = await tx.$executeRaw`
    UPDATE "user" SET totp_last_step = ${step} WHERE id = ${userId}::uuid AND totp_last_step < ${step}`;
  return taken === 1 ? "code" : null;
}

async function takeRecoveryCode(tx: Tx, seal: Seal, userId: string, code: string): Promise<boolean> {
  const taken = await tx.$executeRaw`
    UPDATE recovery_code SET used_at = statement_timestamp()
    WHERE user_id = ${userId}::uuid AND code_hash = ${markRecoveryCode(seal, userId, code)} AND used_at IS NULL`;
  return taken === 1;
}
