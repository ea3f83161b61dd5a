/** A router's gateway: its port in an external network, with an address there. */
import { CloudError } from "@madang/core/errors";
import { overlapping, routesBy, staticRoutes } from "@madang/core/network/router";
import type { Network, Router, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { insertPorts } from "./new-ports.ts";
import { changesOf, recordEvent } from "./record.ts";
import { floatingIpsNeedIt, overlaps, routesNeedIt } from "./router-fault.ts";
import { inNetwork, legsOf, openRouter, type RouterRef, routerSubject, touchRouter } from "./router-row.ts";

/** `networkId` null: no gateway. Throws NotFound, InvalidInput, Conflict (floating IPs or static routes need the old one). */
export async function setGateway(
  deps: AdmissionDeps,
  actor: Actor,
  ref: RouterRef,
  networkId: string | null,
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx, same) => {
    const router = await openRouter(tx, actor, ref);
    if (router.externalNetworkId === networkId) return same(undefined);
    if (router.externalNetworkId !== null) await removeGateway(tx, router);
    const network = networkId === null ? null : await insertGateway(tx, router, networkId, "networkId");
    await touchRouter(tx, router.id);
    const subject = routerSubject(router);
    const action = network ? "router.set-gateway" : "router.clear-gateway";
    const params = { network: network?.name ?? "" };
    const changes = changesOf(router, { externalNetworkId: networkId }, ["externalNetworkId"]);
    await recordEvent(tx, { actor, subject, action, params, changes });
  });
}

/** Call it with the project's row locked, after whatever else takes addresses. */
export async function insertGateway(
  tx: Tx,
  router: Router,
  networkId: string,
  field: string,
): Promise<Network> {
  const network = await externalNetwork(tx, router.projectId, networkId, field);
  await requireNoDefaultRoute(router);
  // Nobody's, as in OpenStack: it takes of no quota and is in no project's list.
  const port = { id: crypto.randomUUID(), projectId: null, networkId, mac: null, portSecurity: false };
  const row = { ...port, owner: "router_gateway", routerId: router.id } as const;
  const wish = { row, addresses: [{ subnetId: null, address: null }], securityGroupIds: [] };
  const [given] = await insertPorts(tx, [wish], field);
  await tx.router.update({ where: { id: router.id }, data: { externalNetworkId: networkId } });
  const legs = await legsOf(tx, router.id);
  const outside = legs.find(({ subnetId }) => subnetId === given?.subnetId);
  const inside = legs.filter(({ external }) => !external);
  const taken = outside && overlapping(inside, outside);
  if (outside && taken) throw overlaps(taken, outside, field);
  return network;
}

/** Throws NotFound for what the project can't see, InvalidInput for what is not external. */
export async function externalNetwork(
  tx: Tx,
  projectId: string,
  id: string,
  field: string,
): Promise<Network> {
  const visible = [{ projectId }, { shared: true }, { external: true }];
  const network = await tx.network.findFirst({ where: { id, OR: visible } });
  if (!network)
    throw new CloudError("NotFound", "There is no such network.", { reason: "networkNotFound", field });
  if (network.external) return network;
  throw new CloudError("InvalidInput", `The network ${network.name} leads nowhere outside.`, {
    reason: "networkNotExternal",
    params: { network: network.name },
    field,
  });
}

function requireNoDefaultRoute(router: Router): void {
  const routes = staticRoutes.parse(router.routes);
  if (!routes.some(({ destination }) => destination === "0.0.0.0/0")) return;
  throw new CloudError("Conflict", "A static route of the router leads to everywhere already.", {
    reason: "defaultRouteTaken",
    params: { destination: "0.0.0.0/0" },
  });
}

async function removeGateway(tx: Tx, router: Router): Promise<void> {
  const needing = await tx.floatingIp.findMany({
    where: { routerId: router.id, portId: { not: null } },
    orderBy: { address: "asc" },
  });
  if (needing.length > 0) throw floatingIpsNeedIt(needing.map(({ address }) => address));
  const outside = (await legsOf(tx, router.id)).filter(({ external }) => external);
  const routes = staticRoutes.parse(router.routes);
  const lost = outside.flatMap(({ cidr }) => routesBy(routes, cidr));
  if (lost.length > 0) throw routesNeedIt(lost);
  await tx.port.deleteMany({ where: { routerId: router.id, owner: "router_gateway" } });
  await tx.router.update({ where: { id: router.id }, data: { externalNetworkId: null } });
}
