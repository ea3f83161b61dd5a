/** Rows as the plan sees them. */
import { publicError } from "@madang/core/errors";
import type { Guest, Instance, Operation, Tx } from "@madang/db";
import type { GuestFacts, InstanceFacts, InstancePlanView, ReadinessFact } from "./instance.plan.ts";

type InstanceRow = Instance & { guests: Guest[] };
export type LoadedInstance = { row: InstanceRow; view: InstancePlanView; operations: Operation[] };

/** null when the instance is gone. */
export async function loadInstance(
  tx: Pick<Tx, "instance" | "operation">,
  id: string,
): Promise<LoadedInstance | null> {
  const row = await tx.instance.findUnique({ where: { id }, include: { guests: true } });
  if (!row) return null;
  const operations = await tx.operation.findMany({
    where: { resourceId: id, resourceKind: "instance", state: { in: ["pending", "running"] } },
    orderBy: { createdAt: "asc" },
  });
  return { row, operations, view: viewOf(row) };
}

function viewOf(row: InstanceRow): InstancePlanView {
  return { instance: instanceFacts(row), guests: row.guests.map(guestFacts), readiness: readinessFacts() };
}

function instanceFacts(row: Instance): InstanceFacts {
  return {
    ...row,
    deleteRequested: row.deleteRequestedAt !== null,
    launched: row.launchedAt !== null,
    fault: row.fault === null ? null : publicError.parse(row.fault),
  };
}

function guestFacts(row: Guest): GuestFacts {
  return {
    ...row,
    lost: row.lostAt !== null,
    fault: row.fault === null ? null : publicError.parse(row.fault),
  };
}

/** Nothing has to be bound or exported for a guest yet; ports and volumes add their facts here. */
function readinessFacts(): ReadinessFact[] {
  return [];
}
