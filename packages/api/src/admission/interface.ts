/** Interfaces of an instance that is there already: its ports are the wish, and its generation tells its hypervisor. */
import { CloudError } from "@madang/core/errors";
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import { type InterfaceWish, interfaceLimit } from "@madang/core/network/interface-input";
import { type Instance, type Tx, transaction, wake, writeStatus } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { portNotFound } from "../reads/port.ts";
import {
  type InstanceRef,
  lockedInstance,
  renewGeneration,
  requireAllowed,
  type Started,
  subjectOf,
} from "./change-instance.ts";
import { takePort } from "./launch-ports.ts";
import { groupsOf, insertPorts } from "./new-ports.ts";
import { lockOpenProject } from "./open-project.ts";
import { removePorts } from "./port.ts";
import { requireRoom } from "./quota-room.ts";
import { createOperation, recordEvent } from "./record.ts";
import { type Claim, claimIds, idInUse } from "./resource-id.ts";
import { usableNetworks } from "./usable-network.ts";

/** Sent again it is the same port. Throws NotFound, InvalidInput, InvalidState, Conflict, QuotaExceeded. */
export async function attachInterface(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  wish: InterfaceWish,
): Promise<Started> {
  return await changeInterfaces(deps, actor, ref, async (tx, instance) => {
    if (await isAttached(deps, tx, { actor, ref, wish })) return null;
    await requireAllowed(tx, instance, "attachInterface");
    const position = await nextPosition(tx, instance.id);
    if (wish.networkId === null)
      await takePort(tx, ref.projectId, { portId: wish.portId, instanceId: instance.id, position });
    else await addPort(deps, tx, { actor, ref, wish, networkId: wish.networkId, position });
    return { kind: "instance.attach-interface", params: await toldOf(tx, wish.portId) };
  });
}

type Asked = { actor: Actor; ref: InstanceRef; wish: InterfaceWish };
type Fresh = Asked & { networkId: string; position: number };

/** By the very same request, or a port that was there before. Throws Conflict `idInUse` when this is another. */
async function isAttached(deps: AdmissionDeps, tx: Tx, asked: Asked): Promise<boolean> {
  const { ref, wish } = asked;
  const known = await tx.port.findFirst({ where: { id: wish.portId, instanceId: ref.id } });
  if (known === null || wish.networkId === null) return known !== null;
  if ((await claimIds(tx, [claimOf(deps, asked)])) === "repeat") return true;
  throw idInUse();
}

function claimOf(deps: AdmissionDeps, { actor, ref, wish }: Asked): Claim {
  const bodyHash = deps.seal.mark(JSON.stringify(["interface", actor.userId, ref, wish]));
  return { id: wish.portId, kind: "port", projectId: ref.projectId, bodyHash };
}

async function addPort(
  deps: AdmissionDeps,
  tx: Tx,
  { actor, ref, wish, networkId, position }: Fresh,
): Promise<void> {
  const { projectId, id: instanceId } = ref;
  // Attached before and detached since: an id is never used again.
  if ((await claimIds(tx, [claimOf(deps, { actor, ref, wish })])) === "repeat") throw portNotFound("portId");
  await usableNetworks(tx, projectId, [networkId], "networkId");
  await requireRoom(tx, actor, projectId, { ports: 1 });
  const securityGroupIds = await groupsOf(tx, projectId, wish.securityGroupIds);
  const row = { id: wish.portId, projectId, networkId, instanceId, position, mac: null };
  const port = { ...row, owner: "instance" as const, deleteWithInstance: true };
  await insertPorts(tx, [
    { row: port, addresses: [{ subnetId: null, address: wish.address }], securityGroupIds },
  ]);
}

/** Throws Conflict. */
async function nextPosition(tx: Tx, instanceId: string): Promise<number> {
  const ports = await tx.port.findMany({ where: { instanceId }, select: { position: true } });
  if (ports.length < interfaceLimit) return Math.max(-1, ...ports.map(({ position }) => position)) + 1;
  throw new CloudError("Conflict", `An instance has at most ${interfaceLimit} interfaces.`, {
    reason: "interfacesTooMany",
    params: { limit: interfaceLimit },
  });
}

/** A port that was made with the interface goes; one that was there before is free again. */
export async function detachInterface(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  portId: string,
): Promise<Started> {
  return await changeInterfaces(deps, actor, ref, async (tx, instance) => {
    const port = await tx.port.findFirst({ where: { id: portId, projectId: ref.projectId } });
    if (!port) throw portNotFound("portId");
    if (port.instanceId !== instance.id)
      throw new CloudError("Conflict", "This port is none of the instance's interfaces.", {
        reason: "portNotAttached",
        field: "portId",
      });
    await requireAllowed(tx, instance, "detachInterface");
    const params = await toldOf(tx, portId);
    if (port.deleteWithInstance) await removePorts(tx, actor, [portId]);
    else
      await tx.port.update({
        where: { id: portId },
        data: { owner: "none", instanceId: null, position: 0, generation: { increment: 1 } },
      });
    return { kind: "instance.detach-interface", params };
  });
}

async function toldOf(tx: Tx, portId: string): Promise<{ network: string; address: string }> {
  const port = await tx.port.findUniqueOrThrow({
    where: { id: portId },
    select: { network: { select: { name: true } }, addresses: { select: { address: true } } },
  });
  return { network: port.network.name, address: port.addresses.map(({ address }) => address).join(", ") };
}

type Change = { kind: string; params: { [key: string]: string } };

/** null: it is so already, and the operation that made it so is the answer. */
async function changeInterfaces(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  work: (tx: Tx, instance: Instance) => Promise<Change | null>,
): Promise<Started> {
  const started = await deps.admissions.run(ref.projectId, () =>
    transaction(deps.admission.prisma, async (tx) => {
      await lockOpenProject(tx, actor, ref.projectId);
      const instance = await lockedInstance(tx, actor, ref);
      const change = await work(tx, instance);
      if (change === null) return await latestAttach(tx, instance.id);
      return await settle(deps, tx, { actor, instance, ...change });
    }),
  );
  deps.hints.publish("event");
  return started;
}

async function latestAttach(tx: Tx, resourceId: string): Promise<Started> {
  const found = await tx.operation.findFirst({
    where: { resourceId, kind: { in: ["instance.attach-interface", "instance.launch"] } },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  return { operationId: found?.id ?? "" };
}

async function settle(
  deps: AdmissionDeps,
  tx: Tx,
  { actor, instance, kind, params }: Change & { actor: Actor; instance: Instance },
): Promise<Started> {
  const { generation } = await renewGeneration(tx, instance);
  await writeStatus(tx, instance.id);
  const subject = subjectOf(instance);
  const operationId = await createOperation(tx, actor, kind, subject, generation);
  await recordEvent(tx, { actor, subject, action: kind, operationId, params });
  await wake(deps.boss, tx, "instance", instance.id);
  await wake(deps.boss, tx, "network", cloudNetworkId);
  return { operationId };
}
