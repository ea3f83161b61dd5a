/** The serial log that virtlogd writes: the current file and one rotated, each at most 256 KiB. */
import { open } from "node:fs/promises";

/** What a viewer of the log gets at most: both files. */
export const logTailBytes = 512 * 1024;

/** The newest `limit` bytes over both files; empty when the guest never wrote any. */
export async function readSerialLog(path: string, limit = logTailBytes): Promise<Buffer> {
  const current = await readEnd(path, limit);
  const older = limit > current.length ? await readEnd(`${path}.0`, limit - current.length) : Buffer.alloc(0);
  return Buffer.concat([older, current]);
}

async function readEnd(path: string, limit: number): Promise<Buffer> {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (!handle) return Buffer.alloc(0);
  try {
    const { size } = await handle.stat();
    const wanted = Math.min(size, limit);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, size - wanted);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
