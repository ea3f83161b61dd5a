import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { type InstanceRef, lockedInstance, requireAllowed, subjectOf } from "./change-instance.ts";
import { recordEvent } from "./record.ts";

export type InstanceChanges = { name?: string | undefined; deleteProtection?: boolean | undefined };

/** The guest does not learn of either, so the generation stays. What is already so is not written again. */
export async function updateInstance(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  changes: InstanceChanges,
): Promise<void> {
  await deps.admissions.run(ref.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(tx, actor, ref, changes)),
  );
  deps.hints.publish("event");
}

async function admit(
  tx: Tx,
  actor: Actor,
  ref: InstanceRef,
  { name, deleteProtection }: InstanceChanges,
): Promise<void> {
  const instance = await lockedInstance(tx, ref);
  const subject = subjectOf(instance);
  if (name !== undefined && name !== instance.name) {
    await requireAllowed(tx, instance, "rename");
    await tx.instance.update({ where: { id: instance.id }, data: { name, updatedAt: new Date() } });
    const params = { from: instance.name, to: name };
    await recordEvent(tx, { actor, subject: { ...subject, name }, action: "instance.rename", params });
  }
  if (deleteProtection !== undefined && deleteProtection !== instance.deleteProtection) {
    await requireAllowed(tx, instance, "protect");
    await tx.instance.update({
      where: { id: instance.id },
      data: { deleteProtection, updatedAt: new Date() },
    });
    const action = deleteProtection ? "instance.protect" : "instance.unprotect";
    await recordEvent(tx, { actor, subject: { ...subject, name: name ?? instance.name }, action });
  }
}
