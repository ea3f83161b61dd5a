/**
 * What the agent keeps over a restart: files written whole or not at all, readable by nobody else. The saved snapshot
 * counts only in the boot in which it was fetched: after a boot nothing is started until the control plane was asked
 * again, for it may have fenced this hypervisor and started its guests elsewhere.
 */
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Snapshot, snapshot } from "@madang/core/wire/agent";
import { z } from "zod";

/** Linux makes it anew at each boot; it has the form of a UUID. */
export async function readBootId(path = "/proc/sys/kernel/random/boot_id"): Promise<string> {
  return z.uuid().parse((await readFile(path, "utf8")).trim());
}

export async function writePrivate(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

/** null when there is no such file. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

const savedSnapshot = z.object({ bootId: z.uuid(), snapshot });

/**
 * False when the disk is full. Then none is kept: an older one would bring back after a restart what has been deleted
 * since, and with none a restart asks first. What is fetched must be acted on all the same, for deletions make room.
 */
export async function saveSnapshot(directory: string, bootId: string, fetched: Snapshot): Promise<boolean> {
  const path = join(directory, "snapshot.json");
  try {
    await writePrivate(path, JSON.stringify({ bootId, snapshot: fetched }));
    return true;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    await rm(path, { force: true });
    return false;
  }
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** null when there is none from this boot, or it cannot be read. */
export async function loadSnapshot(directory: string, bootId: string): Promise<Snapshot | null> {
  const saved = await readJson(join(directory, "snapshot.json"), savedSnapshot);
  return saved?.bootId === bootId ? saved.snapshot : null;
}

/** null when the file is missing or is not what it should be: then the truth is fetched or observed again. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const content = await readIfThere(path);
  if (!content) return null;
  try {
    return schema.parse(JSON.parse(content.toString("utf8")));
  } catch {
    return null;
  }
}
