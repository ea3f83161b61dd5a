import { CloudError } from "@madang/core/errors";
import { lockProject, type Tx } from "@madang/db";

/**
 * Locks the project for what makes or enlarges something in it. Throws NotFound when there is none or it is disabled,
 * InvalidState when its deletion was asked for. `field`: where in a form the project was chosen.
 */
export async function lockOpenProject(tx: Tx, id: string, field?: string): Promise<{ name: string }> {
  const project = await lockProject(tx, id);
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
