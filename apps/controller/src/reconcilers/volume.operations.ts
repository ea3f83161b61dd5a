/** What becomes of a volume's operations and what the trail says of it, in the transaction of the step that made it so. */
import type { PublicError } from "@madang/core/errors";
import { appendEvent, type Operation, type Tx, type Volume } from "@madang/db";
import { finishOperation } from "./operation.ts";
import { controllerActor } from "./record.ts";

export type Outcome = { state: "succeeded" | "failed" | "cancelled"; error: PublicError | null };

/** Ends the volume's open operations of these kinds; answers the latest of them. */
export async function endVolumeOperations(
  tx: Tx,
  volumeId: string,
  kinds: readonly string[],
  { state, error }: Outcome,
  now: Date,
): Promise<Operation | undefined> {
  const found = await tx.operation.findMany({
    where: {
      resourceId: volumeId,
      resourceKind: "volume",
      kind: { in: [...kinds] },
      state: { in: ["pending", "running"] },
    },
    orderBy: { createdAt: "asc" },
  });
  for (const operation of found) await finishOperation(tx, operation, state, error, now);
  return found.at(-1);
}

type Line = {
  action: string;
  result?: "succeeded" | "failed";
  operation?: Operation | undefined;
  params?: { [name: string]: string | number };
};

type Named = Pick<Volume, "id" | "name" | "projectId">;

export async function recordVolumeEvent(tx: Tx, volume: Named, line: Line): Promise<void> {
  await appendEvent(tx, {
    ...controllerActor,
    projectId: volume.projectId,
    resourceKind: "volume",
    resourceId: volume.id,
    resourceName: volume.name,
    action: line.action,
    result: line.result ?? "succeeded",
    params: line.params ?? {},
    ...(line.operation ? { operationId: line.operation.id, requestId: line.operation.requestId } : {}),
  });
}
