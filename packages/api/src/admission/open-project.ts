import { CloudError } from "@madang/core/errors";
import { lockProject, type ProjectLock, type Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import { requireStill } from "./still.ts";

/**
 * Locks the project for what makes or enlarges something in it, and judges the actor again. Throws NotFound when there is
 * no project or it is disabled, InvalidState when its deletion was asked for, and what `requireStill` throws. `field`:
 * where in a form the project was chosen.
 */
export async function lockOpenProject(
  tx: Tx,
  actor: Actor,
  id: string,
  field?: string,
): Promise<{ name: string }> {
  const project = await lockProject(tx, id);
  await requireStill(tx, actor);
  return requireOpen(project, field);
}

/** As `lockOpenProject`, of a project that is locked. */
export function requireOpen(project: ProjectLock | null | undefined, field?: string): ProjectLock {
  const at = field === undefined ? {} : { field };
  if (!project?.enabled)
    throw new CloudError("NotFound", "There is no such project.", { reason: "projectNotFound", ...at });
  if (project.ending)
    throw new CloudError("InvalidState", "This project is being deleted.", {
      reason: "projectEnding",
      ...at,
    });
  return project;
}
