/** A router's legs in the project's networks. No two of one router overlap; a subnet's gateway address is one router's. */
import { CloudError } from "@madang/core/errors";
import { overlapping, routesBy, staticRoutes } from "@madang/core/network/router";
import type { Router, Subnet, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { insertPorts } from "./new-ports.ts";
import { removePorts } from "./port.ts";
import { requireRoom } from "./quota-room.ts";
import { recordEvent } from "./record.ts";
import { floatingIpsNeedIt, overlaps, routesNeedIt } from "./router-fault.ts";
import {
  inNetwork,
  legsOf,
  lockedRouter,
  openRouter,
  type RouterLeg,
  type RouterRef,
  routerSubject,
  touchRouter,
} from "./router-row.ts";

/** By a subnet, with its gateway's address; or by a port of the project that nothing uses, with the port's own. */
export type InterfaceTarget = { subnetId: string } | { portId: string };

/** A subnet that the router connects already stays as it is. Throws NotFound, InvalidInput, Conflict, QuotaExceeded. */
export async function addInterface(
  deps: AdmissionDeps,
  actor: Actor,
  ref: RouterRef,
  target: InterfaceTarget,
): Promise<{ portId: string }> {
  return await inNetwork(deps, ref.projectId, async (tx, same) => {
    const router = await openRouter(tx, actor, ref);
    const known = (await legsOf(tx, router.id)).find((leg) => isTarget(leg, target));
    if (known) return same({ portId: known.portId });
    if ("subnetId" in target) await requireRoom(tx, actor, ref.projectId, { ports: 1 });
    const connected =
      "subnetId" in target
        ? await connectSubnet(tx, router, target.subnetId, "subnetId")
        : await connectPort(tx, router, target.portId);
    await touchRouter(tx, router.id);
    const params = { subnet: connected.name };
    await recordEvent(tx, { actor, subject: routerSubject(router), action: "router.add-interface", params });
    return { portId: connected.portId };
  });
}

function isTarget(leg: RouterLeg, target: InterfaceTarget): boolean {
  if (leg.external) return false;
  return "portId" in target ? leg.portId === target.portId : leg.subnetId === target.subnetId;
}

type Connected = { portId: string; name: string };

/** Call it with the project's row locked and room for a port known. */
export async function connectSubnet(
  tx: Tx,
  router: Router,
  subnetId: string,
  field: string,
): Promise<Connected> {
  const subnet = await ownSubnet(tx, router.projectId, subnetId, field);
  const gateway = gatewayOf(subnet, field);
  await requireApart(tx, router, [subnet], field);
  await requireFreeGateway(tx, subnet, gateway, field);
  const portId = crypto.randomUUID();
  const { projectId, id: routerId } = router;
  const port = { id: portId, projectId, networkId: subnet.networkId, mac: null, portSecurity: false };
  const row = { ...port, owner: "router_interface", routerId } as const;
  const addresses = [{ subnetId, address: gateway, asGateway: true }];
  await insertPorts(tx, [{ row, addresses, securityGroupIds: [] }], field);
  return { portId, name: subnet.name };
}

/** Of a network that the project only shares the gateway's address is not its to take. */
async function ownSubnet(tx: Tx, projectId: string, id: string, field: string): Promise<Subnet> {
  const subnet = await tx.subnet.findFirst({ where: { id, projectId, network: { external: false } } });
  if (subnet) return subnet;
  throw new CloudError("NotFound", "There is no such subnet.", { reason: "subnetNotFound", field });
}

function gatewayOf({ name, cidr, gateway }: Subnet, field: string): string {
  if (gateway !== null) return gateway;
  throw new CloudError("InvalidInput", `The subnet ${name} has no gateway address for a router to take.`, {
    reason: "subnetWithoutGateway",
    params: { subnet: `${name} (${cidr})` },
    field,
  });
}

async function requireFreeGateway(tx: Tx, subnet: Subnet, address: string, field: string): Promise<void> {
  const held = await tx.ipAllocation.findUnique({
    where: { subnetId_address: { subnetId: subnet.id, address } },
    include: { port: { include: { router: true } } },
  });
  if (!held) return;
  const router = held.port?.router?.name ?? "";
  const message = router ? `The router ${router} connects it already.` : "A port has its gateway's address.";
  throw new CloudError("Conflict", `${subnet.name}: ${message}`, {
    reason: router ? "subnetHasRouter" : "gatewayTaken",
    params: { subnet: `${subnet.name} (${subnet.cidr})`, address, router },
    field,
  });
}

async function requireApart(
  tx: Tx,
  router: Router,
  added: readonly { name: string; cidr: string }[],
  field: string,
): Promise<void> {
  const legs = await legsOf(tx, router.id);
  for (const { name, cidr } of added) {
    const taken = overlapping(legs, { cidr });
    if (taken) throw overlaps(taken, { subnetName: name, cidr }, field);
  }
}

async function connectPort(tx: Tx, router: Router, portId: string): Promise<Connected> {
  const { projectId, id: routerId } = router;
  const field = "portId";
  const port = await tx.port.findFirst({
    where: { id: portId, projectId },
    include: { network: true, addresses: { include: { subnet: true } } },
  });
  if (!port) throw new CloudError("NotFound", "There is no such port.", { reason: "portNotFound", field });
  if (port.owner !== "none" || port.instanceId !== null)
    throw new CloudError("Conflict", "Something uses this port already.", { reason: "portTaken", field });
  if (port.network.external || port.addresses.length === 0)
    throw new CloudError("InvalidInput", "A router can't be connected by this port.", {
      reason: "portNotForRouter",
      field,
    });
  await requireNoFloatingIp(tx, portId);
  const subnets = port.addresses.map(({ subnet }) => subnet);
  await requireApart(tx, router, subnets, field);
  const changed = { owner: "router_interface", routerId, generation: { increment: 1 } } as const;
  await tx.port.update({ where: { id: portId }, data: changed });
  await tx.portSecurityGroup.deleteMany({ where: { portId } });
  return { portId, name: subnets.map(({ name }) => name).join(", ") };
}

/** It would lead to the router itself, and to nothing once the interface is gone. */
async function requireNoFloatingIp(tx: Tx, portId: string): Promise<void> {
  const leading = await tx.floatingIp.findMany({ where: { portId }, orderBy: { address: "asc" } });
  if (leading.length === 0) return;
  const addresses = leading.map(({ address }) => address).join(", ");
  throw new CloudError("Conflict", `Floating IPs lead to this port: ${addresses}. Disassociate them first.`, {
    reason: "portHasFloatingIps",
    params: { addresses },
    field: "portId",
  });
}

/** The port goes with it, as in OpenStack. Throws NotFound, Conflict (floating IPs or static routes need it). */
export async function removeInterface(
  deps: AdmissionDeps,
  actor: Actor,
  ref: RouterRef,
  portId: string,
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx) => {
    const router = await lockedRouter(tx, actor, ref);
    const legs = (await legsOf(tx, router.id)).filter((leg) => leg.portId === portId && !leg.external);
    if (legs.length === 0)
      throw new CloudError("NotFound", "The router has no such interface.", {
        reason: "interfaceNotFound",
      });
    await requireUnneeded(tx, router, legs);
    await removePorts(tx, actor, [portId]);
    await touchRouter(tx, router.id);
    const params = { subnet: legs.map(({ subnetName }) => subnetName).join(", ") };
    await recordEvent(tx, {
      ...{ actor, subject: routerSubject(router), params },
      action: "router.remove-interface",
    });
  });
}

async function requireUnneeded(tx: Tx, router: Router, legs: readonly RouterLeg[]): Promise<void> {
  const subnetIds = legs.map(({ subnetId }) => subnetId);
  const needing = await tx.$queryRaw<{ address: string }[]>`
    SELECT host(f.address) AS address FROM floating_ip f
      JOIN ip_allocation a ON a.port_id = f.port_id AND a.address = f.fixed_address
    WHERE f.router_id = ${router.id}::uuid AND a.subnet_id = ANY(${subnetIds}::uuid[]) ORDER BY f.address`;
  if (needing.length > 0) throw floatingIpsNeedIt(needing.map(({ address }) => address));
  const routes = staticRoutes.parse(router.routes);
  const lost = legs.flatMap(({ cidr }) => routesBy(routes, cidr));
  if (lost.length > 0) throw routesNeedIt(lost);
}
