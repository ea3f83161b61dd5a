/** Whether a hypervisor may be trusted with work. Time comes in as an argument. */

/** An agent reports at least every 5 s; three missed reports and it counts as down. */
export const reportIntervalMs = 5_000;
export const downAfterMs = 15_000;

export type HypervisorView = {
  enabled: boolean;
  revokedAt: Date | null;
  fencedAt: Date | null;
  lastSeenAt: Date | null;
};
export const hypervisorStates = ["up", "disabled", "down", "fenced", "revoked", "joining"] as const;
export type HypervisorState = (typeof hypervisorStates)[number];

export function hypervisorState(hypervisor: HypervisorView, now: Date): HypervisorState {
  if (hypervisor.revokedAt) return "revoked";
  if (hypervisor.fencedAt) return "fenced";
  if (!hypervisor.lastSeenAt) return "joining";
  if (now.getTime() - hypervisor.lastSeenAt.getTime() > downAfterMs) return "down";
  return hypervisor.enabled ? "up" : "disabled";
}
