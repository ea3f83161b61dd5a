/** Whether a hypervisor may be trusted with work. Time comes in as an argument. */

/** An agent reports at least every 5 s; three missed reports and it counts as down. */
export const reportIntervalMs = 5_000;
export const downAfterMs = 15_000;

export type HypervisorView = {
  enabled: boolean;
  revokedAt: Date | null;
  fencedAt: Date | null;
  fencedBootId: string | null;
  bootId: string | null;
  lastSeenAt: Date | null;
};
export const hypervisorStates = ["up", "disabled", "down", "fenced", "revoked", "joining"] as const;
export type HypervisorState = (typeof hypervisorStates)[number];

/** A fence ends one boot of a host: with the next boot it is a hypervisor like any other. */
export function isFenced({
  fencedAt,
  fencedBootId,
  bootId,
}: Pick<HypervisorView, "fencedAt" | "fencedBootId" | "bootId">): boolean {
  return fencedAt !== null && bootId === fencedBootId;
}

export function hypervisorState(hypervisor: HypervisorView, now: Date): HypervisorState {
  if (hypervisor.revokedAt) return "revoked";
  if (isFenced(hypervisor)) return "fenced";
  if (!hypervisor.lastSeenAt) return "joining";
  if (now.getTime() - hypervisor.lastSeenAt.getTime() > downAfterMs) return "down";
  return hypervisor.enabled ? "up" : "disabled";
}
