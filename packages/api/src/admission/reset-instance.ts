import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { anyInstance } from "./any-instance.ts";
import { changeInstance, type Started } from "./change-instance.ts";

/**
 * An administrator's word that what went wrong is mended: the fault is forgotten and what was asked for is tried again,
 * on any hypervisor. Throws NotFound, InvalidState.
 */
export async function resetInstance(deps: AdmissionDeps, actor: Actor, id: string): Promise<Started> {
  const scheduleDeadline = new Date(deps.admission.now().getTime() + deps.scheduleTimeoutMs);
  return changeInstance(deps, actor, await anyInstance(deps, id), {
    action: "reset",
    kind: "instance.reset",
    desired: ({ resetSeq }) => ({ resetSeq: resetSeq + 1, scheduleDeadline }),
  });
}
