/**
 * A deletion that waits for nobody who does not answer: whatever is left on such a hypervisor shows up as an orphan. It
 * ignores delete protection, and hastens a deletion that is under way already.
 */
import { type Tx, transaction, wake, writeStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { anyInstance } from "./any-instance.ts";
import { type InstanceRef, lockedInstance, type Started, subjectOf } from "./change-instance.ts";
import { deletion } from "./delete-instance.ts";
import { createOperation, recordEvent } from "./record.ts";

/** Asked twice, it is the same deletion. Throws NotFound. */
export async function forceDeleteInstance(deps: AdmissionDeps, actor: Actor, id: string): Promise<Started> {
  const ref = await anyInstance(deps, id);
  const started = await deps.admissions.run(ref.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, ref)),
  );
  deps.hints.publish("event");
  return started;
}

async function admit(deps: AdmissionDeps, tx: Tx, actor: Actor, ref: InstanceRef): Promise<Started> {
  const instance = await lockedInstance(tx, actor, ref);
  const earlier = await deletion(tx, instance);
  if (earlier && instance.forceDeleteRequestedAt) return earlier;
  const generation = instance.generation + 1;
  const now = deps.admission.now();
  const deleteRequestedAt = instance.deleteRequestedAt ?? now;
  await tx.instance.update({
    where: { id: instance.id },
    data: { deleteRequestedAt, forceDeleteRequestedAt: now, generation },
  });
  await writeStatus(tx, instance.id);
  const subject = subjectOf(instance);
  const operationId =
    earlier?.operationId ?? (await createOperation(tx, actor, "instance.delete", subject, generation));
  await recordEvent(tx, { actor, subject, action: "instance.force-delete", operationId });
  await wake(deps.boss, tx, "instance", instance.id);
  return { operationId };
}
