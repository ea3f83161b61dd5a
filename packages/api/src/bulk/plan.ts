/** What a bulk action will change, and why not the rest: by the same data as the single action's button. Pure. */
import { createHash } from "node:crypto";
import { actionBlocked } from "@madang/core/instance/action";
import { type BulkAction, bulkRules } from "@madang/core/operation/bulk";
import type { ScopedInstance } from "./scope.ts";

export type BulkPlan = {
  will: ScopedInstance[];
  /** By reason, a key of the catalogues; the commonest first. */
  wont: { reason: string; instances: ScopedInstance[] }[];
};

export function planBulk(action: BulkAction, instances: readonly ScopedInstance[]): BulkPlan {
  const will: ScopedInstance[] = [];
  const wont = new Map<string, ScopedInstance[]>();
  for (const instance of instances) {
    const reason = blocked(action, instance);
    if (reason === null) {
      will.push(instance);
      continue;
    }
    const same = wont.get(reason);
    if (same) same.push(instance);
    else wont.set(reason, [instance]);
  }
  const groups = [...wont].map(([reason, blockedOnes]) => ({ reason, instances: blockedOnes }));
  return { will, wont: groups.toSorted((a, b) => b.instances.length - a.instances.length) };
}

function blocked(action: BulkAction, instance: ScopedInstance): string | null {
  // Deleting softly what is so already would only begin its time anew.
  if (action === "softDelete" && instance.status === "SOFT_DELETED") return "softDeleted";
  // What never ran can't be restored: whoever asks for what can be taken back does not lose it for good.
  if (action === "softDelete" && instance.launchedAt === null) return "neverRan";
  return actionBlocked(bulkRules[action].action, instance);
}

/** The same for the same instances: whoever confirmed these confirmed no others. */
export function markOf(ids: readonly string[]): string {
  return createHash("sha256").update(ids.toSorted().join("\n")).digest("base64url");
}
