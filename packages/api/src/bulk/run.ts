/** A bulk action asked for: one row for the whole and one for each part, in one transaction that locks no instance. */
import { CloudError } from "@madang/core/errors";
import { type BulkAction, bulkActionOf, bulkRules, notBegun } from "@madang/core/operation/bulk";
import { type Tx, transaction } from "@madang/db";
import { lockOpenProject } from "../admission/open-project.ts";
import { newOperations, recordEvent } from "../admission/record.ts";
import { claimIds } from "../admission/resource-id.ts";
import { authoriseGrants } from "../authorise.ts";
import type { Actor } from "../context.ts";
import type { ApiDeps } from "../deps.ts";
import { markOf, planBulk } from "./plan.ts";
import { type Asked, instancesIn } from "./scope.ts";

type Run = {
  id: string;
  projectId: string;
  action: BulkAction;
  ids: readonly string[];
  skipped: number;
  /** `markOf` those that somebody confirmed. */
  confirmed?: string | undefined;
};

/**
 * `id`: the operation's, by which it is the same however often it is sent. `confirmed`: the preview's mark; where it would
 * touch others by now it is refused. Throws Forbidden, InvalidInput, InvalidState (nothing of it would change), Conflict,
 * NotFound.
 */
export async function runBulk(
  deps: ApiDeps,
  actor: Actor,
  asked: Asked & { id: string; confirmed?: string | undefined },
): Promise<{ operationId: string }> {
  const { id, projectId, action, scope, confirmed } = asked;
  authoriseGrants(actor.grants, bulkRules[action].permission, projectId);
  const instances = await instancesIn(deps.reads, asked);
  const ids = planBulk(action, instances).will.map((instance) => instance.id);
  const mark = deps.seal.mark(JSON.stringify(["bulk", actor.userId, projectId, action, scope]));
  return await admit(
    deps,
    actor,
    { id, projectId, action, ids, skipped: instances.length - ids.length, confirmed },
    mark,
  );
}

/**
 * Those of its parts that failed and that nobody has tried again since, once more. What deletes for good is not repeated: it
 * would be confirmed by nobody. Throws as `runBulk`.
 */
export async function retryBulk(
  deps: ApiDeps,
  actor: Actor,
  { id, projectId, operationId }: { id: string; projectId: string; operationId: string },
): Promise<{ operationId: string }> {
  const { prisma } = deps.admission;
  const parent = await prisma.operation.findFirst({ where: { id: operationId, projectId } });
  if (!parent)
    throw new CloudError("NotFound", "There is no such operation.", { reason: "operationNotFound" });
  const action = bulkActionOf(parent.kind);
  if (!action || action === "delete") throw notBulk();
  authoriseGrants(actor.grants, bulkRules[action].permission, projectId);
  const failed = await prisma.$queryRaw<{ resourceId: string }[]>`
    SELECT o.resource_id AS "resourceId" FROM operation o WHERE o.parent_id = ${operationId}::uuid AND o.state = 'failed'
      AND NOT EXISTS (SELECT 1 FROM operation n
        WHERE n.resource_id = o.resource_id AND n.kind = o.kind AND n.created_at > o.created_at)`;
  const ids = failed.map(({ resourceId }) => resourceId);
  const mark = deps.seal.mark(JSON.stringify(["bulk-retry", actor.userId, projectId, operationId]));
  return await admit(deps, actor, { id, projectId, action, ids, skipped: 0 }, mark);
}

async function admit(
  deps: ApiDeps,
  actor: Actor,
  run: Run,
  bodyHash: string,
): Promise<{ operationId: string }> {
  const { id, projectId } = run;
  await deps.admissions.run(projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      const permitted = { ...actor, judged: { permission: bulkRules[run.action].permission, projectId } };
      const { name } = await lockOpenProject(tx, permitted, projectId);
      if ((await claimIds(tx, [{ id, kind: "operation", projectId, bodyHash }])) === "repeat") return;
      if (run.confirmed !== undefined && run.confirmed !== markOf(run.ids)) throw others();
      const count = await write(tx, actor, run, name);
      if (count === 0) throw nothing();
    }),
  );
  deps.hints.publish("event");
  return { operationId: id };
}

/** Answers how many parts it has. */
async function write(tx: Tx, actor: Actor, { id, projectId, action, ids, skipped }: Run, name: string) {
  const { kind, part } = bulkRules[action];
  const subject = { kind: "operation", id, name, projectId };
  const [parent] = newOperations(actor, kind, [subject], 1);
  if (!parent) throw nothing();
  await tx.operation.create({ data: { ...parent, id } });
  const count = await tx.$executeRaw`
    INSERT INTO operation (id, kind, project_id, actor_id, actor_name, request_id, parent_id, resource_kind, resource_id,
      resource_name, target_generation)
    SELECT gen_random_uuid(), ${part}, i.project_id, ${actor.userId}::uuid, ${actor.name}, ${actor.requestId}, ${id}::uuid,
      'instance', i.id, i.name, ${notBegun}
    FROM instance i WHERE i.project_id = ${projectId}::uuid AND i.id = ANY(${[...ids]}::uuid[])`;
  await recordEvent(tx, { actor, subject, action: kind, operationId: id, params: { count, skipped } });
  return count;
}

function others(): CloudError {
  return new CloudError(
    "Conflict",
    "Other instances would be touched by now than those that were confirmed.",
    {
      reason: "bulkChanged",
    },
  );
}

function nothing(): CloudError {
  return new CloudError("InvalidState", "None of these instances would change.", { reason: "bulkNothing" });
}

function notBulk(): CloudError {
  return new CloudError("InvalidState", "This operation can't be repeated.", {
    reason: "operationNotRepeatable",
  });
}
