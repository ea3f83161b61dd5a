/**
 * Placement: rank without locks, then claim one hypervisor under its lock with its allocations summed again; the next
 * one on failure. So parallel launches may rank alike, but never take the same room twice.
 */
import type { PublicError } from "@madang/core/errors";
import { resourceClasses } from "@madang/core/hypervisor/capacity";
import { lockHypervisor, lockInstance, type Prisma, type Tx, transaction, writeStatus } from "@madang/db";
import { type Conditions, readConditions } from "../reconcilers/condition.ts";
import { type LoadedInstance, loadInstance } from "../reconcilers/instance.view.ts";
import { trackOperations } from "../reconcilers/operation.ts";
import { recordEvent } from "../reconcilers/record.ts";
import { placementRequest, readCandidate, readCandidates, wantedAmounts } from "./candidates.ts";
import { diagnose } from "./diagnosis.ts";
import { type Candidate, filterCandidates } from "./filters.ts";
import { rankCandidates } from "./weighers.ts";

export type Placement =
  | { kind: "placed"; hypervisorId: string }
  /** The instance is no longer what was planned for. */
  | { kind: "stale" }
  | { kind: "no-host"; diagnosis: PublicError };

export async function place(prisma: Prisma, loaded: LoadedInstance, now: Date): Promise<Placement> {
  const candidates = await readCandidates(prisma, now);
  const request = placementRequest(loaded.row, candidates);
  const result = filterCandidates(candidates, request);
  const lost: Candidate[] = [];
  for (const candidate of rankCandidates(result.passed, request.amounts)) {
    const claim = await transaction(prisma, (tx) => claimHypervisor(tx, loaded, candidate.id, now));
    if (claim === "claimed") return { kind: "placed", hypervisorId: candidate.id };
    if (claim === "stale") return { kind: "stale" };
    lost.push(candidate);
  }
  const removed = lost.length
    ? { ...result.removed, capacity: (result.removed.capacity ?? 0) + lost.length }
    : result.removed;
  const flavors = await prisma.flavor.findMany({ where: { enabled: true, isPublic: true } });
  const before = readConditions(loaded.row).Spawned?.message ?? null;
  return {
    kind: "no-host",
    diagnosis: diagnose(candidates, request, { passed: [], removed }, flavors, before),
  };
}

/** Locks in order (instance, then one hypervisor), looks again, and takes the room or says that it is gone. */
async function claimHypervisor(
  tx: Tx,
  planned: LoadedInstance,
  hypervisorId: string,
  now: Date,
): Promise<"claimed" | "full" | "stale"> {
  if (!(await lockInstance(tx, planned.row.id))) return "stale";
  const loaded = await loadInstance(tx, planned.row.id, now);
  if (!loaded || !isUnplaced(loaded, planned)) return "stale";
  if (!(await lockHypervisor(tx, hypervisorId))) return "full";
  const candidate = await readCandidate(tx, hypervisorId, now);
  if (!candidate) return "full";
  const request = placementRequest(loaded.row, [candidate]);
  if (filterCandidates([candidate], request).passed.length === 0) return "full";
  await insertGuest(tx, loaded, hypervisorId, now);
  return "claimed";
}

function isUnplaced({ row }: LoadedInstance, planned: LoadedInstance): boolean {
  const wanted = row.deleteRequestedAt === null && row.fault === null;
  return wanted && row.generation === planned.row.generation && row.guests.length === 0;
}

async function insertGuest(tx: Tx, { row }: LoadedInstance, hypervisorId: string, now: Date): Promise<void> {
  const id = crypto.randomUUID();
  const amounts = wantedAmounts(row);
  const allocations = resourceClasses.map((resourceClass) => ({
    resourceClass,
    hypervisorId,
    amount: amounts[resourceClass],
  }));
  await tx.guest.create({
    data: {
      id,
      instanceId: row.id,
      hypervisorId,
      desired: "stopped",
      instanceGeneration: row.generation,
      rebootSeq: row.rebootSeq,
      rebootKind: row.rebootKind,
      allocations: { create: allocations },
    },
  });
  const conditions: Conditions = { ...readConditions(row), Scheduled: { ok: true } };
  await tx.instance.update({ where: { id: row.id }, data: { activeGuestId: id, conditions } });
  const after = await loadInstance(tx, row.id, now);
  if (after) await trackOperations(tx, after, now);
  await recordEvent(tx, row, { action: "instance.scheduled", operation: after?.operations[0] });
  await writeStatus(tx, row.id);
}
