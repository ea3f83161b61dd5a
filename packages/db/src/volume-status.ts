/**
 * The only writer of volume.status and volume_snapshot.status (invariant 3). Every transaction that changes an input of the
 * derivations calls it before it commits, an attachment's phase included; a test recomputes all rows.
 */
import { publicError } from "@madang/core/errors";
import {
  type AttachmentPhase,
  deriveSnapshotStatus,
  deriveVolumeStatus,
  type VolumeStatus,
  type VolumeView,
} from "@madang/core/volume/status";
import type { Tx } from "./client.ts";
import type { Volume, VolumeSnapshot } from "./generated/client.ts";

const faultOf = (stored: unknown) => (stored === null ? null : publicError.parse(stored));

const isCopy = ({ source }: Pick<Volume, "source">) => source === "volume" || source === "snapshot";

/** For the row of a volume that is made together with its attachment: it is nowhere yet, and nobody was told of it. */
export function launchedVolumeStatus({ source, sizeGib }: Pick<Volume, "source" | "sizeGib">): VolumeStatus {
  return deriveVolumeStatus({
    ...{ placed: false, copied: isCopy({ source }), sizeGib, attachment: "reserved" },
    ...{ observed: "unknown", observedSizeBytes: null, generation: 1, ackedGeneration: 0 },
    ...{ revertSeq: 0, observedRevertSeq: 0, deleteRequested: false, fault: null, hostFault: null },
  });
}

export function volumeView(volume: Volume, attachment: AttachmentPhase | null): VolumeView {
  const bytes = volume.observedSizeBytes;
  return {
    ...volume,
    deleteRequested: volume.deleteRequestedAt !== null,
    placed: volume.hypervisorId !== null,
    copied: isCopy(volume),
    fault: faultOf(volume.fault),
    hostFault: faultOf(volume.hostFault),
    observedSizeBytes: bytes === null ? null : Number(bytes),
    attachment,
  };
}

export function snapshotView(snapshot: VolumeSnapshot) {
  const { observed, deleteRequestedAt, fault, hostFault } = snapshot;
  return {
    observed,
    deleteRequested: deleteRequestedAt !== null,
    fault: faultOf(fault),
    hostFault: faultOf(hostFault),
  };
}

/** Recomputes and stores the volume's status and those of its snapshots; null when the volume is gone. */
export async function writeVolumeStatus(
  tx: Pick<Tx, "volume" | "volumeSnapshot">,
  id: string,
): Promise<VolumeStatus | null> {
  const row = await tx.volume.findUnique({
    where: { id },
    include: { attachments: { select: { phase: true } }, snapshots: true },
  });
  if (!row) return null;
  const status = deriveVolumeStatus(volumeView(row, row.attachments[0]?.phase ?? null));
  if (status !== row.status) await tx.volume.update({ where: { id }, data: { status } });
  for (const snapshot of row.snapshots) {
    const now = deriveSnapshotStatus(snapshotView(snapshot));
    if (now !== snapshot.status)
      await tx.volumeSnapshot.update({ where: { id: snapshot.id }, data: { status: now } });
  }
  return status;
}
