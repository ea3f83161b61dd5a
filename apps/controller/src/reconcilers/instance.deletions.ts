/** Deletions of instances that nobody asks for one by one: with their project, or when the time to restore them is over. */
import {
  appendEvents,
  type Instance,
  lockInstances,
  type Operation,
  type PgBoss,
  type PrismaNamespace,
  type Tx,
  wakeAll,
  writeStatus,
} from "@madang/db";
import { controllerActor } from "./record.ts";

/** One transaction's share: others wait for these locks. */
const share = 100;

/** `parent`: whose actor and request they are, and under which each gets an operation; null: the controller's own. */
export type Ask = { parent: Operation | null; now: Date };

/** Of those that `which` holds for and that are not being deleted yet. Answers how many it asked for, at most a share. */
export async function askDeletions(
  tx: Tx,
  boss: PgBoss,
  which: PrismaNamespace.InstanceWhereInput,
  { parent, now }: Ask,
): Promise<number> {
  const where = { ...which, deleteRequestedAt: null };
  const query = { where, select: { id: true }, orderBy: { id: "asc" }, take: share } as const;
  const found = (await tx.instance.findMany(query)).map(({ id }) => id);
  await lockInstances(tx, found);
  // Restored or deleted by somebody else while the locks were waited for.
  const instances = await tx.instance.findMany({ where: { ...where, id: { in: found } } });
  const ids = instances.map(({ id }) => id);
  await tx.instance.updateMany({
    where: { id: { in: ids } },
    data: { deleteRequestedAt: now, generation: { increment: 1 } },
  });
  for (const id of ids) await writeStatus(tx, id);
  await recordOrders(tx, parent, instances);
  await wakeAll(boss, tx, "instance", ids);
  return ids.length;
}

async function recordOrders(tx: Tx, parent: Operation | null, instances: readonly Instance[]): Promise<void> {
  const orders = instances.map((instance) => ({ operationId: crypto.randomUUID(), instance }));
  const actor = {
    actorId: parent?.actorId ?? null,
    actorName: parent?.actorName ?? controllerActor.actorName,
  };
  await tx.operation.createMany({
    data: orders.map(({ operationId, instance }) => ({
      id: operationId,
      kind: "instance.delete",
      projectId: instance.projectId,
      ...actor,
      requestId: parent?.requestId ?? "",
      parentId: parent?.id ?? null,
      resourceKind: "instance",
      resourceId: instance.id,
      resourceName: instance.name,
      targetGeneration: instance.generation + 1,
    })),
  });
  await appendEvents(
    tx,
    orders.map(({ operationId, instance }) => ({
      actorKind: parent?.actorId ? "user" : controllerActor.actorKind,
      ...actor,
      projectId: instance.projectId,
      resourceKind: "instance",
      resourceId: instance.id,
      resourceName: instance.name,
      action: "instance.delete",
      result: "accepted",
      requestId: parent?.requestId ?? null,
      operationId,
      params: {},
    })),
  );
}
