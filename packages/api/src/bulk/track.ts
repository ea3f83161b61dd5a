import { CloudError } from "@madang/core/errors";
import { appendEvents, type Tx, transaction } from "@madang/db";
import { eventOf } from "../admission/record.ts";
import type { AdmissionDeps } from "../deps.ts";
import type { Whole } from "./actor.ts";
import { type PartCounts, wholeOf } from "./whole.ts";

/** Writes how far the whole is, from its parts; its end is told once, by whoever writes it. */
export async function trackWhole(deps: AdmissionDeps, whole: Whole): Promise<void> {
  const { prisma } = deps.admission;
  const changed = await transaction(prisma, async (tx) => {
    const [row] = await tx.$queryRaw<{ state: string; percent: number }[]>`
      SELECT state::text, percent FROM operation WHERE id = ${whole.id}::uuid FOR UPDATE`;
    if (!row || !["pending", "running"].includes(row.state)) return false;
    const counts = await countParts(tx, whole.id);
    const next = wholeOf(counts);
    if (row.state === next.state && row.percent === next.percent) return false;
    const ended = next.state === "running" ? {} : { finishedAt: deps.admission.now() };
    const error = next.state === "failed" ? { error: partlyFailed(counts) } : {};
    await tx.operation.update({ where: { id: whole.id }, data: { ...next, ...ended, ...error } });
    if ("finishedAt" in ended) await tellEnd(tx, whole, next.state, counts);
    return true;
  });
  if (changed) deps.hints.publish("event", `touched:${whole.projectId}:operation:${whole.id}`);
}

async function countParts(tx: Tx, parentId: string): Promise<PartCounts> {
  const rows = await tx.operation.groupBy({ by: ["state"], where: { parentId }, _count: true });
  const of = (state: string) => rows.find((row) => row.state === state)?._count ?? 0;
  const [succeeded, failed, cancelled] = [of("succeeded"), of("failed"), of("cancelled")];
  return { succeeded, failed, cancelled, open: of("pending") + of("running") };
}

function partlyFailed({ succeeded, failed, cancelled }: PartCounts) {
  const params = { failed, total: succeeded + failed + cancelled };
  return new CloudError("InvalidState", `${failed} of ${params.total} parts failed.`, {
    reason: "bulkPartlyFailed",
    params,
  }).toPublic();
}

async function tellEnd(tx: Tx, whole: Whole, state: string, counts: PartCounts): Promise<void> {
  const { id, projectId, resourceName: name, requestId } = whole;
  const nobody = {
    ...{ userId: whole.actorId, name: whole.actorName, grants: { system: [], projects: {} }, requestId },
    ...{ address: "", sessionId: null, credential: null },
  };
  const { succeeded, failed, cancelled } = counts;
  const event = eventOf({
    actor: nobody,
    subject: { kind: "operation", id, name, projectId },
    action: "bulk.ended",
    operationId: id,
    params: { succeeded, failed, cancelled },
  });
  const result = state === "failed" ? "failed" : "succeeded";
  await appendEvents(tx, [
    { ...event, actorKind: "system", actorId: null, actorName: "", address: null, result },
  ]);
}
