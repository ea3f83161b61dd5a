/** The controller's lines in the trail. */
import { appendEvent, type Instance, type Operation, type Tx } from "@madang/db";

export const controllerActor = { actorKind: "controller", actorName: "controller" } as const;

type Line = {
  action: string;
  result?: "succeeded" | "failed" | "waiting" | "retrying";
  operation?: Operation | undefined;
  params?: { [name: string]: string | number };
};

export async function recordEvent(tx: Tx, instance: Instance, line: Line): Promise<void> {
  await appendEvent(tx, {
    ...controllerActor,
    projectId: instance.projectId,
    resourceKind: "instance",
    resourceId: instance.id,
    resourceName: instance.name,
    action: line.action,
    result: line.result ?? "succeeded",
    params: line.params ?? {},
    ...(line.operation ? { operationId: line.operation.id, requestId: line.operation.requestId } : {}),
  });
}
