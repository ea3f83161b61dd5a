import type { CrashPolicy } from "@madang/core/wire/guest";
import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { type InstanceRef, lockedInstance, requireAllowed, subjectOf } from "./change-instance.ts";
import { changesOf, recordEvent } from "./record.ts";

export type InstanceChanges = {
  name?: string | undefined;
  deleteProtection?: boolean | undefined;
  crashPolicy?: CrashPolicy | undefined;
};

/** None of it changes what a guest is now, so the generation stays. What is already so is not written again. */
export async function updateInstance(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  changes: InstanceChanges,
): Promise<void> {
  const hypervisors = await deps.admissions.run(ref.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(tx, actor, ref, changes)),
  );
  deps.hints.publish("event", ...hypervisors.map((id) => `hypervisor:${id}` as const));
}

/** Answers the hypervisors that must learn of it. */
async function admit(
  tx: Tx,
  actor: Actor,
  ref: InstanceRef,
  { name, deleteProtection, crashPolicy }: InstanceChanges,
): Promise<string[]> {
  const instance = await lockedInstance(tx, actor, ref);
  const subject = subjectOf(instance);
  if (name !== undefined && name !== instance.name) {
    await requireAllowed(tx, instance, "rename");
    await tx.instance.update({ where: { id: instance.id }, data: { name, updatedAt: new Date() } });
    const params = { from: instance.name, to: name };
    const changes = changesOf(instance, { name }, ["name"]);
    await recordEvent(tx, {
      actor,
      subject: { ...subject, name },
      action: "instance.rename",
      params,
      changes,
    });
  }
  if (deleteProtection !== undefined && deleteProtection !== instance.deleteProtection) {
    await requireAllowed(tx, instance, "protect");
    await tx.instance.update({
      where: { id: instance.id },
      data: { deleteProtection, updatedAt: new Date() },
    });
    const action = deleteProtection ? "instance.protect" : "instance.unprotect";
    const changes = changesOf(instance, { deleteProtection }, ["deleteProtection"]);
    await recordEvent(tx, { actor, subject: { ...subject, name: name ?? instance.name }, action, changes });
  }
  if (crashPolicy === undefined || crashPolicy === instance.crashPolicy) return [];
  await requireAllowed(tx, instance, "protect");
  await tx.instance.update({ where: { id: instance.id }, data: { crashPolicy, updatedAt: new Date() } });
  const renamed = { ...subject, name: name ?? instance.name };
  await recordEvent(tx, {
    actor,
    subject: renamed,
    action: "instance.crash-policy",
    params: { policy: crashPolicy },
    changes: changesOf(instance, { crashPolicy }, ["crashPolicy"]),
  });
  const guests = await tx.guest.findMany({ where: { instanceId: instance.id } });
  return guests.map(({ hypervisorId }) => hypervisorId);
}
