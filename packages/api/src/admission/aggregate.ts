/** Host aggregates: hypervisors that have something in common, which flavors may require. */
import { CloudError } from "@madang/core/errors";
import { type Properties, propertiesText, storedProperties } from "@madang/core/hypervisor/property";
import { type HostAggregate, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { type Changes, changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type NewAggregate = {
  id: string;
  name: string;
  description: string;
  properties: Properties;
  hypervisorIds: string[];
};
export type AggregateChanges = {
  name?: string | undefined;
  description?: string | undefined;
  properties?: Properties | undefined;
  /** All members from now on. */
  hypervisorIds?: string[] | undefined;
};

/** Throws Conflict (a name that is taken) and NotFound (a hypervisor that is not there). */
export async function createAggregate(
  deps: AdmissionDeps,
  actor: Actor,
  aggregate: NewAggregate,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const { hypervisorIds, ...fields } = aggregate;
    const bodyHash = deps.seal.mark(JSON.stringify(["aggregate", aggregate]));
    const claim = { id: aggregate.id, kind: "aggregate", projectId: null, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return;
    await lockNames(tx);
    await requireFreeName(tx, aggregate.name, aggregate.id);
    await tx.hostAggregate.create({ data: fields });
    await setMembers(tx, aggregate.id, hypervisorIds);
    await record(tx, actor, aggregate, "aggregate.create", fields.properties, new Set(hypervisorIds).size);
  });
  deps.hints.publish("event", "capacity");
}

/**
 * `generation`: the one that was looked at; throws Conflict when somebody changed it since. Sent again because its answer was
 * lost, it is the same change.
 */
export async function updateAggregate(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  generation: number,
  changes: AggregateChanges,
): Promise<void> {
  await transaction(deps.admission.prisma, (tx) => admit(tx, actor, { id, generation }, changes));
  deps.hints.publish("event", "capacity");
}

async function admit(
  tx: Tx,
  actor: Actor,
  { id, generation }: { id: string; generation: number },
  changes: AggregateChanges,
): Promise<void> {
  const { hypervisorIds, ...fields } = changes;
  await lockNames(tx);
  const before = await locked(tx, id);
  const membersBefore = await membersOf(tx, id);
  if (before.generation === generation + 1 && isAlready(before, membersBefore, changes)) return;
  if (before.generation !== generation)
    throw new CloudError("Conflict", "Somebody else changed this aggregate meanwhile.", {
      reason: "changedMeanwhile",
    });
  if (fields.name !== undefined) await requireFreeName(tx, fields.name, id);
  const data = { ...fields, generation: { increment: 1 } };
  const after = await tx.hostAggregate.update({ where: { id }, data });
  if (hypervisorIds) await setMembers(tx, id, hypervisorIds);
  const members = await membersOf(tx, id);
  const named = (list: Member[]) => ({ hypervisors: list.map(({ name }) => name).join(", ") });
  const changed = changesOf({ ...before, ...named(membersBefore) }, { ...after, ...named(members) }, [
    "name",
    "description",
    "properties",
    "hypervisors",
  ]);
  await record(tx, actor, after, "aggregate.update", fields.properties, members.length, changed);
}

type Member = { id: string; name: string };

async function membersOf(tx: Tx, aggregateId: string): Promise<Member[]> {
  const where = { aggregates: { some: { aggregateId } } };
  return await tx.hypervisor.findMany({ where, select: { id: true, name: true }, orderBy: { name: "asc" } });
}

/** Whether all that is asked for is so. */
function isAlready(
  aggregate: HostAggregate,
  members: readonly Member[],
  { hypervisorIds, properties, ...fields }: AggregateChanges,
): boolean {
  const same = Object.keys(changesOf(aggregate, fields, ["name", "description"])).length === 0;
  const stored = propertiesText(storedProperties(aggregate.properties));
  const wanted = new Set(hypervisorIds ?? members.map(({ id }) => id));
  return (
    same &&
    (properties === undefined || propertiesText(properties) === stored) &&
    wanted.size === members.length &&
    members.every(({ id }) => wanted.has(id))
  );
}

/** What was placed by it stays where it is. */
export async function deleteAggregate(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const aggregate = await locked(tx, id);
    const members = await tx.hostAggregateMember.count({ where: { aggregateId: id } });
    await tx.hostAggregate.delete({ where: { id } });
    await record(tx, actor, aggregate, "aggregate.delete", undefined, members);
  });
  deps.hints.publish("event", "capacity");
}

async function setMembers(tx: Tx, aggregateId: string, hypervisorIds: readonly string[]): Promise<void> {
  const wanted = [...new Set(hypervisorIds)];
  const known = await tx.hypervisor.count({ where: { id: { in: wanted } } });
  if (known !== wanted.length)
    throw new CloudError("NotFound", "One of the hypervisors is not there.", {
      reason: "hypervisorNotFound",
      field: "hypervisorIds",
    });
  await tx.hostAggregateMember.deleteMany({ where: { aggregateId, hypervisorId: { notIn: wanted } } });
  await tx.hostAggregateMember.createMany({
    data: wanted.map((hypervisorId) => ({ aggregateId, hypervisorId })),
    skipDuplicates: true,
  });
}

/** Two aggregates that ask for one name at the same moment: the second sees the first's. */
async function lockNames(tx: Tx): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('host_aggregate.name'))`;
}

async function locked(tx: Tx, id: string): Promise<HostAggregate> {
  await tx.$queryRaw`SELECT 1 FROM host_aggregate WHERE id = ${id}::uuid FOR UPDATE`;
  const aggregate = await tx.hostAggregate.findUnique({ where: { id } });
  if (aggregate) return aggregate;
  throw new CloudError("NotFound", "There is no such host aggregate.", { reason: "aggregateNotFound" });
}

async function requireFreeName(tx: Tx, name: string, id: string): Promise<void> {
  const taken = await tx.hostAggregate.findFirst({ where: { name, id: { not: id } }, select: { id: true } });
  if (taken)
    throw new CloudError("Conflict", "There is already a host aggregate of this name.", {
      reason: "nameTaken",
      field: "name",
    });
}

async function record(
  tx: Tx,
  actor: Actor,
  { id, name }: { id: string; name: string },
  action: string,
  properties: Properties | undefined,
  hypervisors: number,
  changes: Changes = {},
): Promise<void> {
  const params = { hypervisors, ...(properties ? { properties: propertiesText(properties) } : {}) };
  const subject = { kind: "aggregate", id, name, projectId: null };
  await recordEvent(tx, { actor, subject, action, params, changes });
}
