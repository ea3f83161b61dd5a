import { type CloudAddresses, routeFault, type StaticRoute, staticRoutes } from "@madang/core/network/router";
import type { Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changesOf, recordEvent } from "./record.ts";
import { badRoute } from "./router-fault.ts";
import { inNetwork, legsOf, openRouter, type RouterRef, routerSubject } from "./router-row.ts";

/** All of them, in place of those that were there. Throws NotFound, InvalidInput (the first that can't be). */
export async function setRoutes(
  deps: AdmissionDeps,
  actor: Actor,
  ref: RouterRef,
  routes: readonly StaticRoute[],
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx, same) => {
    const router = await openRouter(tx, actor, ref);
    const changes = changesOf(
      { routes: routesText(staticRoutes.parse(router.routes)) },
      { routes: routesText(routes) },
      ["routes"],
    );
    if (Object.keys(changes).length === 0) return same(undefined);
    const found = routeFault(routes, await legsOf(tx, router.id), await cloudAddresses(tx, router.id));
    const route = found && routes[found.index];
    if (found && route) throw badRoute(found.fault, route, found.index);
    await tx.router.update({
      where: { id: router.id },
      data: { routes: [...routes], generation: { increment: 1 } },
    });
    await recordEvent(tx, { actor, subject: routerSubject(router), action: "router.set-routes", changes });
  });
}

function routesText(routes: readonly StaticRoute[]): string {
  return routes.map(({ destination, nextHop }) => `${destination} → ${nextHop}`).join(", ");
}

/** Addresses that neither a port nor a floating IP holds are kept for this cloud's own machines. */
async function cloudAddresses(tx: Tx, routerId: string): Promise<CloudAddresses> {
  const hosts = await tx.$queryRaw<{ address: string }[]>`
    SELECT host(a.address) AS address FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id
      JOIN router r ON r.external_network_id = s.network_id
    WHERE r.id = ${routerId}::uuid AND a.port_id IS NULL AND a.floating_ip_id IS NULL`;
  const metadata = await tx.$queryRaw<{ address: string }[]>`
    SELECT host(a.address) AS address FROM ip_allocation a JOIN port m ON m.id = a.port_id
    WHERE m.owner = 'metadata' AND a.subnet_id IN (SELECT o.subnet_id FROM ip_allocation o JOIN port p ON p.id = o.port_id
      WHERE p.router_id = ${routerId}::uuid)`;
  const textsOf = (rows: readonly { address: string }[]) => rows.map(({ address }) => address);
  return { hosts: textsOf(hosts), metadata: textsOf(metadata) };
}
