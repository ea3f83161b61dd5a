import { CloudError } from "@madang/core/errors";
import { cidrOf, overlap } from "@madang/core/network/cidr";
import { storedPools, storedRoutes } from "@madang/core/network/stored";
import {
  isFault,
  planSubnet,
  type SubnetFault,
  type SubnetPlan,
  wholePools,
} from "@madang/core/network/subnet";
import type { NewSubnet, SubnetChanges } from "@madang/core/network/subnet-input";
import type { Network, Subnet, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { subnetNotFound } from "./address.ts";
import { bumpNetwork, changeNetworks, lockNetwork } from "./change-network.ts";
import { settleMetadata } from "./metadata-port.ts";
import { requireUnusedSubnet } from "./network-use.ts";
import { requireRoom } from "./quota-room.ts";
import { changesOf, recordEvent, type Subject } from "./record.ts";
import { claimIds } from "./resource-id.ts";

/** Throws InvalidInput, NotFound, Forbidden, Conflict `subnetsOverlap`, QuotaExceeded. */
export async function createSubnet(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string | null,
  { networkId, ...wish }: NewSubnet & { networkId: string },
): Promise<{ id: string }> {
  return await changeNetworks(deps, actor, projectId, async (tx, same) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["subnet", actor.userId, projectId, networkId, wish]));
    const claim = { id: wish.id, kind: "subnet", projectId, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return same({ id: wish.id });
    if (projectId !== null) await requireRoom(tx, actor, projectId, { subnets: 1 });
    const network = await lockNetwork(tx, projectId, networkId);
    await insertSubnet(tx, actor, network, wish, "");
    await bumpNetwork(tx, network.id);
    return { id: wish.id };
  });
}

/** `path`: where in the form its fields are, e.g. `subnet.` Call it with the network locked, or new. */
export async function insertSubnet(
  tx: Tx,
  actor: Actor,
  network: Network,
  wish: NewSubnet,
  path: string,
): Promise<void> {
  const planned = plannedOf(planSubnet(wish), path);
  await requireNoOverlap(tx, network.id, planned.cidr, path);
  const { id, name, description, dhcp, dnsServers } = wish;
  const subnet = await tx.subnet.create({
    data: {
      ...{ id, networkId: network.id, projectId: network.projectId, name, description, dhcp, dnsServers },
      ...columnsOf(planned),
    },
  });
  await settleMetadata(tx, network);
  const params = { network: network.name, cidr: planned.cidr, gateway: planned.gateway, dhcp };
  await recordEvent(tx, { actor, subject: subjectOf(subnet), action: "subnet.create", params });
}

/** Throws InvalidInput. */
function plannedOf(planned: SubnetPlan | SubnetFault, path: string): SubnetPlan {
  if (!isFault(planned)) return planned;
  const { reason, field, params = {} } = planned;
  throw new CloudError("InvalidInput", "This subnet does not work out.", {
    reason,
    params,
    field: `${path}${field}`,
  });
}

function columnsOf({ cidr, gateway, pools, hostRoutes }: SubnetPlan) {
  return { cidr, gateway, allocationPools: pools, hostRoutes: hostRoutes.map((route) => ({ ...route })) };
}

/** Others' networks don't matter: each is a world of its own. */
async function requireNoOverlap(tx: Tx, networkId: string, cidr: string, path: string): Promise<void> {
  const others = await tx.subnet.findMany({ where: { networkId }, select: { name: true, cidr: true } });
  const other = others.find((one) => overlap(one.cidr, cidr));
  if (!other) return;
  throw new CloudError("Conflict", "Two subnets of one network can't overlap.", {
    reason: "subnetsOverlap",
    params: { cidr, other: `${other.name} (${other.cidr})` },
    field: `${path}cidr`,
  });
}

export type SubnetRef = { projectId: string | null; id: string };

