/** How long an image may become before its project's quota ends it. */
import { CloudError } from "@madang/core/errors";
import { mostImageBytes } from "@madang/core/image/format";
import { hugeImage } from "@madang/core/image/refusal";
import { type QuotaCount, quotaExcesses } from "@madang/core/quota/resource";
import { type Database, type Image, quotaLines, type Tx, transaction } from "@madang/db";

const mib = 1024 ** 2;

/** `refusal`: what is said of one that has more bytes. */
export type Room = { bytes: number; refusal: (bytes: number) => CloudError };

/** With what it takes already counted as free; to within a MiB, for quotas are counted in them. */
export async function roomOf({ prisma }: Pick<Database, "prisma">, image: Image): Promise<Room> {
  const count = await transaction(prisma, (tx) => sizeCount(tx, image));
  if (!count || count.limit < 0) return { bytes: mostImageBytes, refusal: () => hugeImage(mostImageBytes) };
  const own = Number(image.sizeBytes ?? image.uploadSizeBytes ?? image.uploadedBytes);
  const inUse = Math.max(0, Math.floor(count.inUse - own / mib));
  const bytes = Math.max(0, count.limit - inUse) * mib;
  if (bytes > mostImageBytes) return { bytes: mostImageBytes, refusal: () => hugeImage(mostImageBytes) };
  const others = { ...count, inUse };
  return { bytes, refusal: (asked) => excess(others, Math.max(Math.ceil(asked / mib), bytes / mib + 1)) };
}

/** Once it is counted itself. Throws QuotaExceeded. */
export async function requireRoom(tx: Tx, image: Image): Promise<void> {
  const count = await sizeCount(tx, image);
  if (!count || count.limit < 0 || count.inUse <= count.limit) return;
  throw excess({ ...count, inUse: count.limit }, count.inUse - count.limit);
}

async function sizeCount(tx: Tx, { projectId, userId }: Image): Promise<QuotaCount | undefined> {
  if (projectId === null) return undefined;
  // Whose key pairs are counted is all the same here.
  const lines = await quotaLines(tx, projectId, userId ?? projectId);
  return lines.find(({ resource }) => resource === "image_size");
}

function excess(count: QuotaCount, asked: number): CloudError {
  return new CloudError("QuotaExceeded", "The image is larger than the project's quota allows.", {
    reason: "quotaExceeded",
    params: { resources: "image_size" },
    quota: quotaExcesses([count], { image_size: asked }),
  });
}
