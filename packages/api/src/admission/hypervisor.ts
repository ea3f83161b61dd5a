import { CloudError } from "@madang/core/errors";
import { type Hypervisor, lockHypervisor, type Tx, transaction, wakeAll } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changesOf, recordEvent } from "./record.ts";

/** Disabled: nothing new is placed there; what runs goes on. */
export async function setHypervisorEnabled(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  enabled: boolean,
  reason: string,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const hypervisor = await lockedHypervisor(tx, id);
    const disabledReason = enabled ? "" : reason;
    await tx.hypervisor.update({ where: { id }, data: { enabled, disabledReason } });
    const action = enabled ? "hypervisor.enabled" : "hypervisor.disabled";
    await recordEvent(tx, {
      actor,
      subject: hypervisorSubject(hypervisor),
      action,
      params: { reason: disabledReason },
      changes: changesOf(hypervisor, { enabled, disabledReason }, ["enabled", "disabledReason"]),
    });
  });
  deps.hints.publish("event", "capacity");
}

/** Its agent is refused from now on, for good; asked twice, it is the same. */
export async function revokeHypervisor(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const hypervisor = await lockedHypervisor(tx, id);
    if (hypervisor.revokedAt) return;
    const revokedAt = deps.admission.now();
    await tx.hypervisor.update({ where: { id }, data: { revokedAt, enabled: false } });
    await tx.certificate.updateMany({
      where: { kind: "hypervisor", subjectId: id, revokedAt: null },
      data: { revokedAt },
    });
    const volumes = await tx.volume.findMany({ where: { hypervisorId: id }, select: { id: true } });
    await wakeAll(
      deps.boss,
      tx,
      "volume",
      volumes.map((volume) => volume.id),
    );
    const changes = changesOf(hypervisor, { enabled: false }, ["enabled"]);
    await recordEvent(tx, {
      actor,
      subject: hypervisorSubject(hypervisor),
      action: "hypervisor.revoked",
      changes,
    });
  });
  deps.hints.publish("event", `hypervisor:${id}`);
}

/** Throws NotFound. */
export async function lockedHypervisor(tx: Tx, id: string): Promise<Hypervisor> {
  await lockHypervisor(tx, id);
  const hypervisor = await tx.hypervisor.findUnique({ where: { id } });
  if (!hypervisor)
    throw new CloudError("NotFound", "There is no such hypervisor.", { reason: "hypervisorNotFound" });
  return hypervisor;
}

export function hypervisorSubject({ id, name }: Hypervisor) {
  return { kind: "hypervisor", id, name, projectId: null };
}
