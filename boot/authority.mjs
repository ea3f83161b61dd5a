import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** SHA-256 of the CA certificate's DER, lower-case hex: what an agent compares before it trusts the CA. */
export function fingerprintOf(pemFile) {
  const { raw } = new X509Certificate(readFileSync(pemFile));
  return createHash("sha256").update(raw).digest("hex");
}
