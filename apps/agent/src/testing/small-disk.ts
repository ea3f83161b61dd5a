/** A real file system of a few MiB for tests, that can be filled to the last byte and emptied again. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type SmallDisk = {
  path: string;
  /** Until nothing more fits. */
  fill: () => Promise<void>;
  free: () => void;
  close: () => void;
};

/** Mounting takes root, and more than a container's root. */
export const canMount = (() => {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "madang-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder]).status === 0;
  if (mounted) execFileSync("umount", [folder]);
  rmdirSync(folder);
  return mounted;
})();

export function openSmallDisk(mib: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), "madang-small-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m,mode=711`, "none", path]);
  const filler = join(path, "filler");
  return {
    path,
    fill: async () => {
      const file = await open(filler, "a");
      try {
        for (const bytes of [65_536, 4_096]) await writeUntilFull(file, Buffer.alloc(bytes, 1));
      } finally {
        await file.close();
      }
    },
    free: () => rmSync(filler, { force: true }),
    close: () => {
      execFileSync("umount", [path]);
      rmdirSync(path);
    },
  };
}

async function writeUntilFull(file: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<void> {
  for (;;) {
    try {
      await file.write(block);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOSPC") return;
      throw error;
    }
  }
}
