/** A volume's rows as its plan sees them. */
import { type HypervisorView, hypervisorState } from "@madang/core/hypervisor/state";
import { isVolumeSettled, volumeFault } from "@madang/core/volume/status";
import {
  type Operation,
  snapshotView,
  type Tx,
  type Volume,
  type VolumeSnapshot,
  volumeView,
} from "@madang/db";
import { foundAt } from "./volume.found.ts";
import type { SnapshotFacts, VolumeFacts } from "./volume.plan.ts";

type VolumeRow = Volume & { snapshots: VolumeSnapshot[]; hypervisor: HypervisorView | null };
export type LoadedVolume = { row: VolumeRow; facts: VolumeFacts; operations: Operation[]; now: Date };

type Reads = Pick<Tx, "volume" | "volumeSnapshot" | "operation" | "orphanVolume">;

/** Its instance ends these. */
const ofInstance = ["volume.attach", "volume.detach"];

/** null when the volume is gone. */
export async function loadVolume(tx: Reads, id: string, now: Date): Promise<LoadedVolume | null> {
  const found = await tx.volume.findUnique({
    where: { id },
    include: {
      snapshots: { orderBy: { id: "asc" } },
      attachments: { select: { phase: true } },
      hypervisor: { select: hostFields },
    },
  });
  if (!found) return null;
  const { attachments, ...row } = found;
  const operations = await tx.operation.findMany({
    where: {
      resourceId: id,
      resourceKind: "volume",
      state: { in: ["pending", "running"] },
      kind: { notIn: ofInstance },
    },
    orderBy: { createdAt: "asc" },
  });
  const view = volumeView(row, attachments[0]?.phase ?? null);
  const facts = {
    ...view,
    hypervisorId: row.hypervisorId,
    foundAt: row.hypervisorId === null ? await foundAt(tx, row) : null,
    hypervisorGone: row.hypervisor?.revokedAt != null,
    attached: attachments.length > 0,
    settled: isVolumeSettled(view),
    fault: volumeFault(view),
    origin: await originOf(tx, row),
    revertRefused:
      row.fault === null && row.observedSizeBytes !== null && row.observedRevertSeq < row.revertSeq,
    revertCalledOff: row.revertSnapshotId === null && row.observedRevertSeq < row.revertSeq,
    deletedByForce: row.forceDeleteRequestedAt !== null && isSilent(row.hypervisor, now),
    askedAnew: row.fault !== null && operations.length > 0,
    snapshots: row.snapshots.map(snapshotFacts),
  };
  return { row, facts, operations, now };
}

const hostFields = {
  ...{ enabled: true, revokedAt: true, fencedAt: true, fencedBootId: true, bootId: true, lastSeenAt: true },
} as const;

/** Powered off, or from which nothing was heard for a while. */
function isSilent(host: HypervisorView | null, now: Date): boolean {
  const state = host && hypervisorState(host, now);
  return state === "down" || state === "fenced";
}

function snapshotFacts(snapshot: VolumeSnapshot): SnapshotFacts {
  const { deleteRequested, observed, fault, hostFault } = snapshotView(snapshot);
  const lasting = hostFault !== null && hostFault.retry !== "later" ? hostFault : null;
  return { id: snapshot.id, deleteRequested, observed, fault: fault ?? lasting };
}

async function originOf(tx: Reads, row: Volume): Promise<VolumeFacts["origin"]> {
  if (row.source !== "volume" && row.source !== "snapshot") return null;
  const id = row.sourceVolumeId;
  const volume = id && (await tx.volume.findUnique({ where: { id }, select: { hypervisorId: true } }));
  return { hypervisorId: volume ? volume.hypervisorId : null };
}
