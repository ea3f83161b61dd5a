/** The controller's own columns of an instance, and how a failure is written down in them. */
import type { PublicError } from "@madang/core/errors";
import { PrismaNamespace, type Tx } from "@madang/db";
import { type Conditions, readConditions, unmet } from "./condition.ts";
import type { LoadedInstance } from "./instance.view.ts";
import { endOperations } from "./operation.ts";
import { recordEvent } from "./record.ts";

type Fields = {
  activeGuestId?: string | null;
  excludedHypervisors?: string[];
  selfStoppedAt?: number;
  observedGeneration?: number;
  observedResetSeq?: number;
  conditions?: Conditions;
  fault?: PublicError | null;
  launchedAt?: Date;
};

export async function setInstance(
  tx: Tx,
  { row }: LoadedInstance,
  { fault, ...fields }: Fields,
): Promise<void> {
  const data = fault === undefined ? fields : { ...fields, fault: fault ?? PrismaNamespace.DbNull };
  await tx.instance.update({ where: { id: row.id }, data });
}

export async function failInstance(tx: Tx, loaded: LoadedInstance, fault: PublicError): Promise<void> {
  const name = fault.code === "NoValidHost" ? "Scheduled" : "Spawned";
  await setInstance(tx, loaded, {
    fault,
    observedGeneration: loaded.row.generation,
    conditions: { ...readConditions(loaded.row), [name]: unmet(fault) },
  });
  await endOperations(tx, loaded, "failed", fault);
  await recordFailure(tx, loaded, fault, "failed");
}

export async function recordFailure(
  tx: Tx,
  { row, operations }: LoadedInstance,
  fault: PublicError,
  result: "failed" | "retrying",
): Promise<void> {
  const params = { reason: fault.reason, message: fault.message };
  await recordEvent(tx, row, { action: "instance.failed", result, operation: operations[0], params });
}
