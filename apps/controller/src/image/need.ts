/** Files of the store: who needs one. They come and go under lockImageFile. */
import { lockImageFile, type Prisma, type Tx, transaction } from "@madang/db";
import type { ImageFolder } from "./folder.ts";

/** An instance and a volume keep the file that they were made of, for an agent may have to fetch it again. */
async function isNeeded(tx: Tx, sha256: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ needed: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM image WHERE sha256 = ${sha256})
      OR EXISTS (SELECT 1 FROM instance WHERE image_source->>'sha256' = ${sha256})
      OR EXISTS (SELECT 1 FROM volume WHERE image_source->>'sha256' = ${sha256}) AS needed`;
  return row?.needed ?? true;
}

/** True when nobody needed it and it is gone. */
export async function removeUnneeded(prisma: Prisma, folder: ImageFolder, sha256: string): Promise<boolean> {
  return await transaction(prisma, async (tx) => {
    await lockImageFile(tx, sha256);
    if (await isNeeded(tx, sha256)) return false;
    await folder.forget(sha256);
    return true;
  });
}
