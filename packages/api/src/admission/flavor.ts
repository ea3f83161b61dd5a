import { CloudError } from "@madang/core/errors";
import { type Properties, propertiesText } from "@madang/core/hypervisor/property";
import { type Flavor, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type NewFlavor = {
  id: string;
  name: string;
  description: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  requiredProperties: Properties;
};
export type FlavorChanges = {
  name?: string | undefined;
  description?: string | undefined;
  enabled?: boolean | undefined;
  /** For launches from now on: an instance keeps those it was launched with. */
  requiredProperties?: Properties | undefined;
};

export async function createFlavor(deps: AdmissionDeps, actor: Actor, flavor: NewFlavor): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["flavor", flavor]));
    if ((await claimIds(tx, [{ id: flavor.id, kind: "flavor", projectId: null, bodyHash }])) === "repeat")
      return;
    await requireFreeName(tx, flavor.name, flavor.id);
    await tx.flavor.create({ data: flavor });
    const { vcpus, ramMib, diskGib } = flavor;
    const required = propertiesText(flavor.requiredProperties);
    await recordEvent(tx, {
      actor,
      subject: subjectOf(flavor),
      action: "flavor.create",
      params: { vcpus, ramMib, diskGib, ...(required ? { required } : {}) },
    });
  });
  deps.hints.publish("event");
}

/** Sizes never change: instances of a flavor must stay alike. */
export async function updateFlavor(
  deps: AdmissionDeps,
  actor: Actor,
  id: string,
  changes: FlavorChanges,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    if (changes.name !== undefined) await requireFreeName(tx, changes.name, id);
    const before = await locked(tx, id);
    const { name, description, enabled, requiredProperties } = changes;
    const flavor = await tx.flavor.update({
      where: { id },
      data: { name, description, enabled, requiredProperties, generation: { increment: 1 } },
    });
    const params = {
      ...(enabled === undefined ? {} : { enabled }),
      ...(name === undefined ? {} : { name }),
      ...(requiredProperties === undefined ? {} : { required: propertiesText(requiredProperties) }),
    };
    const changed = changesOf(before, flavor, ["name", "description", "enabled", "requiredProperties"]);
    await recordEvent(tx, {
      actor,
      subject: subjectOf(flavor),
      action: "flavor.update",
      params,
      changes: changed,
    });
  });
  deps.hints.publish("event");
}

/** Instances keep the sizes they were launched with. */
export async function deleteFlavor(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const flavor = await locked(tx, id);
    await tx.flavor.delete({ where: { id } });
    await recordEvent(tx, { actor, subject: subjectOf(flavor), action: "flavor.delete" });
  });
  deps.hints.publish("event");
}

async function requireFreeName(tx: Tx, name: string, id: string): Promise<void> {
  const taken = await tx.flavor.findFirst({ where: { name, id: { not: id } }, select: { id: true } });
  if (taken)
    throw new CloudError("Conflict", "There is already a flavor of this name.", {
      reason: "nameTaken",
      field: "name",
    });
}

async function locked(tx: Tx, id: string): Promise<Flavor> {
  await tx.$queryRaw`SELECT 1 FROM flavor WHERE id = ${id}::uuid FOR UPDATE`;
  const flavor = await tx.flavor.findUnique({ where: { id } });
  if (flavor) return flavor;
  throw new CloudError("NotFound", "There is no such flavor.", { reason: "flavorNotFound" });
}

function subjectOf({ id, name }: { id: string; name: string }) {
  return { kind: "flavor", id, name, projectId: null };
}
