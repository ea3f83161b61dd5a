/** What every admission verb writes beside its own rows: the trail, and long work as a row. */
import { appendEvent, type Tx } from "@madang/db";
import type { Actor } from "../context.ts";

export type Subject = { kind: string; id: string; name: string; projectId: string | null };

export type Entry = {
  actor: Actor;
  subject: Subject;
  action: string;
  operationId?: string | null;
  params?: { [key: string]: string | number | boolean | null };
};

export async function recordEvent(
  tx: Tx,
  { actor, subject, action, operationId, params }: Entry,
): Promise<void> {
  await appendEvent(tx, {
    projectId: subject.projectId,
    actorKind: "user",
    actorId: actor.userId,
    actorName: actor.name,
    resourceKind: subject.kind,
    resourceId: subject.id,
    resourceName: subject.name,
    action,
    result: "accepted",
    requestId: actor.requestId,
    operationId: operationId ?? null,
    address: actor.address,
    params: params ?? {},
  });
}

const stepsOf: { [kind: string]: readonly string[] } = {
  "instance.launch": ["schedule", "fetch-image", "start"],
};

/** `generation`: the subject's generation that this operation waits to see settled. Answers the operation's id. */
export async function createOperation(
  tx: Tx,
  actor: Actor,
  kind: string,
  subject: Subject,
  generation: number,
  parentId: string | null = null,
): Promise<string> {
  const steps = (stepsOf[kind] ?? []).map((name) => ({ name, state: "pending" }));
  const { id } = await tx.operation.create({
    data: {
      id: crypto.randomUUID(),
      kind,
      projectId: subject.projectId,
      actorId: actor.userId,
      actorName: actor.name,
      requestId: actor.requestId,
      parentId,
      resourceKind: subject.kind,
      resourceId: subject.id,
      resourceName: subject.name,
      targetGeneration: generation,
      steps,
    },
    select: { id: true },
  });
  return id;
}
