/** Rows as the plan sees them. */
import { publicError } from "@madang/core/errors";
import { hypervisorState } from "@madang/core/hypervisor/state";
import { buildPatienceMs, forcePatienceMs } from "@madang/core/instance/machine";
import { notBegun } from "@madang/core/operation/bulk";
import { isVolumeSettled, volumeFault } from "@madang/core/volume/status";
import {
  type Guest,
  type Hypervisor,
  type Instance,
  type Operation,
  type Port,
  type Tx,
  type Volume,
  type VolumeAttachment,
  volumeView,
} from "@madang/db";
import { z } from "zod";
import type { VolumeWishes } from "../placement/request.ts";
import { type DiskFacts, diskReadiness } from "./instance.disks.plan.ts";
import type { GuestFacts, InstanceFacts, InstancePlanView } from "./instance.plan.ts";
import { portReadiness } from "./network.plan.ts";

const hypervisorFields = {
  enabled: true,
  revokedAt: true,
  fencedAt: true,
  fencedBootId: true,
  bootId: true,
  lastSeenAt: true,
} as const;
type GuestRow = Guest & { hypervisor: Pick<Hypervisor, keyof typeof hypervisorFields> };
const portFields = {
  id: true,
  generation: true,
  realisedGeneration: true,
  realisedHypervisorId: true,
  deleteWithInstance: true,
} as const;
type PortRow = Pick<Port, keyof typeof portFields>;
type AttachmentRow = VolumeAttachment & { volume: Volume };
type InstanceRow = Instance & { guests: GuestRow[]; ports: PortRow[]; volumes: AttachmentRow[] };
export type LoadedInstance = {
  row: InstanceRow;
  view: InstancePlanView & { disks: readonly DiskFacts[] };
  operations: Operation[];
  /** When it was looked at, by the clock of the database. */
  now: Date;
};

/** null when the instance is gone. */
export async function loadInstance(
  tx: Pick<Tx, "instance" | "operation">,
  id: string,
  now: Date,
): Promise<LoadedInstance | null> {
  const guests = { include: { hypervisor: { select: hypervisorFields } } };
  const row = await tx.instance.findUnique({
    where: { id },
    include: {
      guests,
      ports: { select: portFields, orderBy: { id: "asc" } },
      volumes: { include: { volume: true }, orderBy: [{ position: "asc" }, { id: "asc" }] },
    },
    relationLoadStrategy: "join",
  });
  if (!row) return null;
  const operations = await tx.operation.findMany({
    where: {
      resourceId: id,
      resourceKind: "instance",
      state: { in: ["pending", "running"] },
      targetGeneration: { lt: notBegun },
    },
    orderBy: { createdAt: "asc" },
  });
  return { row, operations, view: viewOf(row, now), now };
}

function viewOf(row: InstanceRow, now: Date): LoadedInstance["view"] {
  const instance = instanceFacts(row, now);
  const guests = row.guests.map((guest) => guestFacts(guest, instance.deleteRequested, now));
  const disks = row.volumes.map(diskFacts);
  const readiness = [
    ...portReadiness(row.ports, row.guests, instance.deleteRequested),
    ...diskReadiness({ ...instance, disks, guests: row.guests, rootless: row.imageSource === null }),
  ];
  return { instance, guests, disks, readiness };
}

function diskFacts({ id, volumeId, phase, boot, detachRequestedAt, volume }: AttachmentRow): DiskFacts {
  const facts = volumeView(volume, phase);
  return {
    attachmentId: id,
    volumeId,
    phase,
    boot,
    copied: facts.copied,
    detachRequested: detachRequestedAt !== null,
    hypervisorId: volume.hypervisorId,
    ready: facts.placed && isVolumeSettled(facts),
    fault: volumeFault(facts),
    trouble: facts.hostFault?.retry === "later" ? facts.hostFault : null,
  };
}

/** What its volumes ask of placement. */
export function volumeWishes({ volumes }: Pick<InstanceRow, "volumes">): VolumeWishes {
  const homeless = volumes.flatMap(({ volume }) => (volume.hypervisorId === null ? [volume] : []));
  return {
    volumeHosts: volumes.map(({ volume }) => volume.hypervisorId),
    volumesGib: homeless.reduce((sum, { sizeGib }) => sum + sizeGib, 0),
    volumeZone: homeless.find(({ availabilityZone }) => availabilityZone !== null)?.availabilityZone ?? null,
  };
}

function instanceFacts(row: Instance, now: Date): InstanceFacts {
  return {
    ...row,
    deleteRequested: row.deleteRequestedAt !== null,
    softDeleted: row.reclaimAt !== null,
    force: forceOf(row, now),
    resetRequested: row.resetSeq > row.observedResetSeq,
    adopts: row.adoptGuestId !== null,
    launched: row.launchedAt !== null,
    overdue: now.getTime() > row.scheduleDeadline.getTime() + buildPatienceMs,
    fault: row.fault === null ? null : publicError.parse(row.fault),
  };
}

/** When a forced deletion stops waiting for answers, in ms from now; null where nothing is forced. */
export function forceLeftMs({ forceDeleteRequestedAt }: Instance, now: Date): number | null {
  return forceDeleteRequestedAt && forceDeleteRequestedAt.getTime() + forcePatienceMs - now.getTime();
}

function forceOf(row: Instance, now: Date): InstanceFacts["force"] {
  const left = forceLeftMs(row, now);
  if (left === null) return "none";
  return left <= 0 ? "overdue" : "asked";
}

const storedDisks = z.array(z.string()).nullable().catch(null);

/**
 * Nobody will ever acknowledge a deletion on a revoked hypervisor: that its guests are out of control the administrator
 * said when he revoked it, so a deletion does not wait for it. Nothing but a deletion takes it for lost.
 */
function guestFacts(row: GuestRow, deleteRequested: boolean, now: Date): GuestFacts {
  const state = hypervisorState(row.hypervisor, now);
  return {
    ...row,
    reachable: state === "up" || state === "disabled",
    lost: row.lostAt !== null || (deleteRequested && row.hypervisor.revokedAt !== null),
    fault: row.fault === null ? null : publicError.parse(row.fault),
    disks: storedDisks.parse(row.disks),
    silenced: row.hypervisor.revokedAt !== null,
  };
}
