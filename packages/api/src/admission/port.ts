import { CloudError } from "@madang/core/errors";
import type { NewPort, PortChanges } from "@madang/core/network/port-input";
import type { Port, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { portNotFound } from "../reads/port.ts";
import { changeNetworks } from "./change-network.ts";
import { leadNowhere } from "./floating-ip.ts";
import { groupsOf, insertPorts } from "./new-ports.ts";
import { requireRoom } from "./quota-room.ts";
import { changesOf, recordEvent, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { type UsableNetwork, usableNetworks } from "./usable-network.ts";

/** Throws NotFound, InvalidInput, Conflict, QuotaExceeded. */
export async function createPort(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string,
  wish: NewPort,
): Promise<{ id: string }> {
  return await changeNetworks(deps, actor, projectId, async (tx, same) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["port", actor.userId, projectId, wish]));
    const claim = { id: wish.id, kind: "port", projectId, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return same({ id: wish.id });
    await requireRoom(tx, actor, projectId, { ports: 1 });
    const [network] = await usableNetworks(tx, projectId, [wish.networkId], "networkId");
    requireTame(projectId, network, wish);
    const { addresses, securityGroupIds: wanted, ...row } = wish;
    const unguarded = !wish.portSecurity && wanted === null;
    requireGuarded(wish, unguarded ? [] : (wanted ?? []));
    const securityGroupIds = unguarded ? [] : await groupsOf(tx, projectId, wanted);
    const port = { row: { ...row, projectId }, addresses: withOne(addresses), securityGroupIds };
    const allocated = await insertPorts(tx, [port], "addresses.0.address");
    const address = allocated.map((one) => one.address).join(", ");
    const params = { network: network?.name ?? "", address };
    await recordEvent(tx, {
      actor,
      subject: portSubject({ ...row, projectId }, address),
      action: "port.create",
      params,
    });
    return { id: wish.id };
  });
}

function withOne(addresses: NewPort["addresses"]): NewPort["addresses"] {
  return addresses.length > 0 ? addresses : [{ subnetId: null, address: null }];
}

/** Groups and pairs say what may pass a guarded port; an unguarded one lets everything. Throws InvalidInput. */
function requireGuarded(
  port: { portSecurity: boolean; allowedAddressPairs: readonly unknown[] },
  securityGroupIds: readonly string[],
): void {
  if (port.portSecurity) return;
  const field = securityGroupIds.length > 0 ? "securityGroupIds" : "allowedAddressPairs";
  if (securityGroupIds.length === 0 && port.allowedAddressPairs.length === 0) return;
  throw new CloudError(
    "InvalidInput",
    "A port without port security has neither security groups nor address pairs.",
    { reason: "portUnguarded", field },
  );
}

type NetworkRef = Pick<UsableNetwork, "projectId" | "name">;
type Freedoms = { portSecurity?: boolean; allowedAddressPairs?: readonly unknown[]; mac?: string | null };

/** In a network that others use as well nobody may pass for them: that is up to whose network it is. Throws Forbidden. */
function requireTame(projectId: string, network: NetworkRef | undefined, port: Freedoms): void {
  if (!network || network.projectId === projectId) return;
  const wild = port.portSecurity === false || (port.allowedAddressPairs ?? []).length > 0 || port.mac;
  if (!wild) return;
  throw new CloudError("Forbidden", "Only whose network it is may take the guards off a port in it.", {
    reason: "portNotTame",
    params: { network: network.name },
  });
}

export type PortRef = { projectId: string; id: string };

/** What is already so is not written again. Throws NotFound, InvalidInput, Conflict. */
export async function updatePort(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, id }: PortRef,
  { securityGroupIds, ...changes }: PortChanges,
): Promise<void> {
  await changeNetworks(deps, actor, projectId, async (tx, same) => {
    const before = await lockedPort(tx, projectId, id);
    requireNotOfNetwork(before);
    // What a router is at is the router's business.
    if (before.routerId !== null) await requireFreePort(tx, before);
    const groupsBefore = await groupNames(tx, id);
    if (securityGroupIds) await setGroups(tx, projectId, id, securityGroupIds);
    const network = await tx.network.findUniqueOrThrow({ where: { id: before.networkId } });
    requireTame(projectId, network, changes);
    const after = await tx.port.update({ where: { id }, data: changes });
    const groups = await groupNames(tx, id);
    requireGuarded(
      {
        ...after,
        allowedAddressPairs: Array.isArray(after.allowedAddressPairs) ? after.allowedAddressPairs : [],
      },
      groups,
    );
    const changed = changesOf(
      { ...before, securityGroups: groupsBefore.join(", ") },
      { ...after, securityGroups: groups.join(", ") },
      ["name", "description", "portSecurity", "allowedAddressPairs", "securityGroups"],
    );
    if (Object.keys(changed).length === 0) return same(undefined);
    await tx.port.update({ where: { id }, data: { generation: { increment: 1 } } });
    await recordEvent(tx, {
      actor,
      subject: portSubject(after, await addressText(tx, id)),
      action: "port.update",
      changes: changed,
    });
  });
}

