import { statfs } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import type { Inventory } from "@madang/core/wire/agent";

/** What the host has in all, before overcommit; the disk is the file system that holds the guests. */
export async function hostInventory(instancesDir: string): Promise<Inventory> {
  const processors = cpus();
  const { blocks, bsize } = await statfs(instancesDir);
  return {
    vcpus: Math.max(1, processors.length),
    ramMib: Math.floor(totalmem() / 1024 ** 2),
    diskGib: Math.floor((blocks * bsize) / 1024 ** 3),
    cpuModel: processors[0]?.model ?? "unknown",
    kernel: release(),
  };
}
