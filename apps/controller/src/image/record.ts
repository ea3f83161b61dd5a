/** The controller's lines about images in the trail. */
import { appendEvent, type Image, type Operation, type Tx } from "@madang/db";
import { controllerActor } from "../reconcilers/record.ts";

type Line = {
  action: string;
  result: "succeeded" | "failed";
  operation?: Operation | null;
  params?: Record<string, string | number>;
};

export async function recordImageEvent(tx: Tx, image: Image, line: Line): Promise<void> {
  const { operation } = line;
  await appendEvent(tx, {
    ...controllerActor,
    projectId: image.projectId,
    resourceKind: "image",
    resourceId: image.id,
    resourceName: image.name,
    action: line.action,
    result: line.result,
    params: line.params ?? {},
    ...(operation ? { operationId: operation.id, requestId: operation.requestId } : {}),
  });
}
