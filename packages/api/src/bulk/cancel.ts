import { CloudError } from "@madang/core/errors";
import { notBegun } from "@madang/core/operation/bulk";
import { type Tx, transaction } from "@madang/db";
import { recordEvent } from "../admission/record.ts";
import { requireStill } from "../admission/still.ts";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";

/** Parts that have begun go on to their end; none begins any more. Throws NotFound, Forbidden and what `stillOpen` throws. */
export async function cancelBulk(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, id }: { projectId: string; id: string },
  stillOpen: (tx: Tx) => Promise<void>,
): Promise<void> {
  await deps.admissions.run(projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM operation WHERE id = ${id}::uuid FOR UPDATE`;
      await requireStill(tx, actor);
      await stillOpen(tx);
      const parent = await tx.operation.findFirst({ where: { id, projectId } });
      if (!parent)
        throw new CloudError("NotFound", "There is no such operation.", { reason: "operationNotFound" });
      if (parent.cancelRequested) return;
      await tx.operation.update({ where: { id }, data: { cancelRequested: true } });
      const { count } = await tx.operation.updateMany({
        where: { parentId: id, state: "pending", targetGeneration: notBegun },
        data: { state: "cancelled", finishedAt: deps.admission.now() },
      });
      const subject = { kind: "operation", id, name: parent.resourceName, projectId };
      await recordEvent(tx, { actor, subject, action: "bulk.cancel", operationId: id, params: { count } });
    }),
  );
  deps.hints.publish("event");
}
