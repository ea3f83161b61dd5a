import { createHash } from "node:crypto";
import type { Seal } from "../seal.ts";

/** `sha256` is of the plain bytes: by it the agent asks for them, once. */
export function sealUserData(
  seal: Seal,
  instanceId: string,
  text: string,
): { sha256: string; bytes: Uint8Array<ArrayBuffer> } {
  const plain = Buffer.from(text, "utf8");
  const sha256 = createHash("sha256").update(plain).digest("hex");
  return { sha256, bytes: new Uint8Array(seal.close(plain, `user-data:${instanceId}`)) };
}

export function openUserData(seal: Seal, instanceId: string, sealed: Uint8Array): Buffer {
  return seal.open(sealed, `user-data:${instanceId}`);
}
