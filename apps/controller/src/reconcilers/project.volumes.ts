/** What a project's end does to its volumes, once no instance is left that has one. */
import { lockVolumes, type PgBoss, type Tx, wakeAll, writeVolumeStatus } from "@madang/db";
import type { LoadedProject } from "./project.view.ts";

/** One transaction's share: others wait for these locks. */
const share = 100;

export async function countVolumes(
  tx: Pick<Tx, "volume">,
  projectId: string,
): Promise<{ volumes: number; unaskedVolumes: number }> {
  return {
    volumes: await tx.volume.count({ where: { projectId } }),
    unaskedVolumes: await tx.volume.count({ where: { projectId, deleteRequestedAt: null } }),
  };
}

/** Protected or not, with their snapshots: whoever asked for the project's end was told. */
export async function askVolumes(tx: Tx, boss: PgBoss, { row, now }: LoadedProject): Promise<void> {
  const found = await tx.volume.findMany({
    where: { projectId: row.id, deleteRequestedAt: null },
    select: { id: true },
    orderBy: { id: "asc" },
    take: share,
  });
  const ids = found.map(({ id }) => id);
  await lockVolumes(tx, ids);
  await tx.volume.updateMany({
    where: { id: { in: ids }, projectId: row.id, deleteRequestedAt: null },
    data: { deleteRequestedAt: now, generation: { increment: 1 } },
  });
  for (const id of ids) await writeVolumeStatus(tx, id);
  await wakeAll(boss, tx, "volume", ids);
}
