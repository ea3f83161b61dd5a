import { randomInt } from "node:crypto";
import { encrypt } from "unixcrypt";

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** crypt(3) SHA-512 with its default of 5000 rounds and 16 random characters of salt: what a guest's /etc/shadow takes. */
export function cryptPassword(password: string): string {
  const salt = Array.from({ length: 16 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return encrypt(password, `$6$${salt}`);
}
