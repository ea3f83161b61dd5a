/**
 * The only writer of instance.status, task_state and power_state (invariant 3). Every transaction that changes an input
 * of the derivation calls it before it commits; a test recomputes all rows and expects no difference.
 */
import { publicError } from "@madang/core/errors";
import {
  type DerivedStatus,
  deriveStatus,
  type GuestView,
  type InstanceView,
} from "@madang/core/instance/status";
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
    softDeleted: instance.reclaimAt !== null,
    launched: instance.launchedAt !== null,
    fault: instance.fault === null ? null : publicError.parse(instance.fault),
    // A lost guest's last report says nothing any more.
    guest: guest?.lostAt ? null : guest,
  };
}

type Inputs = Omit<InstanceView, "fault" | "guest"> & { fault: unknown } & {
  [K in keyof GuestView as `guest_${K}`]: GuestView[K] | null;
};

/** Recomputes and stores; answers what it is now, or null when the instance is gone. */
export async function writeStatus(tx: Tx, instanceId: string): Promise<DerivedStatus | null> {
  const [row] = await tx.$queryRaw<Inputs[]>`
    SELECT i.power::text AS power, i.generation, i.self_stopped_at AS "selfStoppedAt", i.reboot_seq AS "rebootSeq",
      i.reboot_kind::text AS "rebootKind", i.delete_requested_at IS NOT NULL AS "deleteRequested",
      i.reclaim_at IS NOT NULL AS "softDeleted",
      i.launched_at IS NOT NULL AS launched, i.fault, g.desired::text AS guest_desired, g.generation AS guest_generation,
      g.acked_generation AS "guest_ackedGeneration", g.observed::text AS guest_observed,
      g.observed_reboot_seq AS "guest_observedRebootSeq", g.stop_cause AS "guest_stopCause", g.phase AS guest_phase
    FROM instance i LEFT JOIN guest g ON g.id = i.active_guest_id AND g.lost_at IS NULL WHERE i.id = ${instanceId}::uuid`;
  if (!row) return null;
  const fault = row.fault === null ? null : publicError.parse(row.fault);
  const derived = deriveStatus({ ...row, fault, guest: guestOf(row) });
  const { status, taskState, powerState } = derived;
  await tx.$executeRaw`UPDATE instance SET status = ${status}, task_state = ${taskState}, power_state = ${powerState},
    updated_at = now() WHERE id = ${instanceId}::uuid`;
  return derived;
}

function guestOf(row: Inputs): GuestView | null {
  const { guest_desired: desired, guest_observed: observed } = row;
  if (desired === null || observed === null) return null;
  return {
    desired,
    observed,
    generation: row.guest_generation ?? 0,
    ackedGeneration: row.guest_ackedGeneration ?? 0,
    observedRebootSeq: row.guest_observedRebootSeq ?? 0,
    stopCause: row.guest_stopCause,
    phase: row.guest_phase,
  };
}
