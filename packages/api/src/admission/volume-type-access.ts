/** Which projects may choose a volume type that is not public. */
import { CloudError } from "@madang/core/errors";
import type { Tx, VolumeType } from "@madang/db";

type Set = { changed: boolean; changes: { projectsAdded?: number; projectsRemoved?: number } };

/**
 * Exactly these; undefined: those it has. A public type is everybody's and has none. Call it with the type locked.
 * Throws InvalidInput for a project that is not there.
 */
export async function setTypeProjects(
  tx: Tx,
  { id: volumeTypeId, public: isPublic }: VolumeType,
  projectIds: readonly string[] | undefined,
): Promise<Set> {
  if (projectIds === undefined && !isPublic) return { changed: false, changes: {} };
  const wanted = [...new Set(isPublic ? [] : projectIds)];
  await requireProjects(tx, wanted);
  const gone = { volumeTypeId, projectId: { notIn: wanted } };
  const { count: projectsRemoved } = await tx.volumeTypeProject.deleteMany({ where: gone });
  const data = wanted.map((projectId) => ({ volumeTypeId, projectId }));
  const { count: projectsAdded } = await tx.volumeTypeProject.createMany({ data, skipDuplicates: true });
  const changed = projectsAdded + projectsRemoved > 0;
  return { changed, changes: changed ? { projectsAdded, projectsRemoved } : {} };
}

/** None of them goes before this transaction ends. */
async function requireProjects(tx: Tx, ids: readonly string[]): Promise<void> {
  const found = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM project WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR KEY SHARE`;
  if (found.length === ids.length) return;
  throw new CloudError("InvalidInput", "There is no such project.", {
    reason: "projectNotFound",
    field: "projectIds",
  });
}
