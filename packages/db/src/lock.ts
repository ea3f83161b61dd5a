/**
 * Row locks, always taken in this order: projects by id → instance → hypervisors by id. Whoever takes them otherwise
 * makes deadlocks possible.
 */
import type { Tx } from "./client.ts";

/** false when there is no such row. */
export async function lockProject(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM project WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}

export async function lockUser(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM "user" WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}

export async function lockInstance(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM instance WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}

export async function lockHypervisor(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM hypervisor WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}
