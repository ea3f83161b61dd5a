/** Which reports count. Pure: an old or reordered one must never overwrite what a newer one said. */
import { downAfterMs } from "@madang/core/hypervisor/state";

export type KnownRun = {
  bootId: string | null;
  agentStartedAt: Date | null;
  reportSequence: bigint;
  lastSeenAt: Date | null;
};
export type ReportRun = { bootId: string; agentStartedAt: Date; sequence: number };

/** null when the report counts, else why it is refused. */
export function staleReport(known: KnownRun, report: ReportRun, now: Date): string | null {
  if (!known.agentStartedAt) return null;
  const age = report.agentStartedAt.getTime() - known.agentStartedAt.getTime();
  if (age === 0) {
    if (report.bootId !== known.bootId) return "another boot of the same run";
    return BigInt(report.sequence) > known.reportSequence ? null : "an older report of this run";
  }
  if (age > 0) return null;
  // A host whose clock went back must get in again: once its last run is silent, nothing of that run is still on its way.
  const silentMs = now.getTime() - (known.lastSeenAt?.getTime() ?? 0);
  return silentMs > downAfterMs ? null : "a report of an older run";
}

export type KnownGuest = { generation: number; ackedGeneration: number };

/** An acknowledgement of what was never ordered, or older than the last one, does not count. */
export function countsForGuest(known: KnownGuest, generation: number): boolean {
  return generation <= known.generation && generation >= known.ackedGeneration;
}
