/** What becomes of an instance's ports: who must look when its guests move, and what is left when it is deleted. */
import { appendEvents, type FloatingIp, type NewEvent, type Tx } from "@madang/db";
import type { LoadedInstance } from "./instance.view.ts";
import { controllerActor } from "./record.ts";

/** Its ports belong elsewhere from now on: a wish of its own, which only a pass that knows of it fulfils. */
export async function askPortsAnew(tx: Tx, { row }: LoadedInstance): Promise<void> {
  if (row.ports.length === 0) return;
  await tx.port.updateMany({ where: { instanceId: row.id }, data: { generation: { increment: 1 } } });
}

/** After these a port belongs somewhere else, or nowhere. */
const moving = new Set(["place", "adopt", "drop-guest", "delete-instance"]);

/** Whether the network must look after these steps. */
export function movesPorts({ row }: LoadedInstance, steps: readonly string[]): boolean {
  return row.ports.length > 0 && steps.some((step) => moving.has(step));
}

/**
 * In the transaction that deletes the instance's row: what was made for it goes with its addresses, what its owner made
 * is free again, and floating IPs point to nothing.
 */
export async function releasePorts(tx: Tx, { row }: LoadedInstance): Promise<void> {
  if (row.ports.length === 0) return;
  const own = row.ports.filter((port) => port.deleteWithInstance).map(({ id }) => id);
  await disassociate(tx, row.name, own);
  await tx.port.deleteMany({ where: { id: { in: own } } });
  await tx.port.updateMany({
    where: { instanceId: row.id },
    data: { instanceId: null, owner: "none", position: 0, generation: { increment: 1 } },
  });
}

/** Of ports that go: one that stays keeps what it is reached by. */
async function disassociate(tx: Tx, instanceName: string, portIds: readonly string[]): Promise<void> {
  const where = { portId: { in: [...portIds] } };
  const found = await tx.floatingIp.findMany({ where });
  if (found.length === 0) return;
  await tx.floatingIp.updateMany({
    where,
    data: { portId: null, fixedAddress: null, routerId: null, generation: { increment: 1 } },
  });
  await appendEvents(
    tx,
    found.map((floatingIp) => disassociated(floatingIp, instanceName)),
  );
}

const disassociated = ({ id, projectId, address }: FloatingIp, instance: string): NewEvent => ({
  ...controllerActor,
  projectId,
  resourceKind: "floating_ip",
  resourceId: id,
  resourceName: address,
  action: "floating_ip.freed",
  result: "succeeded",
  params: { instance },
});
