import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sshpk from "sshpk";
import { expect, test } from "vitest";
import { generateKey, parsePublicKey } from "./ssh-key.ts";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJg4t7nM5vv1D2xMXs4gAkR97MDmB/2FhPGDKZFwpsgY";

function rsa(modulusLength: number): string {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength });
  return sshpk.parseKey(publicKey.export({ type: "spki", format: "pem" }).toString(), "pem").toString("ssh");
}

function reasonOf(text: string): unknown {
  try {
    parsePublicKey(text);
  } catch (error) {
    return Reflect.get(Reflect.get(Object(error), "options"), "reason");
  }
  throw new Error("expected a refusal");
}

test("a good key is written anew: one line, its comment only what can't do harm", () => {
  expect(parsePublicKey(`  ${ed25519} mina@마당\n`)).toMatchObject({
    type: "ssh-ed25519",
    publicKey: `${ed25519} mina@마당`,
  });
  expect(parsePublicKey(`${ed25519} a\u202Eb\u0007c`).publicKey).toBe(`${ed25519} abc`);
  expect(parsePublicKey(ed25519).fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  expect(parsePublicKey(rsa(2048)).type).toBe("ssh-rsa");
});

test.each([
  [
    "a private key",
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    "publicKeyIsPrivate",
  ],
  ["two lines", `${ed25519}\n${ed25519}`, "publicKeyManyLines"],
  ["a second line with options", `${ed25519}\ncommand="rm -rf /" ${ed25519}`, "publicKeyManyLines"],
  ["options", `command="rm -rf /" ${ed25519}`, "publicKeyUnreadable"],
  ["weak RSA", rsa(1024), "publicKeyWeak"],
  ["too much", `${ed25519} ${"x".repeat(20_000)}`, "publicKeyTooLong"],
  ["half a key", ed25519.slice(0, 40), "publicKeyUnreadable"],
  ["another type than it says", ed25519.replace("ssh-ed25519", "ssh-rsa"), "publicKeyUnreadable"],
  ["DSA", "ssh-dss AAAAB3NzaC1kc3MAAACBAP", "publicKeyUnreadable"],
  ["a certificate", "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQ", "publicKeyUnreadable"],
  ["a sentence", "please let me in", "publicKeyUnreadable"],
  ["a NUL", `${ed25519} a\0b`, "publicKeyUnreadable"],
])("%s is refused", (_what, text, reason) => {
  expect(reasonOf(text)).toBe(reason);
});

test.each(["ed25519", "rsa"] as const)(
  "OpenSSH reads a generated %s key and finds the same public half",
  async (type) => {
    const key = await generateKey(type, "made here");
    const directory = mkdtempSync(join(tmpdir(), "madang-key-"));
    try {
      const file = join(directory, "key");
      writeFileSync(file, key.privateKey);
      chmodSync(file, 0o600);
      const [algorithm, body] = execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).split(
        " ",
      );
      expect(key.publicKey).toContain(`${algorithm} ${body?.trim()}`);
      expect(key.privateKey).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
