/** Disk space of the image store, for all imports of this process together: what they have yet to write is spoken for. */
import { statfs } from "node:fs/promises";
import { CloudError } from "@madang/core/errors";

/** What must remain free beside what is reserved, bytes. */
const spareBytes = 256 * 1024 ** 2;
const reservations = new Set<{ left: number }>();

export type Reservation = {
  /** Bytes that it has yet to write. */
  left: (bytes: number) => void;
  release: () => void;
};

/** Throws Unavailable when there is not as much. */
export async function reserveSpace(folder: string, bytes: number): Promise<Reservation> {
  const own = { left: bytes };
  reservations.add(own);
  const release = () => void reservations.delete(own);
  try {
    await requireSpare(folder);
  } catch (error) {
    release();
    throw error;
  }
  const left = (more: number) => {
    own.left = Math.max(0, more);
  };
  return { left, release };
}

/** Throws Unavailable when there is less than what is reserved and the spare. */
export async function requireSpare(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const reserved = [...reservations].reduce((sum, { left }) => sum + left, 0);
  if (bavail * bsize < reserved + spareBytes) throw storeFull();
}

const fullCodes = ["ENOSPC", "EDQUOT"];

/** What the disk says when there is no more of it, as our own error; anything else as it is. */
export function orStoreFull(error: unknown): unknown {
  const full = error instanceof Error && "code" in error && fullCodes.some((code) => code === error.code);
  return full ? storeFull(error) : error;
}

export const storeFullReason = "imageStoreFull";

export function storeFull(cause?: unknown): CloudError {
  return new CloudError("Unavailable", "The image store has no room for this image.", {
    reason: storeFullReason,
    retry: "later",
    cause,
  });
}
