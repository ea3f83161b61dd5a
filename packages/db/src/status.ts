/**
 * The only writer of instance.status, task_state and power_state (invariant 3). Every transaction that changes an input
 * of the derivation calls it before it commits; a test recomputes all rows and expects no difference.
 */
import { publicError } from "@madang/core/errors";
import { type DerivedStatus, deriveStatus, type InstanceView } from "@madang/core/instance/status";
import type { Tx } from "./client.ts";
import type { Guest, Instance } from "./generated/client.ts";

export function instanceView(instance: Instance, guest: Guest | null): InstanceView {
  return {
    power: instance.power,
    generation: instance.generation,
    selfStoppedAt: instance.selfStoppedAt,
    rebootSeq: instance.rebootSeq,
    rebootKind: instance.rebootKind,
    deleteRequested: instance.deleteRequestedAt !== null,
    launched: instance.launchedAt !== null,
    fault: instance.fault === null ? null : publicError.parse(instance.fault),
    // A lost guest's last report says nothing any more.
    guest: guest?.lostAt ? null : guest,
  };
}

/** Recomputes and stores; answers what it is now, or null when the instance is gone. */
export async function writeStatus(tx: Tx, instanceId: string): Promise<DerivedStatus | null> {
  const instance = await tx.instance.findUnique({ where: { id: instanceId } });
  if (!instance) return null;
  const guest = instance.activeGuestId
    ? await tx.guest.findUnique({ where: { id: instance.activeGuestId } })
    : null;
  const derived = deriveStatus(instanceView(instance, guest));
  const { status, taskState, powerState } = derived;
  await tx.$executeRaw`UPDATE instance SET status = ${status}, task_state = ${taskState}, power_state = ${powerState},
    updated_at = now() WHERE id = ${instanceId}::uuid`;
  return derived;
}
