/** What must be true of volumes at rest: the simulated storage holds exactly what the tables say, and guests the disks they are given. */
import { bytesPerGib, deriveSnapshotStatus, deriveVolumeStatus } from "@madang/core/volume/status";
import { type PrismaNamespace, snapshotView, volumeView } from "@madang/db";
import type { SimulatedVolume, SweepCloud } from "./sweep-cloud.ts";

type Row = PrismaNamespace.VolumeGetPayload<{ include: { snapshots: true; attachments: true } }>;

/** Everything that is wrong, in words. */
export async function volumeFaults(cloud: SweepCloud): Promise<string[]> {
  const { prisma } = cloud.database;
  const rows = await prisma.volume.findMany({ include: { snapshots: true, attachments: true } });
  const held = await cloud.volumes();
  const known = new Set(rows.map(({ id }) => id));
  return [
    ...held
      .filter(({ volumeId }) => !known.has(volumeId))
      .map(({ volumeId }) => `volume ${volumeId} is left over`),
    ...rows.flatMap((row) => [...rowFaults(row), ...bodyFaults(row, held)]),
    ...(await diskFaults(cloud, rows, held)),
  ];
}

const says = (row: Row, what: string) => `volume ${row.id} (${row.status}): ${what}`;

function rowFaults(row: Row): string[] {
  const [attachment] = row.attachments;
  const derived = deriveVolumeStatus(volumeView(row, attachment?.phase ?? null));
  const faults = row.status === derived ? [] : [says(row, `is stored wrong, it should be ${derived}`)];
  if (row.deleteRequestedAt) faults.push(says(row, "still being deleted"));
  if (attachment && attachment.phase !== "attached") faults.push(says(row, `still ${attachment.phase}`));
  if (attachment?.detachRequestedAt) faults.push(says(row, "still to be detached"));
  if (row.hypervisorId !== null && row.ackedGeneration !== row.generation)
    faults.push(says(row, "its hypervisor has not answered"));
  for (const snapshot of row.snapshots)
    if (snapshot.status !== "available" || deriveSnapshotStatus(snapshotView(snapshot)) !== "available")
      faults.push(says(row, `its snapshot ${snapshot.id} is ${snapshot.status}`));
  return faults;
}

/** What its hypervisor really has of it. */
function bodyFaults(row: Row, held: readonly SimulatedVolume[]): string[] {
  const real = held.filter(({ volumeId }) => volumeId === row.id);
  const [body] = real;
  if (row.hypervisorId === null) return real.length === 0 ? [] : [says(row, "is nowhere, and there")];
  if (!body || real.length > 1) return [says(row, `is there ${real.length} times`)];
  const wanted = {
    sizeBytes: row.sizeGib * bytesPerGib,
    snapshots: row.snapshots.map(({ id }) => id).toSorted(),
    copies: [],
    revertSeq: row.revertSeq,
  };
  const found = { ...body, snapshots: body.snapshots.map(({ snapshotId }) => snapshotId).toSorted() };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const has = Object.entries(found).find(([key]) => key === name)?.[1];
    const same = JSON.stringify(has) === JSON.stringify(value);
    return same ? [] : [says(row, `its ${name} is ${JSON.stringify(has)}, not ${JSON.stringify(value)}`)];
  });
}

/** Each guest has the disks of its instance's attachments and no others, and has them where the volumes are. */
async function diskFaults(
  { database: { prisma }, guests }: SweepCloud,
  rows: readonly Row[],
  held: readonly SimulatedVolume[],
): Promise<string[]> {
  const active = await prisma.instance.findMany({ select: { id: true, activeGuestId: true } });
  const faults: string[] = [];
  for (const { guestId, disks, hypervisor } of await guests()) {
    const instance = active.find(({ activeGuestId }) => activeGuestId === guestId);
    const attachments = rows
      .flatMap((row) => row.attachments)
      .filter(({ instanceId }) => instanceId === instance?.id);
    const wanted = attachments.map(({ id, volumeId }) => `${id} ${volumeId}`).toSorted();
    const found = disks.map(({ attachmentId, volumeId }) => `${attachmentId} ${volumeId}`).toSorted();
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      faults.push(`guest ${guestId} has the disks ${found.join()}, not ${wanted.join()}`);
    for (const { volumeId } of disks)
      if (!held.some((one) => one.volumeId === volumeId && one.hypervisor === hypervisor))
        faults.push(`guest ${guestId} has volume ${volumeId}, which is not on its hypervisor`);
  }
  return faults;
}
