/** Public keys that people paste, and key pairs made for them. */

import { generateKeyPair } from "node:crypto";
import { CloudError } from "@madang/core/errors";
import sshpk from "sshpk";

export type PublicKey = { type: string; publicKey: string; fingerprint: string };

/** Nova's bound for a public key, bytes. */
const longest = 16_384;
const smallestRsaBits = 2_048;
const oneLine =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]+={0,3})(?: ([^\r\n\0]{0,255}))?$/;

/** One line of OpenSSH's format, checked and written anew. Throws InvalidInput with the reason. */
export function parsePublicKey(text: string): PublicKey {
  if (Buffer.byteLength(text) > longest) throw refused("publicKeyTooLong", "This key is too long.");
  if (/PRIVATE KEY/.test(text)) {
    throw refused(
      "publicKeyIsPrivate",
      "This is a private key. Keep it to yourself and paste the public one.",
    );
  }
  const line = text.trim();
  if (/[\r\n]/.test(line)) throw refused("publicKeyManyLines", "A public key is one line.");
  const [, algorithm, body, comment] = oneLine.exec(line) ?? [];
  if (algorithm === undefined || body === undefined) throw unreadable();
  const key = parse(`${algorithm} ${body}`);
  if (key.type === "dsa") throw refused("publicKeyWeak", "DSA keys are too weak.");
  if (key.type === "rsa" && key.size < smallestRsaBits) {
    throw refused("publicKeyWeak", `RSA keys need at least ${smallestRsaBits} bits.`);
  }
  const [type = "", encoded = ""] = key.toString("ssh").split(" ");
  if (type !== algorithm) throw unreadable();
  const publicKey = [type, encoded, printable(comment)].filter(Boolean).join(" ");
  return { type, publicKey, fingerprint: key.fingerprint("sha256").toString() };
}

/** The comment goes into cloud-init and a guest's authorized_keys: only what can't end a line or hide. */
function printable(comment = ""): string {
  return comment.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "").trim();
}

function parse(line: string): sshpk.Key {
  try {
    return sshpk.parseKey(line, "ssh");
  } catch (cause) {
    throw unreadable(cause);
  }
}

export type GeneratedKey = PublicKey & { privateKey: string };

/** ed25519, or RSA of 3072 bits; the private half in OpenSSH's own format. */
export function generateKey(type: "ed25519" | "rsa", comment: string): Promise<GeneratedKey> {
  const options = {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  } as const;
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _public: string, pem: string) => {
      if (error) return reject(error);
      const key = sshpk.parsePrivateKey(pem, "pem");
      key.comment = printable(comment);
      const publicKey = parsePublicKey(
        `${key.toPublic().toString("ssh").split(" ").slice(0, 2).join(" ")} ${key.comment}`,
      );
      resolve({ ...publicKey, privateKey: key.toString("ssh-private") });
    };
    if (type === "rsa") generateKeyPair("rsa", { modulusLength: 3_072, ...options }, done);
    else generateKeyPair("ed25519", options, done);
  });
}

function unreadable(cause?: unknown): CloudError {
  return refused(
    "publicKeyUnreadable",
    "This is not an OpenSSH public key (ssh-ed25519, ecdsa or ssh-rsa).",
    cause,
  );
}

function refused(reason: string, message: string, cause?: unknown): CloudError {
  return new CloudError("InvalidInput", message, { reason, field: "publicKey", cause });
}
