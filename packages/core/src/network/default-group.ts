/** The default security group is made with the first port that names no group, and counts as any other. */
import type { Usage } from "../quota/resource.ts";

/** OpenStack's: out to anybody and in from each other, by either family. */
export const defaultGroupUsage = { security_groups: 1, security_group_rules: 4 } as const satisfies Usage;

/** `chosen` null: no group was named. */
export function needsDefaultGroup(
  groups: readonly { isDefault: boolean }[],
  chosen: readonly string[] | null,
): boolean {
  return chosen === null && !groups.some(({ isDefault }) => isDefault);
}
