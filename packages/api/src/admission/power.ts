import type { RebootKind } from "@madang/core/wire/guest";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changeInstance, type InstanceRef, type Started } from "./change-instance.ts";

export function startInstance(deps: AdmissionDeps, actor: Actor, ref: InstanceRef): Promise<Started> {
  const desired = () => ({ power: "running" as const });
  return changeInstance(deps, actor, ref, { action: "start", kind: "instance.start", desired });
}

export function stopInstance(deps: AdmissionDeps, actor: Actor, ref: InstanceRef): Promise<Started> {
  const desired = () => ({ power: "stopped" as const });
  return changeInstance(deps, actor, ref, { action: "stop", kind: "instance.stop", desired });
}

export function rebootInstance(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  rebootKind: RebootKind,
): Promise<Started> {
  return changeInstance(deps, actor, ref, {
    action: rebootKind === "hard" ? "hardReboot" : "reboot",
    kind: "instance.reboot",
    params: { kind: rebootKind },
    // A guest may be further than its row: the row comes from a backup, and the guest lived on.
    desired: ({ rebootSeq }, guest) => ({
      rebootSeq: Math.max(rebootSeq, guest?.observedRebootSeq ?? 0) + 1,
      rebootKind,
    }),
  });
}
