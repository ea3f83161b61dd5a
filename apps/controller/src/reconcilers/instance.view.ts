/** Rows as the plan sees them. */
import { publicError } from "@madang/core/errors";
import { hypervisorState } from "@madang/core/hypervisor/state";
import { buildPatienceMs, forcePatienceMs } from "@madang/core/instance/machine";
import type { Guest, Hypervisor, Instance, Operation, Port, Tx } from "@madang/db";
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
type InstanceRow = Instance & { guests: GuestRow[]; ports: PortRow[] };
export type LoadedInstance = {
  row: InstanceRow;
  view: InstancePlanView;
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
    include: { guests, ports: { select: portFields, orderBy: { id: "asc" } } },
    relationLoadStrategy: "join",
  });
  if (!row) return null;
  const operations = await tx.operation.findMany({
    where: { resourceId: id, resourceKind: "instance", state: { in: ["pending", "running"] } },
    orderBy: { createdAt: "asc" },
  });
  return { row, operations, view: viewOf(row, now), now };
}

function viewOf(row: InstanceRow, now: Date): InstancePlanView {
  const instance = instanceFacts(row, now);
  const guests = row.guests.map((guest) => guestFacts(guest, instance.deleteRequested, now));
  return { instance, guests, readiness: portReadiness(row.ports, row.guests, instance.deleteRequested) };
}

function instanceFacts(row: Instance, now: Date): InstanceFacts {
  return {
    ...row,
    deleteRequested: row.deleteRequestedAt !== null,
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
  };
}
