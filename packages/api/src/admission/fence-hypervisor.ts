/**
 * An administrator's word that a hypervisor is powered off. The controller then gives its guests up, and their instances
 * are built anew elsewhere from their images: what was only on its disks is lost to them.
 */
import { CloudError } from "@madang/core/errors";
import { type HypervisorState, hypervisorState } from "@madang/core/hypervisor/state";
import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { hypervisorSubject, lockedHypervisor } from "./hypervisor.ts";
import { recordEvent } from "./record.ts";

/** `name` is typed by hand, so that nobody fences the wrong one. Asked twice, it is the same. Throws NotFound, InvalidInput, InvalidState. */
export async function fenceHypervisor(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  name: string,
): Promise<void> {
  await transaction(deps.admission.prisma, (tx) => admit(tx, actor, id, name, deps.admission.now()));
  deps.hints.publish("event", "capacity", `hypervisor:${id}`);
}

async function admit(tx: Tx, actor: Actor, id: string, name: string, now: Date): Promise<void> {
  const hypervisor = await lockedHypervisor(tx, id);
  if (name !== hypervisor.name)
    throw new CloudError("InvalidInput", "This is not the hypervisor's name.", {
      reason: "nameDiffers",
      field: "name",
    });
  const { fenceRequestedAt, fencedAt } = hypervisor;
  const isPending = fenceRequestedAt !== null && fenceRequestedAt.getTime() !== fencedAt?.getTime();
  const state = hypervisorState(hypervisor, now);
  if (isPending || state === "fenced") return;
  requireSilent(state);
  await tx.hypervisor.update({ where: { id }, data: { fenceRequestedAt: now } });
  await recordEvent(tx, { actor, subject: hypervisorSubject(hypervisor), action: "hypervisor.fence" });
}

/** Who reports is not powered off, whatever the administrator sees; who never did has nothing to give up. */
function requireSilent(state: HypervisorState): void {
  if (state === "down" || state === "revoked") return;
  if (state === "joining")
    throw new CloudError("InvalidState", "This hypervisor has never reported.", {
      reason: "hypervisorNeverSeen",
    });
  throw new CloudError("InvalidState", "This hypervisor still reports, so it is not powered off.", {
    reason: "hypervisorReports",
    retry: "later",
  });
}
