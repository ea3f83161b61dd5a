/**
 * The end of a project. From the word on nothing is launched in it; the controller deletes what is there, and the row
 * last, while everybody who may look sees it as an operation.
 */
import { CloudError } from "@madang/core/errors";
import { type Tx, transaction, wake } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import type { Started } from "./change-instance.ts";
import { lockedProject, subjectOf } from "./project.ts";
import { createOperation, recordEvent } from "./record.ts";

/**
 * `name` is typed by hand, so that nobody deletes the wrong one. Asked twice, also when it is gone already, it is the same
 * deletion. Throws NotFound, InvalidInput.
 */
export async function deleteProject(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  name: string,
): Promise<Started> {
  const started = await deps.admissions.run(id, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, id, name)),
  );
  deps.hints.publish("event");
  return started;
}

async function admit(deps: AdmissionDeps, tx: Tx, actor: Actor, id: string, name: string): Promise<Started> {
  const found = await tx.project.count({ where: { id } });
  const gone = found === 0 ? await deletionOf(tx, id) : null;
  if (gone?.resourceName === name) return { operationId: gone.id };
  const project = await lockedProject(tx, id);
  if (name !== project.name)
    throw new CloudError("InvalidInput", "This is not the project's name.", {
      reason: "nameDiffers",
      field: "name",
    });
  const earlier = await deletionOf(tx, id);
  if (earlier) return { operationId: earlier.id };
  const generation = project.generation + 1;
  await tx.project.update({ where: { id }, data: { deleteRequestedAt: deps.admission.now(), generation } });
  const subject = subjectOf(project);
  const operationId = await createOperation(tx, actor, "project.delete", subject, generation);
  await recordEvent(tx, { actor, subject, action: "project.delete", operationId });
  await wake(deps.boss, tx, "project", id);
  return { operationId };
}

function deletionOf(tx: Tx, resourceId: string): Promise<{ id: string; resourceName: string } | null> {
  const where = { resourceId, kind: "project.delete" };
  return tx.operation.findFirst({ where, select: { id: true, resourceName: true } });
}
