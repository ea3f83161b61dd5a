/** Secrets at rest: AES-256-GCM with a key that lives in a file outside the database. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from "node:crypto";

export type Seal = {
  /** `context` binds the sealed bytes to their place (e.g. `password:<instance id>`): moved elsewhere, they don't open. */
  close: (plain: Uint8Array, context: string) => Buffer;
  /** Throws when the bytes were altered, moved, or sealed with another key. */
  open: (sealed: Uint8Array, context: string) => Buffer;
  /** Keyed hash: equal texts give equal marks, and the mark gives nothing away without the key. */
  mark: (text: string) => string;
};

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** `key`: 32 bytes as hex. */
export function makeSeal(key: string): Seal {
  if (!/^[0-9a-f]{64}$/i.test(key)) throw new TypeError("the sealing key must be 32 bytes in hex");
  const sealing = derive(key, "seal");
  const marking = createSecretKey(derive(key, "mark"));
  return {
    close: (plain, context) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), body]);
    },
    open: (sealed, context) => {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== version || bytes.length < 1 + nonceBytes + tagBytes)
        throw new TypeError("not sealed by us");
      const nonce = bytes.subarray(1, 1 + nonceBytes);
      const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
      const decipher = createDecipheriv("aes-256-gcm", sealing, nonce)
        .setAAD(Buffer.from(context))
        .setAuthTag(tag);
      return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes + tagBytes)), decipher.final()]);
    },
    mark: (text) => createHmac("sha256", marking).update(text).digest("hex"),
  };
}

function derive(key: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", Buffer.from(key, "hex"), "madang", purpose, 32));
}
