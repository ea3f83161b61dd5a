/** What a hypervisor's word about its orphans says of the orders to destroy some of them. */
import type { Orphan } from "@madang/core/wire/agent";
import { appendEvent, type Hypervisor, type OrphanOrder, PrismaNamespace, type Tx } from "@madang/db";

/**
 * `orphans` are all there are. An order is carried out when they no longer tell of its guest; until then the reason why
 * it could not be is kept with it. Called with the hypervisor's row locked.
 */
export async function settleOrphanOrders(
  tx: Tx,
  hypervisor: Hypervisor,
  orphans: readonly Orphan[],
  now: Date,
): Promise<void> {
  const open = await tx.orphanOrder.findMany({ where: { hypervisorId: hypervisor.id, doneAt: null } });
  for (const order of open) {
    const still = orphans.find(({ guestId }) => guestId === order.guestId);
    if (still) await keepFault(tx, order, still.fault);
    else await finish(tx, hypervisor, order, now);
  }
}

async function keepFault(tx: Tx, order: OrphanOrder, fault: Orphan["fault"]): Promise<void> {
  if (fault === null && order.fault === null) return;
  await tx.orphanOrder.update({ where: { id: order.id }, data: { fault: fault ?? PrismaNamespace.DbNull } });
}

async function finish(tx: Tx, { id, name }: Hypervisor, order: OrphanOrder, now: Date): Promise<void> {
  await tx.orphanOrder.update({
    where: { id: order.id },
    data: { doneAt: now, fault: PrismaNamespace.DbNull },
  });
  await appendEvent(tx, {
    actorKind: "hypervisor",
    actorId: id,
    actorName: name,
    resourceKind: "hypervisor",
    resourceId: id,
    resourceName: name,
    action: "orphan.destroyed",
    result: "succeeded",
    params: { guest: order.name, guestId: order.guestId },
  });
}