async function setGroups(
  tx: Tx,
  projectId: string,
  portId: string,
  wanted: readonly string[],
): Promise<void> {
  const ids = await groupsOf(tx, projectId, wanted);
  await tx.portSecurityGroup.deleteMany({ where: { portId, securityGroupId: { notIn: ids } } });
  await tx.portSecurityGroup.createMany({
    data: ids.map((securityGroupId) => ({ portId, securityGroupId })),
    skipDuplicates: true,
  });
}

async function groupNames(tx: Tx, portId: string): Promise<string[]> {
  const rows = await tx.portSecurityGroup.findMany({
    where: { portId },
    select: { securityGroup: { select: { name: true } } },
    orderBy: { securityGroup: { name: "asc" } },
  });
  return rows.map(({ securityGroup }) => securityGroup.name);
}

/** Its addresses are free again, and a floating IP that led to it leads nowhere. Throws NotFound, Conflict `portInUse`. */
export async function deletePort(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, id }: PortRef,
): Promise<void> {
  await changeNetworks(deps, actor, projectId, async (tx) => {
    const port = await lockedPort(tx, projectId, id);
    requireNotOfNetwork(port);
    await requireFreePort(tx, port);
    const address = await addressText(tx, id);
    await removePorts(tx, actor, [id]);
    await recordEvent(tx, { actor, subject: portSubject(port, address), action: "port.delete" });
  });
}

/** Floating IPs that led to them lead nowhere, which is told of each. Call it with what owns the ports locked. */
export async function removePorts(
  tx: Tx,
  actor: Actor,
  ids: readonly string[],
  operationId: string | null = null,
): Promise<void> {
  const portIds = [...ids];
  const leading = await tx.floatingIp.findMany({ where: { portId: { in: portIds } } });
  for (const floatingIp of leading) await leadNowhere(tx, actor, floatingIp, operationId);
  await tx.port.deleteMany({ where: { id: { in: portIds } } });
}

/** Throws NotFound. */
export async function lockedPort(tx: Tx, projectId: string, id: string): Promise<Port> {
  await tx.$queryRaw`SELECT 1 FROM port WHERE id = ${id}::uuid FOR UPDATE`;
  const port = await tx.port.findFirst({ where: { id, projectId } });
  if (port) return port;
  throw portNotFound();
}

/** The metadata port is the network's own. Throws Forbidden. */
function requireNotOfNetwork({ owner }: Port): void {
  if (owner !== "metadata") return;
  throw new CloudError("Forbidden", "This port belongs to the network itself.", { reason: "portOfNetwork" });
}

/** Throws Conflict, naming by what it is used. */
async function requireFreePort(tx: Tx, { instanceId, routerId }: Port): Promise<void> {
  if (instanceId === null && routerId === null) return;
  const instance = instanceId && (await tx.instance.findUnique({ where: { id: instanceId } }));
  const router = routerId && (await tx.router.findUnique({ where: { id: routerId } }));
  if (instance)
    throw new CloudError("Conflict", "An instance uses this port. Detach it first.", {
      reason: "portInUse",
      params: { instance: instance.name },
    });
  if (!router) return;
  throw new CloudError("Conflict", "A router uses this port. Remove the router's interface instead.", {
    reason: "portOfRouter",
    params: { router: router.name },
  });
}

async function addressText(tx: Tx, portId: string): Promise<string> {
  const rows = await tx.ipAllocation.findMany({ where: { portId }, orderBy: { address: "asc" } });
  return rows.map(({ address }) => address).join(", ");
}

/** A port that nobody named goes by its address, else by its MAC. */
export function portSubject(
  port: { id: string; name: string; mac?: string | null; projectId: string | null },
  address: string,
): Subject {
  const { id, name, mac, projectId } = port;
  return { kind: "port", id, name: name || address || (mac ?? id), projectId };
}