/** Addresses that are held already stay as they are. Throws as `createSubnet`, and Conflict `gatewayTaken`. */
export async function updateSubnet(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, id }: SubnetRef,
  changes: SubnetChanges,
): Promise<void> {
  await changeNetworks(deps, actor, projectId, async (tx, same) => {
    const { subnet: before, network } = await locked(tx, projectId, id);
    const planned = plannedOf(planSubnet(wishOf(before, changes)), "");
    if (planned.gateway !== before.gateway) await requireFreeGateway(tx, before, planned.gateway);
    const { name, description, dhcp, dnsServers } = changes;
    const after = await tx.subnet.update({
      where: { id },
      data: { name, description, dhcp, dnsServers, ...columnsOf(planned) },
    });
    const changed = changesOf(before, after, changedFields);
    if (Object.keys(changed).length === 0) return same(undefined);
    if (after.dhcp !== before.dhcp) await settleMetadata(tx, network);
    await bumpNetwork(tx, network.id);
    await recordEvent(tx, { actor, subject: subjectOf(after), action: "subnet.update", changes: changed });
  });
}

const changedFields = [
  "name",
  "description",
  "gateway",
  "dhcp",
  "allocationPools",
  "dnsServers",
  "hostRoutes",
] as const;

/** Pools that somebody chose stay, and a gateway in one of them is refused; those that are all but the gateway stay that. */
function wishOf(before: Subnet, { gateway, pools, hostRoutes }: SubnetChanges) {
  const kept = isWhole(before) ? [] : storedPools(before.allocationPools);
  return {
    cidr: before.cidr,
    gateway: gateway === undefined ? before.gateway : gateway,
    pools: pools ?? kept,
    hostRoutes: hostRoutes ?? storedRoutes(before.hostRoutes),
  };
}

function isWhole({ cidr, gateway, allocationPools }: Subnet): boolean {
  const range = cidrOf(cidr);
  const whole = range && wholePools(range, gateway);
  return JSON.stringify(whole) === JSON.stringify(storedPools(allocationPools));
}

/** Throws Conflict. */
async function requireFreeGateway(tx: Tx, { id, gateway }: Subnet, wanted: string | null): Promise<void> {
  const router = gateway === null ? null : await holderOf(tx, id, gateway);
  if (router?.port?.owner === "router_interface")
    throw new CloudError("Conflict", "A router answers at the gateway's address.", {
      reason: "gatewayOfRouter",
      params: { gateway: gateway ?? "" },
      field: "gateway",
    });
  if (wanted === null || !(await holderOf(tx, id, wanted))) return;
  throw new CloudError("Conflict", "Somebody has this address already.", {
    reason: "addressTaken",
    params: { address: wanted },
    field: "gateway",
  });
}

async function holderOf(tx: Tx, subnetId: string, address: string) {
  return await tx.ipAllocation.findUnique({
    where: { subnetId_address: { subnetId, address } },
    select: { port: { select: { owner: true } } },
  });
}

/** Throws NotFound, Forbidden, Conflict `subnetInUse`. */
export async function deleteSubnet(
  deps: AdmissionDeps,
  actor: Actor,
  { projectId, id }: SubnetRef,
): Promise<void> {
  await changeNetworks(deps, actor, projectId, async (tx) => {
    const { subnet, network } = await locked(tx, projectId, id);
    await requireUnusedSubnet(tx, id);
    await tx.ipAllocation.deleteMany({ where: { subnetId: id } });
    await tx.subnet.delete({ where: { id } });
    await settleMetadata(tx, network);
    await bumpNetwork(tx, network.id);
    await recordEvent(tx, { actor, subject: subjectOf(subnet), action: "subnet.delete" });
  });
}

/** Its network first, then the subnet itself against whoever wants an address. */
async function locked(
  tx: Tx,
  projectId: string | null,
  id: string,
): Promise<{ subnet: Subnet; network: Network }> {
  const found = await tx.subnet.findUnique({ where: { id }, select: { networkId: true } });
  if (!found) throw subnetNotFound();
  const network = await lockNetwork(tx, projectId, found.networkId);
  await tx.$queryRaw`SELECT 1 FROM subnet WHERE id = ${id}::uuid FOR UPDATE`;
  const subnet = await tx.subnet.findUnique({ where: { id } });
  if (!subnet) throw subnetNotFound();
  return { subnet, network };
}

function subjectOf({ id, name, projectId }: Subnet): Subject {
  return { kind: "subnet", id, name, projectId };
}
