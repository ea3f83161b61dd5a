/** Limits that have ended are told to the project. They counted no more from their moment on, told or not. */
import {
  appendEvent,
  type Database,
  type Hints,
  lockProject,
  projectsWithExpired,
  type Tx,
  tidyExpired,
  transaction,
} from "@madang/db";
import { controllerActor } from "./record.ts";

/** One project that is busy keeps no other waiting. Throws AggregateError after all of them. */
export async function endExpiredLimits(database: Database, publish: Hints["publish"]): Promise<void> {
  const failures: unknown[] = [];
  for (const id of await projectsWithExpired(database)) {
    const ending = transaction(database.prisma, (tx) => endExpired(tx, id));
    const told = await ending.catch((error: unknown) => {
      failures.push(error);
      return false;
    });
    if (told) publish("event");
  }
  if (failures.length > 0) throw new AggregateError(failures, "limits that have expired were not tidied");
}

/** False when another controller was here first. */
async function endExpired(tx: Tx, id: string): Promise<boolean> {
  const project = await lockProject(tx, id);
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
}
