/** What a report says of volumes: only the columns that are the agents' (schema.prisma, H), each volume in its own transaction. */
import type { ReportInput } from "@madang/core/wire/agent";
import type { VolumeReport } from "@madang/core/wire/volume";
import {
  PrismaNamespace,
  type Tx,
  transaction,
  type Volume,
  type VolumeSnapshot,
  wake,
  writeVolumeStatus,
} from "@madang/db";
import PQueue from "p-queue";
import { canonical } from "./canonical.ts";
import type { AgentDeps } from "./deps.ts";
import type { Peer } from "./peer.ts";
import { countsForGuest } from "./staleness.ts";

/** Transactions that one report may run at once. */
const atOnce = 2;

type Known = Volume & { snapshots: VolumeSnapshot[] };

export async function ingestVolumes(deps: AgentDeps, peer: Peer, report: ReportInput): Promise<void> {
  const said = new Map(report.volumes?.map((volume) => [volume.volumeId, volume]));
  if (said.size === 0) return;
  const rows = await deps.agents.prisma.volume.findMany({
    where: { hypervisorId: peer.hypervisorId, id: { in: [...said.keys()] } },
    include: { snapshots: true },
  });
  const known = new Map(rows.map((row) => [row.id, row]));
  const queue = new PQueue({ concurrency: atOnce });
  await queue.addAll(
    [...said.values()]
      .filter((volume) => isNews(known.get(volume.volumeId), volume))
      .map((volume) => () => ingestVolume(deps, peer, volume, report)),
  );
}

function fieldsOf(report: VolumeReport) {
  const { observed, generation, sizeBytes, usedBytes, phase, percent, fault } = report;
  return { observed, ackedGeneration: generation, sizeBytes, usedBytes, phase, percent, fault };
}

const numberOf = (value: bigint | null) => (value === null ? null : Number(value));

function knownFields(volume: Volume) {
  const { observed, ackedGeneration, phase, percent, hostFault } = volume;
  const sizes = { sizeBytes: numberOf(volume.observedSizeBytes), usedBytes: numberOf(volume.usedBytes) };
  return { observed, ackedGeneration, ...sizes, phase, percent, fault: hostFault };
}

function isNews(known: Known | undefined, report: VolumeReport): boolean {
  if (!known || !countsForGuest(known, report.generation)) return false;
  if (report.revertSeq > known.observedRevertSeq) return true;
  if (canonical(knownFields(known)) !== canonical(fieldsOf(report))) return true;
  return known.snapshots.some((snapshot) => snapshotNews(snapshot, report) !== null);
}

/** What is to be written of a snapshot; null: what is said is known. One that is not named is not judged. */
function snapshotNews(snapshot: VolumeSnapshot, report: VolumeReport) {
  const said = report.snapshots.find(({ snapshotId }) => snapshotId === snapshot.id);
  if (!said) return null;
  const { observed, quiesced, hostFault } = snapshot;
  const same =
    canonical([observed, quiesced, hostFault]) === canonical([said.observed, said.quiesced, said.fault]);
  return same ? null : said;
}

async function ingestVolume(
  deps: AgentDeps,
  { hypervisorId }: Peer,
  report: VolumeReport,
  whole: ReportInput,
): Promise<void> {
  const taken = await transaction(deps.agents.prisma, async (tx) => {
    if (!(await lockWithoutWaiting(tx, report.volumeId))) return null;
    const volume = await tx.volume.findUnique({
      where: { id: report.volumeId },
      include: { snapshots: true, attachments: { select: { instanceId: true } } },
    });
    if (!volume || volume.hypervisorId !== hypervisorId || !isNews(volume, report)) return null;
    if (!(await write(deps, tx, volume, report, whole))) return null;
    await writeVolumeStatus(tx, volume.id);
    await wake(deps.boss, tx, "volume", volume.id);
    for (const { instanceId } of volume.attachments) await wake(deps.boss, tx, "instance", instanceId);
    return volume;
  });
  if (!taken) return;
  deps.hints.publish("event", `touched:${taken.projectId}:volume:${taken.id}`);
  const { volumeId, generation, observed, phase } = report;
  deps.log.debug({ hypervisorId, volumeId, generation, observed, phase }, "volume reported");
}

/** As for guests: what a crashed server loses of a report the next one says again. */
async function lockWithoutWaiting(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT set_config('synchronous_commit', 'off', true) FROM volume WHERE id = ${id}::uuid FOR UPDATE`;
  return rows.length === 1;
}

/** false: a newer report was taken meanwhile, and what that one says must stand. */
async function write(
  deps: AgentDeps,
  tx: Tx,
  volume: Known,
  report: VolumeReport,
  { agentStartedAt, sequence }: ReportInput,
): Promise<boolean> {
  const { fault, sizeBytes, usedBytes, ...fields } = fieldsOf(report);
  const hypervisor = { agentStartedAt: new Date(agentStartedAt), reportSequence: BigInt(sequence) };
  const now = deps.agents.now();
  const { count } = await tx.volume.updateMany({
    where: { id: volume.id, hypervisor },
    data: {
      ...fields,
      observedSizeBytes: sizeBytes,
      usedBytes,
      made: volume.made || report.observed === "available",
      hostFault: fault ?? PrismaNamespace.DbNull,
      // Never back: an agent that forgot must not be asked to revert once more.
      observedRevertSeq: Math.max(volume.observedRevertSeq, report.revertSeq),
      reportedAt: now,
    },
  });
  if (count === 0) return false;
  for (const snapshot of volume.snapshots) {
    const said = snapshotNews(snapshot, report);
    if (!said) continue;
    const { observed, quiesced } = said;
    const takenAt = snapshot.takenAt ?? (observed === "available" ? now : null);
    const hostFault = said.fault ?? PrismaNamespace.DbNull;
    await tx.volumeSnapshot.update({
      where: { id: snapshot.id },
      data: { observed, quiesced, takenAt, hostFault },
    });
  }
  return true;
}
