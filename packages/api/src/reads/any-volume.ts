import type { Database } from "@madang/db";
import type { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { anyVolumeList, type VolumeItem, volumeClauses, type volumeFilter, volumeQuery } from "./volume.ts";

export type AnyVolumeItem = VolumeItem & { projectName: string; hypervisorName: string | null };

/** Of all projects, with where they are. */
export async function listAnyVolumes(
  database: Database,
  input: PageInput & { filter?: z.infer<typeof volumeFilter> },
): Promise<Page<AnyVolumeItem>> {
  const { items, ...page } = await listPage(
    database,
    volumeQuery(volumeClauses(input.filter, anyVolumeList)),
    input,
  );
  const ids = items.map(({ id }) => id);
  const rows = await database.prisma.volume.findMany({
    where: { id: { in: ids } },
    select: { id: true, project: { select: { name: true } }, hypervisor: { select: { name: true } } },
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const named = items.map((item) => ({
    ...item,
    projectName: byId.get(item.id)?.project.name ?? "",
    hypervisorName: byId.get(item.id)?.hypervisor?.name ?? null,
  }));
  return { ...page, items: named };
}
