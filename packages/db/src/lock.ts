/**
 * Row locks, always taken in this order: projects by id → instances by id → hypervisors by id. Whoever takes them otherwise
 * makes deadlocks possible. Projects and users are locked so that rows which only refer to them (FOR KEY SHARE) don't wait;
 * each other, changes and deletion they keep out.
 */
import type { Tx } from "./client.ts";

/** null when there is no such project. */
export async function lockProject(tx: Tx, id: string): Promise<ProjectLock | null> {
  const [row] = await tx.$queryRaw<
    ProjectLock[]
  >`SELECT name, enabled, delete_requested_at IS NOT NULL AS ending
    FROM project WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  return row ?? null;
}

export type ProjectLock = { name: string; enabled: boolean; ending: boolean };

export async function lockUser(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM "user" WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  return rows.length === 1;
}

export async function lockInstance(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM instance WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}

/** In the order of their ids, which everybody who locks several must keep. */
export async function lockInstances(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM instance WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`;
}

export async function lockHypervisor(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM hypervisor WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}
