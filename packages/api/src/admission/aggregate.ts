/** Host aggregates: hypervisors that have something in common, which flavors may require. */
import { CloudError } from "@madang/core/errors";
import { type Properties, propertiesText } from "@madang/core/hypervisor/property";
import { type HostAggregate, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { recordEvent } from "./record.ts";
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

/** `generation`: the one that was looked at; throws Conflict when somebody changed it since. */
export async function updateAggregate(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  generation: number,
  { hypervisorIds, ...fields }: AggregateChanges,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await lockNames(tx);
    const before = await locked(tx, id);
    if (before.generation !== generation)
      throw new CloudError("Conflict", "Somebody else changed this aggregate meanwhile.", {
        reason: "changedMeanwhile",
      });
    if (fields.name !== undefined) await requireFreeName(tx, fields.name, id);
    const data = { ...fields, generation: { increment: 1 } };
    const after = await tx.hostAggregate.update({ where: { id }, data });
    if (hypervisorIds) await setMembers(tx, id, hypervisorIds);
    const members = await tx.hostAggregateMember.count({ where: { aggregateId: id } });
    await record(tx, actor, after, "aggregate.update", fields.properties, members);
  });
  deps.hints.publish("event", "capacity");
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
): Promise<void> {
  const params = { hypervisors, ...(properties ? { properties: propertiesText(properties) } : {}) };
  await recordEvent(tx, { actor, subject: { kind: "aggregate", id, name, projectId: null }, action, params });
}
