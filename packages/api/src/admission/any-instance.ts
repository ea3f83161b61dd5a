/** An administrator names an instance by its id alone, whatever project it is in. */
import type { AdmissionDeps } from "../deps.ts";
import { instanceNotFound } from "../reads/instance.ts";
import type { InstanceRef } from "./change-instance.ts";

/** Throws NotFound. */
export async function anyInstance({ admission }: AdmissionDeps, id: string): Promise<InstanceRef> {
  const row = await admission.prisma.instance.findUnique({ where: { id }, select: { projectId: true } });
  if (!row) throw instanceNotFound();
  return { id, projectId: row.projectId };
}
