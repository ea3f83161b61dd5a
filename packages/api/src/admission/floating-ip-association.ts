/** What a floating IP leads to: one address of one port, through the router between the two networks. */
import { CloudError } from "@madang/core/errors";
import { type FixedAddress, fixedAddressOf, type WayOut, wayTo } from "@madang/core/network/floating-ip";
import type { FloatingIp, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import {
  associatedMeanwhile,
  type FloatingIpRef,
  floatingIpOf,
  floatingIpSubject,
  leadNowhere,
  lockedFloatingIp,
} from "./floating-ip.ts";
import { lockOpenProject } from "./open-project.ts";
import { changesOf, recordEvent } from "./record.ts";
import { inNetwork } from "./router-row.ts";

export type Association = {
  portId: string;
  /** null: the port's only address */
  fixedAddress: string | null;
  /** What it led to when it was looked at; null: nothing. Of two who ask at once only one still sees it so. */
  from: string | null;
};

/** Moves it in one act when it led elsewhere. Throws NotFound, InvalidInput, Conflict. */
export async function associateFloatingIp(
  deps: AdmissionDeps,
  actor: Actor,
  ref: FloatingIpRef,
  wish: Association,
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx, same) => {
    await lockOpenProject(tx, actor, ref.projectId);
    const floatingIp = await floatingIpOf(tx, ref);
    if (leadsTo(floatingIp, wish)) return same(undefined);
    if (floatingIp.portId !== wish.from) throw associatedMeanwhile(floatingIp);
    await associate(tx, actor, floatingIp, wish);
  });
}

/** Asked twice it is one association, whatever the second request saw. */
function leadsTo(floatingIp: FloatingIp, { portId, fixedAddress }: Association): boolean {
  if (floatingIp.portId !== portId) return false;
  return fixedAddress === null || floatingIp.fixedAddress === fixedAddress;
}

/** Call it with the project's row locked. */
export async function associate(
  tx: Tx,
  actor: Actor,
  floatingIp: FloatingIp,
  wish: Pick<Association, "portId" | "fixedAddress">,
  operationId: string | null = null,
): Promise<void> {
  const target = await targetOf(tx, floatingIp.projectId, wish);
  const fixedAddress = target.fixed.address;
  await requireFree(tx, floatingIp, wish.portId, fixedAddress);
  const way = await wayInto(tx, floatingIp, target);
  const after = { portId: wish.portId, fixedAddress, routerId: way.routerId };
  const data = { ...after, generation: { increment: 1 } };
  await tx.floatingIp.update({ where: { id: floatingIp.id }, data });
  await recordEvent(tx, {
    ...{ actor, subject: floatingIpSubject(floatingIp), operationId },
    action: floatingIp.portId === null ? "floating_ip.associate" : "floating_ip.move",
    params: { target: target.name, address: fixedAddress },
    changes: changesOf(floatingIp, after, ["portId", "fixedAddress", "routerId"]),
  });
}

/** `name`: the instance's, else the port's, else its id. */
type Target = { name: string; fixed: FixedAddress; subnetName: string };

async function targetOf(
  tx: Tx,
  projectId: string,
  { portId, fixedAddress }: Pick<Association, "portId" | "fixedAddress">,
): Promise<Target> {
  const port = await tx.port.findFirst({
    where: { id: portId, projectId, owner: { in: ["none", "instance"] } },
    include: { instance: true, addresses: { include: { subnet: true }, orderBy: { address: "asc" } } },
  });
  if (!port)
    throw new CloudError("NotFound", "There is no such port.", { reason: "portNotFound", field: "portId" });
  const fixed = fixedAddressOf(port.addresses, fixedAddress);
  if (fixed === "several") throw badTarget("fixedAddressNeeded", "The port has several addresses: name one.");
  if (!fixed) throw badTarget("fixedAddressUnknown", "The port has no such address.");
  const subnet = port.addresses.find(({ subnetId }) => subnetId === fixed.subnetId)?.subnet;
  return { name: port.instance?.name ?? (port.name || port.id), fixed, subnetName: subnet?.name ?? "" };
}

function badTarget(reason: string, message: string): CloudError {
  return new CloudError("InvalidInput", message, { reason, field: "fixedAddress" });
}

async function requireFree(tx: Tx, { id }: FloatingIp, portId: string, fixedAddress: string): Promise<void> {
  const other = await tx.floatingIp.findFirst({ where: { portId, fixedAddress, id: { not: id } } });
  if (!other) return;
  throw new CloudError("Conflict", `${fixedAddress} has the floating IP ${other.address} already.`, {
    reason: "fixedAddressTaken",
    params: { fixedAddress, address: other.address },
    field: "portId",
  });
}

async function wayInto(tx: Tx, { projectId, networkId }: FloatingIp, target: Target): Promise<WayOut> {
  const way = wayTo(await waysOut(tx, projectId), networkId, target.fixed.subnetId);
  if (way) return way;
  const network = await tx.network.findUnique({ where: { id: networkId } });
  const params = { network: network?.name ?? "", subnet: target.subnetName };
  throw new CloudError("Conflict", `No router connects ${params.subnet} with ${params.network}.`, {
    reason: "noRouterToExternal",
    params,
    field: "portId",
  });
}

/** Every subnet that a router of the project connects with an external network. */
export async function waysOut(tx: Tx, projectId: string): Promise<WayOut[]> {
  return await tx.$queryRaw<WayOut[]>`
    SELECT r.id AS "routerId", r.name AS "routerName", r.external_network_id AS "externalNetworkId",
      a.subnet_id AS "subnetId"
    FROM router r JOIN port p ON p.router_id = r.id AND p.owner = 'router_interface'
      JOIN ip_allocation a ON a.port_id = p.id
    WHERE r.project_id = ${projectId}::uuid AND r.external_network_id IS NOT NULL`;
}

/** One that leads nowhere stays so. Throws NotFound. */
export async function disassociateFloatingIp(
  deps: AdmissionDeps,
  actor: Actor,
  ref: FloatingIpRef,
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx, same) => {
    const floatingIp = await lockedFloatingIp(tx, actor, ref);
    if (floatingIp.portId === null) return same(undefined);
    await leadNowhere(tx, actor, floatingIp);
  });
}
