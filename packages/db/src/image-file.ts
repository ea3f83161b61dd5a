import type { Tx } from "./client.ts";

/** Whoever gives a file of the image store its row, and whoever takes a file away, does it under this lock. */
export async function lockImageFile(tx: Tx, sha256: string): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`image-file:${sha256}`}, 0))::text`;
}
