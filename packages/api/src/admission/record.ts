/** What every admission verb writes beside its own rows: the trail, and long work as a row. */
import { appendEvents, type NewEvent, type PrismaNamespace, type Tx } from "@madang/db";
import type { Doer } from "../context.ts";

export type Subject = { kind: string; id: string; name: string; projectId: string | null };

export type Entry = {
  actor: Doer;
  subject: Subject;
  action: string;
  /** What is said when nothing else is: it was accepted. */
  result?: "accepted" | "refused";
  operationId?: string | null;
  params?: { [key: string]: string | number | boolean | null };
  changes?: Changes;
};

type Value = string | number | boolean | null;
/** {field: [before, after]}; what is secret is never in it. */
export type Changes = { [field: string]: [before: Value, after: Value] };

/** The fields in which `after` differs from `before`. */
export function changesOf<Field extends string>(
  before: Readonly<Record<Field, unknown>>,
  after: Readonly<Partial<Record<Field, unknown>>>,
  fields: readonly Field[],
): Changes {
  const changed = fields.flatMap((field) => {
    const [old, now] = [plainValue(before[field]), plainValue(after[field])];
    return after[field] === undefined || old === now ? [] : [[field, [old, now]] as const];
  });
  return Object.fromEntries(changed.map(([field, [old, now]]) => [field, [old, now]]));
}

function plainValue(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number" || typeof value === "boolean") return value;
  return JSON.stringify(value);
}

export function recordEvent(tx: Tx, entry: Entry): Promise<void> {
  return recordEvents(tx, [entry]);
}

export async function recordEvents(tx: Tx, entries: readonly Entry[]): Promise<void> {
  await appendEvents(tx, entries.map(eventOf));
}

/** All of them have the same fields. */
export function eventOf({ actor, subject, action, result, operationId, params, changes }: Entry): NewEvent {
  return {
    projectId: subject.projectId,
    actorKind: "user",
    actorId: actor.userId,
    actorName: actor.name,
    resourceKind: subject.kind,
    resourceId: subject.id,
    resourceName: subject.name,
    action,
    result: result ?? "accepted",
    requestId: actor.requestId,
    operationId: operationId ?? null,
    address: actor.address,
    params: wellFormed({ ...params, ...(actor.credential ? named(actor.credential) : {}) }),
    changes: changes ?? {},
  };
}

/** The name may be another's tomorrow. */
function named({ id, name }: NonNullable<Doer["credential"]>) {
  return { credential: name, credentialId: id };
}

/** Half a character can't be written down in JSON. */
function wellFormed(params: { [key: string]: Value }): { [key: string]: Value } {
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, plainValue(value)]));
}

const stepsOf: { [kind: string]: readonly string[] } = {
  "instance.launch": ["schedule", "fetch-image", "start"],
  "project.delete": ["instances", "volumes", "images", "project"],
  "image.upload": ["transfer", "inspect", "convert", "store"],
  "image.make": ["copy", "transfer", "inspect", "convert", "store"],
  "image.fetch": ["transfer", "convert", "store"],
};

/** `generation`: the subject's generation that this operation waits to see settled. Answers the operation's id. */
export async function createOperation(
  tx: Tx,
  actor: Doer,
  kind: string,
  subject: Subject,
  generation: number,
): Promise<string> {
  const operations = newOperations(actor, kind, [subject], generation);
  await tx.operation.createMany({ data: operations });
  return operations[0]?.id ?? "";
}

/** One for each subject, in their order. */
export function newOperations(
  actor: Doer,
  kind: string,
  subjects: readonly Subject[],
  generation: number,
): NewOperation[] {
  const steps = (stepsOf[kind] ?? []).map((name) => ({ name, state: "pending" }));
  return subjects.map((subject) => ({
    id: crypto.randomUUID(),
    kind,
    projectId: subject.projectId,
    actorId: actor.userId,
    actorName: actor.name,
    requestId: actor.requestId,
    resourceKind: subject.kind,
    resourceId: subject.id,
    resourceName: subject.name,
    targetGeneration: generation,
    steps,
  }));
}

type NewOperation = PrismaNamespace.OperationCreateManyInput & { id: string };
