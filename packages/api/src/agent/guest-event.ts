import type { GuestReport } from "@madang/core/wire/guest";
import { appendEvent, type Guest, type Instance, type Tx } from "@madang/db";

/**
 * What people asked for, and a guest's own power-off, the controller tells when it is done. Only what nobody asked for
 * is told here: a guest that should run and died. Where it is to stay off then, the controller tells that too.
 */
export async function recordUnexpectedStop(
  tx: Tx,
  guest: Guest & { instance: Instance },
  report: GuestReport,
): Promise<void> {
  const died = guest.observed === "running" && report.observed === "stopped" && guest.desired === "running";
  const rebooting = guest.rebootSeq > report.rebootSeq || report.phase === "rebooting";
  const { id, name, projectId, crashPolicy } = guest.instance;
  if (
    crashPolicy === "stop" ||
    !died ||
    rebooting ||
    report.stopCause === "shutdown" ||
    report.generation !== guest.generation
  )
    return;
  await appendEvent(tx, {
    projectId,
    actorKind: "hypervisor",
    actorId: guest.hypervisorId,
    actorName: "hypervisor",
    resourceKind: "instance",
    resourceId: id,
    resourceName: name,
    action: "instance.stopped",
    result: "failed",
    params: { cause: report.stopCause ?? "unknown" },
  });
}
