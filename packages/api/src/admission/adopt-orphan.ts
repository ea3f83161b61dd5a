/**
 * An instance made for a guest that a hypervisor has already, in whatever project the administrator chooses: sizes and
 * disk are the guest's own, the project's quota counts them. The guest is left as it is, on or off.
 */
import { CloudError } from "@madang/core/errors";
import { launchUsage } from "@madang/core/quota/resource";
import type { Orphan } from "@madang/core/wire/agent";
import type { GuestBody } from "@madang/core/wire/guest";
import { type Tx, transaction, wake, writeStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import type { Started } from "./change-instance.ts";
import { hypervisorSubject, lockedHypervisor } from "./hypervisor.ts";
import { lockOpenProject } from "./open-project.ts";
import { type OrphanRef, reportedOrphan, requireNotDoomed, requireUnclaimed } from "./orphan.ts";
import { requireRoom } from "./quota-room.ts";
import { createOperation, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

export type Adoption = OrphanRef & { id: string; projectId: string; name: string };

/** Creating twice is creating once. Throws NotFound, InvalidState, Conflict, QuotaExceeded. */
export async function adoptOrphan(deps: AdmissionDeps, actor: Actor, input: Adoption): Promise<Started> {
  const started = await deps.admissions.run(input.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, input)),
  );
  deps.hints.publish("event");
  return started;
}

async function admit(deps: AdmissionDeps, tx: Tx, actor: Actor, input: Adoption): Promise<Started> {
  const { id, projectId, name, hypervisorId, guestId } = input;
  const project = await lockOpenProject(tx, actor, projectId, "projectId");
  const bodyHash = deps.seal.mark(JSON.stringify(["orphan.adopt", actor.userId, input]));
  if ((await claimIds(tx, [{ id, kind: "instance", projectId, bodyHash }])) === "repeat")
    return adoptedBefore(tx, id);
  const hypervisor = await lockedHypervisor(tx, hypervisorId);
  await requireNotDoomed(tx, input);
  await requireUnclaimed(tx, guestId);
  const found = reportedOrphan(hypervisor, guestId);
  const body = bodyOf(found);
  await requireRoom(tx, actor, projectId, launchUsage(body, 1));
  await tx.instance.create({ data: { ...(await rowOf(tx, input, body)), ...stateOf(deps, actor, found) } });
  await writeStatus(tx, id);
  const subject = { kind: "instance", id, name, projectId };
  const operationId = await createOperation(tx, actor, "instance.adopt", subject, 1);
  await recordEvent(tx, { actor, subject, action: "instance.adopt", operationId });
  await recordEvent(tx, {
    actor,
    subject: hypervisorSubject(hypervisor),
    action: "orphan.adopt",
    operationId,
    params: { guest: found.name, guestId, instance: name, project: project.name },
  });
  await wake(deps.boss, tx, "instance", id);
  return { operationId };
}

async function adoptedBefore(tx: Tx, id: string): Promise<Started> {
  const { id: operationId } = await tx.operation.findFirstOrThrow({
    where: { kind: "instance.adopt", resourceId: id },
    select: { id: true },
  });
  return { operationId };
}

function bodyOf({ body }: Orphan): GuestBody {
  if (body) return body;
  throw new CloudError("InvalidState", "Nothing is known of how this guest was made.", {
    reason: "orphanUnknown",
  });
}

/** Flavor and image by what they are, for their names were not kept with the guest. */
async function rowOf(tx: Tx, { id, projectId, name, hypervisorId, guestId }: Adoption, body: GuestBody) {
  const { vcpus, ramMib, diskGib, machineType, hostname, rebootSeq, image: imageSource } = body;
  const flavor = await tx.flavor.findFirst({
    where: { vcpus, ramMib, diskGib, isPublic: true },
    orderBy: [{ enabled: "desc" }, { name: "asc" }],
  });
  const image = await tx.image.findFirst({
    where: {
      sha256: imageSource.sha256,
      OR: [{ projectId }, { visibility: { in: ["public", "community"] } }],
    },
    orderBy: { createdAt: "desc" },
  });
  const { hardware = {} } = body;
  const sizes = { vcpus, ramMib, diskGib, machineType, hostname, rebootSeq, imageSource, hardware };
  return {
    ...{ id, projectId, name, adoptHypervisorId: hypervisorId, adoptGuestId: guestId, ...sizes },
    flavorId: flavor?.id ?? null,
    flavorName: flavor?.name ?? `${vcpus} vCPU, ${ramMib} MiB, ${diskGib} GiB`,
    imageId: image?.id ?? null,
    imageName: image?.name ?? imageSource.sha256.slice(0, 12),
  };
}

function stateOf({ admission, scheduleTimeoutMs }: AdmissionDeps, { userId }: Actor, { observed }: Orphan) {
  const scheduleDeadline = new Date(admission.now().getTime() + scheduleTimeoutMs);
  return { userId, power: observed, scheduleDeadline };
}
