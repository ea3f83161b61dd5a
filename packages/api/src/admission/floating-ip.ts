/** Addresses of external networks that a project holds until it releases them. */
import { CloudError } from "@madang/core/errors";
import { type FloatingIp, lockProject, type Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { floatingIpNotFound } from "../reads/floating-ip.ts";
import { allocateAddresses } from "./address.ts";
import { lockOpenProject } from "./open-project.ts";
import { requireRoom } from "./quota-room.ts";
import { changesOf, recordEvent, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { externalNetwork } from "./router-gateway.ts";
import { inNetwork } from "./router-row.ts";
import { requireStill } from "./still.ts";

export type FloatingIpRef = { projectId: string; id: string };
export type NewFloatingIp = FloatingIpRef & {
  networkId: string;
  /** null: the next free one */
  address: string | null;
  description: string;
};

/** Throws NotFound, InvalidInput, Conflict (taken, or none is left), QuotaExceeded. */
export async function allocateFloatingIp(
  deps: AdmissionDeps,
  actor: Actor,
  input: NewFloatingIp,
): Promise<{ address: string }> {
  return await inNetwork(deps, input.projectId, async (tx, same) => {
    await lockOpenProject(tx, actor, input.projectId);
    const bodyHash = deps.seal.mark(JSON.stringify(["floating_ip.allocate", actor.userId, input]));
    const claim = { id: input.id, kind: "floating_ip", projectId: input.projectId, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return same(await floatingIpOf(tx, input));
    await requireRoom(tx, actor, input.projectId, { floating_ips: 1 });
    await externalNetwork(tx, input.projectId, input.networkId, "networkId");
    return await insertFloatingIp(tx, actor, input);
  });
}

/** Call it with the project's row locked, room for it known, and the network known to be external. */
export async function insertFloatingIp(
  tx: Tx,
  actor: Actor,
  { id, projectId, networkId, address, description }: NewFloatingIp,
  operationId: string | null = null,
): Promise<FloatingIp> {
  const field = address === null ? "networkId" : "address";
  // Its allocation refers to it, so it is there before its address is known.
  await tx.floatingIp.create({ data: { id, projectId, networkId, description, address: "0.0.0.0" } });
  const [given] = await allocateAddresses(tx, networkId, [{ holder: { floatingIpId: id }, address }], field);
  if (!given) throw new TypeError("no address was given");
  const floatingIp = await tx.floatingIp.update({ where: { id }, data: { address: given.address } });
  const subject = floatingIpSubject(floatingIp);
  await recordEvent(tx, { actor, subject, action: "floating_ip.allocate", operationId });
  return floatingIp;
}

export function floatingIpSubject({ id, address, projectId }: FloatingIp): Subject {
  return { kind: "floating_ip", id, name: address, projectId };
}

/** For what makes it less, which may be done to the end. Throws NotFound, and what `requireStill` throws. */
export async function lockedFloatingIp(tx: Tx, actor: Actor, ref: FloatingIpRef): Promise<FloatingIp> {
  await lockProject(tx, ref.projectId);
  await requireStill(tx, actor);
  return await floatingIpOf(tx, ref);
}

/** Call it with the project's row locked. Throws NotFound. */
export async function floatingIpOf(tx: Tx, { projectId, id }: FloatingIpRef): Promise<FloatingIp> {
  const floatingIp = await tx.floatingIp.findFirst({ where: { id, projectId } });
  if (!floatingIp) throw floatingIpNotFound();
  return floatingIp;
}

/** Throws NotFound. */
export async function describeFloatingIp(
  deps: AdmissionDeps,
  actor: Actor,
  ref: FloatingIpRef,
  description: string,
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx, same) => {
    const floatingIp = await lockedFloatingIp(tx, actor, ref);
    const changes = changesOf(floatingIp, { description }, ["description"]);
    if (Object.keys(changes).length === 0) return same(undefined);
    await tx.floatingIp.update({ where: { id: floatingIp.id }, data: { description } });
    const subject = floatingIpSubject(floatingIp);
    await recordEvent(tx, { actor, subject, action: "floating_ip.update", changes });
    // The network knows nothing of its words.
    return same(undefined);
  });
}

/** Whatever it leads to: the address is anybody's again. Throws NotFound. */
export async function releaseFloatingIp(
  deps: AdmissionDeps,
  actor: Actor,
  ref: FloatingIpRef,
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx) => {
    const floatingIp = await lockedFloatingIp(tx, actor, ref);
    await tx.floatingIp.delete({ where: { id: floatingIp.id } });
    const subject = floatingIpSubject(floatingIp);
    await recordEvent(tx, { actor, subject, action: "floating_ip.release" });
  });
}

/** Call it with the project's row locked, of one that leads somewhere. */
export async function leadNowhere(
  tx: Tx,
  actor: Actor,
  floatingIp: FloatingIp,
  operationId: string | null = null,
): Promise<void> {
  const after = { portId: null, fixedAddress: null, routerId: null };
  const data = { ...after, generation: { increment: 1 } };
  await tx.floatingIp.update({ where: { id: floatingIp.id }, data });
  const subject = floatingIpSubject(floatingIp);
  const changes = changesOf(floatingIp, after, ["portId", "fixedAddress", "routerId"]);
  await recordEvent(tx, { actor, subject, action: "floating_ip.disassociate", operationId, changes });
}

/** Somebody else was first; what he looked at is no longer so. */
export function associatedMeanwhile({ address }: FloatingIp): CloudError {
  return new CloudError("Conflict", `The floating IP ${address} leads elsewhere by now. Look again.`, {
    reason: "floatingIpInUse",
    params: { address },
  });
}
