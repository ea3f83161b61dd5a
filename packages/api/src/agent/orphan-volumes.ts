/** What a hypervisor's word about volumes that nobody asked for makes of their rows, and of the orders to remove some of them. */
import { mostInReport, type ReportInput } from "@madang/core/wire/agent";
import type { OrphanVolume as Told } from "@madang/core/wire/volume";
import {
  appendEvent,
  type Hypervisor,
  lockHypervisor,
  type OrphanVolume,
  PrismaNamespace,
  type Tx,
  transaction,
  wake,
} from "@madang/db";
import { canonical } from "./canonical.ts";
import type { AgentDeps } from "./deps.ts";
import type { Peer } from "./peer.ts";

/**
 * An agent that cannot yet tell who is an orphan is not complete or says nothing of storage, and what was said before
 * stands. Most reports say what is known: those cost one read.
 */
export async function noteOrphanVolumes(deps: AgentDeps, peer: Peer, report: ReportInput): Promise<void> {
  const { storage, complete } = report;
  if (!complete || !storage) return;
  const told = new Map(storage.orphans.map((orphan) => [orphan.volumeId, orphan]));
  const { prisma } = deps.agents;
  const where = { hypervisorId: peer.hypervisorId };
  if (changesOf(await prisma.orphanVolume.findMany({ where }), told).isNone) return;
  const gone = await transaction(prisma, async (tx) => {
    await lockHypervisor(tx, peer.hypervisorId);
    const hypervisor = await tx.hypervisor.findUniqueOrThrow({ where: { id: peer.hypervisorId } });
    // A newer report was taken meanwhile.
    if (!isNewest(hypervisor, report)) return 0;
    return await settle(deps, tx, hypervisor, told);
  });
  if (gone > 0) deps.hints.publish("event", `hypervisor:${peer.hypervisorId}`);
}

/** Each run of an agent counts from the start. */
function isNewest({ agentStartedAt, reportSequence }: Hypervisor, report: ReportInput): boolean {
  const started = new Date(report.agentStartedAt).getTime();
  return agentStartedAt?.getTime() === started && reportSequence === BigInt(report.sequence);
}

type Changes = { fresh: Told[]; other: Told[]; gone: OrphanVolume[]; isNone: boolean };

/** Of more than fit in one report, those that are missing in it may still be there. */
function changesOf(rows: readonly OrphanVolume[], told: ReadonlyMap<string, Told>): Changes {
  const known = new Map(rows.map((row) => [row.volumeId, row]));
  const fresh = [...told.values()].filter(({ volumeId }) => !known.has(volumeId));
  const other = [...told.values()].filter((orphan) => {
    const row = known.get(orphan.volumeId);
    return row !== undefined && differs(row, orphan);
  });
  const gone = told.size < mostInReport ? rows.filter(({ volumeId }) => !told.has(volumeId)) : [];
  return { fresh, other, gone, isNone: fresh.length + other.length + gone.length === 0 };
}

function differs(row: OrphanVolume, { usedBytes, fault }: Told): boolean {
  return Number(row.usedBytes) !== usedBytes || canonical(row.fault) !== canonical(fault ?? null);
}

/** Answers how many are gone that were to go. */
async function settle(
  deps: AgentDeps,
  tx: Tx,
  hypervisor: Hypervisor,
  told: ReadonlyMap<string, Told>,
): Promise<number> {
  const hypervisorId = hypervisor.id;
  const { fresh, other, gone } = changesOf(await tx.orphanVolume.findMany({ where: { hypervisorId } }), told);
  await tx.orphanVolume.createMany({
    data: fresh.map((orphan) => ({ ...fieldsOf(orphan), hypervisorId, seenAt: deps.agents.now() })),
  });
  await wakeUnplaced(deps, tx, fresh);
  for (const { volumeId, ...orphan } of other.map(fieldsOf))
    await tx.orphanVolume.update({
      where: { hypervisorId_volumeId: { hypervisorId, volumeId } },
      data: orphan,
    });
  const volumeIds = gone.map(({ volumeId }) => volumeId);
  await tx.orphanVolume.deleteMany({ where: { hypervisorId, volumeId: { in: volumeIds } } });
  const ordered = gone.filter(({ removeRequestedAt }) => removeRequestedAt !== null);
  for (const { volumeId } of ordered) await recordRemoved(tx, hypervisor, volumeId);
  return ordered.length;
}

/** The database may be older than the volume's placing: its reconciler places it where it was found. */
async function wakeUnplaced(deps: AgentDeps, tx: Tx, fresh: readonly Told[]): Promise<void> {
  if (fresh.length === 0) return;
  const ids = fresh.map(({ volumeId }) => volumeId);
  const known = await tx.volume.findMany({
    where: { id: { in: ids }, hypervisorId: null },
    select: { id: true },
  });
  for (const { id } of known) await wake(deps.boss, tx, "volume", id);
}

function fieldsOf({ volumeId, usedBytes, fault }: Told) {
  return { volumeId, usedBytes: BigInt(usedBytes), fault: fault ?? PrismaNamespace.DbNull };
}

/** A volume that was named again did not go. */
async function recordRemoved(tx: Tx, { id, name }: Hypervisor, volumeId: string): Promise<void> {
  if ((await tx.volume.count({ where: { id: volumeId, hypervisorId: id } })) > 0) return;
  await appendEvent(tx, {
    actorKind: "hypervisor",
    actorId: id,
    actorName: name,
    resourceKind: "hypervisor",
    resourceId: id,
    resourceName: name,
    action: "orphan.volume-removed",
    result: "succeeded",
    params: { volumeId },
  });
}
