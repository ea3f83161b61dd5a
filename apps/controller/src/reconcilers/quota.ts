/** Limits that have ended are told to the project. They counted no more from their moment on, told or not. */
import {
  appendEvent,
  type Database,
  type Hints,
  lockProject,
  projectsWithExpired,
  tidyExpired,
  transaction,
} from "@madang/db";
import { controllerActor } from "./record.ts";

export async function endExpiredLimits(database: Database, publish: Hints["publish"]): Promise<void> {
  for (const id of await projectsWithExpired(database)) {
    const told = await transaction(database.prisma, async (tx) => {
      const project = await lockProject(tx, id);
      // Another controller may have been here first.
      const expired = project ? await tidyExpired(tx, id) : [];
      if (!project || expired.length === 0) return false;
      await appendEvent(tx, {
        ...controllerActor,
        projectId: id,
        resourceKind: "quota",
        resourceId: id,
        resourceName: project.name,
        action: "quota.expired",
        result: "succeeded",
        params: { resources: expired.map(({ resource }) => resource).join(", ") },
        changes: Object.fromEntries(
          expired.map(({ resource, limit, afterwards }) => [resource, [limit, afterwards]]),
        ),
      });
      return true;
    });
    if (told) publish("event");
  }
}
