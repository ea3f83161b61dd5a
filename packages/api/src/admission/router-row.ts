/** What every verb of a router begins with. The project's row is locked, so nothing of its routers changes meanwhile. */
import type { RouterSubnet } from "@madang/core/network/router";
import { lockProject, type Router, type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { routerNotFound } from "../reads/router.ts";
import { type Same, wakingNetwork } from "./change-network.ts";
import { lockOpenProject } from "./open-project.ts";
import type { Subject } from "./record.ts";
import { requireStill } from "./still.ts";

export type RouterRef = { projectId: string; id: string };

/** One transaction in the project's turn; what it changed the network is told. */
export async function inNetwork<T>(
  deps: AdmissionDeps,
  projectId: string,
  work: (tx: Tx, same: Same) => Promise<T>,
): Promise<T> {
  const answer = await deps.admissions.run(projectId, () =>
    transaction(deps.admission.prisma, (tx) => wakingNetwork(deps, tx, work)),
  );
  deps.hints.publish("event");
  return answer;
}

/** For what makes it more. Throws NotFound, and what `lockOpenProject` throws. */
export async function openRouter(tx: Tx, actor: Actor, ref: RouterRef): Promise<Router> {
  await lockOpenProject(tx, actor, ref.projectId);
  return await routerOf(tx, ref);
}

/** For what makes it less, which may be done to the end. Throws NotFound, and what `requireStill` throws. */
export async function lockedRouter(tx: Tx, actor: Actor, ref: RouterRef): Promise<Router> {
  await lockProject(tx, ref.projectId);
  await requireStill(tx, actor);
  return await routerOf(tx, ref);
}

async function routerOf(tx: Tx, { projectId, id }: RouterRef): Promise<Router> {
  const router = await tx.router.findFirst({ where: { id, projectId } });
  if (!router) throw routerNotFound();
  return router;
}

export function routerSubject({ id, name, projectId }: Router): Subject {
  return { kind: "router", id, name, projectId };
}

export type RouterLeg = RouterSubnet & { portId: string; networkId: string };

/** Every subnet that the router is in, by its interfaces and by its gateway. */
export async function legsOf(tx: Tx, routerId: string): Promise<RouterLeg[]> {
  return await tx.$queryRaw<RouterLeg[]>`
    SELECT p.id AS "portId", p.network_id AS "networkId", s.id AS "subnetId", s.name AS "subnetName",
      n.name AS "networkName", s.cidr, host(a.address) AS address, p.owner = 'router_gateway' AS external
    FROM port p JOIN ip_allocation a ON a.port_id = p.id JOIN subnet s ON s.id = a.subnet_id
      JOIN network n ON n.id = p.network_id
    WHERE p.router_id = ${routerId}::uuid ORDER BY a.address`;
}

export async function touchRouter(tx: Tx, id: string): Promise<void> {
  await tx.router.update({ where: { id }, data: { generation: { increment: 1 } } });
}
