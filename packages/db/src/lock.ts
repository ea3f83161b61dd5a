/**
 * Row locks, always taken in this order: projects by id → instances by id → volumes by id → hypervisors by id. Whoever takes them
 * otherwise makes deadlocks possible. Projects and users are locked so that rows which only refer to them (FOR KEY SHARE) don't wait;
 * each other, changes and deletion they keep out.
 */
import type { Tx } from "./client.ts";
import { Prisma } from "./generated/client.ts";

/** null when there is no such project. */
export async function lockProject(tx: Tx, id: string): Promise<ProjectLock | null> {
  return (await lockProjects(tx, [id], "wait")).get(id) ?? null;
}

/**
 * As `lockProject`, for several. `whenLocked`: what becomes of a project that somebody else holds: it is waited for, or
 * missing in the answer as one that does not exist.
 */
export async function lockProjects(
  tx: Tx,
  ids: readonly string[],
  whenLocked: "wait" | "skip",
): Promise<Map<string, ProjectLock>> {
  const rows = await tx.$queryRaw<(ProjectLock & { id: string })[]>`
    SELECT id, name, enabled, delete_requested_at IS NOT NULL AS ending FROM project
    WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR NO KEY UPDATE ${orNot[whenLocked]}`;
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}

const orNot = { wait: Prisma.empty, skip: Prisma.raw("SKIP LOCKED") };

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

export async function lockVolume(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM volume WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}

export async function lockVolumes(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM volume WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`;
}

/** All that are attached to the instance, which is locked. */
export async function lockVolumesOf(tx: Tx, instanceId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM volume WHERE id IN
    (SELECT volume_id FROM volume_attachment WHERE instance_id = ${instanceId}::uuid) ORDER BY id FOR UPDATE`;
}

export async function lockHypervisor(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM hypervisor WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}
