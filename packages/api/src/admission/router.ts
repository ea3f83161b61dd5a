/** Routers as their project makes, changes and deletes them. */
import { CloudError } from "@madang/core/errors";
import type { Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { lockOpenProject } from "./open-project.ts";
import { requireRoom } from "./quota-room.ts";
import { type Changes, changesOf, recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";
import { stillConnected } from "./router-fault.ts";
import { insertGateway } from "./router-gateway.ts";
import { connectSubnet } from "./router-interface.ts";
import { inNetwork, legsOf, lockedRouter, openRouter, type RouterRef, routerSubject } from "./router-row.ts";
import { requireStill } from "./still.ts";

export type NewRouter = {
  id: string;
  projectId: string;
  name: string;
  description: string;
  /** null: without a gateway */
  externalNetworkId: string | null;
  snat: boolean;
  /** Each is connected by its gateway's address. */
  subnetIds: readonly string[];
};

/** All of it or nothing. Throws NotFound, Forbidden, InvalidInput, Conflict, QuotaExceeded. */
export async function createRouter(deps: AdmissionDeps, actor: Actor, input: NewRouter): Promise<void> {
  await inNetwork(deps, input.projectId, async (tx, same) => {
    await lockOpenProject(tx, actor, input.projectId);
    if (!input.snat) await requireSnatRight(tx, actor);
    const bodyHash = deps.seal.mark(JSON.stringify(["router.create", actor.userId, input]));
    const claim = { id: input.id, kind: "router", projectId: input.projectId, bodyHash };
    if ((await claimIds(tx, [claim])) === "repeat") return same(undefined);
    await requireRoom(tx, actor, input.projectId, { routers: 1, ports: input.subnetIds.length });
    await insertRouter(tx, actor, input);
  });
}

/** Call it with the project's row locked and room for it known. */
export async function insertRouter(
  tx: Tx,
  actor: Actor,
  { subnetIds, externalNetworkId, ...fields }: NewRouter,
  operationId: string | null = null,
): Promise<void> {
  const router = await tx.router.create({ data: fields });
  const subject = routerSubject(router);
  // Before the gateway: whoever locks subnets locks those of an external network last.
  for (const subnetId of subnetIds) await connectSubnet(tx, router, subnetId, "subnetIds");
  if (externalNetworkId !== null) await insertGateway(tx, router, externalNetworkId, "externalNetworkId");
  const params = { interfaces: subnetIds.length };
  await recordEvent(tx, { actor, subject, action: "router.create", operationId, params });
}

export type RouterChanges = {
  name?: string | undefined;
  description?: string | undefined;
  snat?: boolean | undefined;
};

/**
 * Without SNAT addresses of a project's own choosing go out into a network that is not the project's: as in Neutron's
 * default policy (`enable_snat`) that is not up to every member. Throws Forbidden.
 */
async function requireSnatRight(tx: Tx, actor: Actor): Promise<void> {
  await requireStill(tx, actor, "router:snat").catch((error: unknown) => {
    if (!(error instanceof CloudError) || error.code !== "Forbidden") throw error;
    throw new CloudError("Forbidden", "Only a project manager may switch SNAT on or off.", {
      reason: "snatForManagers",
      field: "snat",
      cause: error,
    });
  });
}

/** What is already so is not written again. Throws NotFound, Forbidden. */
export async function updateRouter(
  deps: AdmissionDeps,
  actor: Actor,
  ref: RouterRef,
  after: RouterChanges,
): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx, same) => {
    const router = await openRouter(tx, actor, ref);
    const changes: Changes = changesOf(router, after, ["name", "description", "snat"]);
    if (Object.keys(changes).length === 0) return same(undefined);
    if (changes.snat) await requireSnatRight(tx, actor);
    const { name, description, snat } = after;
    const data = {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(snat === undefined ? {} : { snat }),
    };
    await tx.router.update({ where: { id: router.id }, data: { ...data, generation: { increment: 1 } } });
    const subject = { ...routerSubject(router), name: name ?? router.name };
    await recordEvent(tx, { actor, subject, action: "router.update", changes });
  });
}

/** Throws NotFound, and Conflict when subnets are still connected. */
export async function deleteRouter(deps: AdmissionDeps, actor: Actor, ref: RouterRef): Promise<void> {
  await inNetwork(deps, ref.projectId, async (tx) => {
    const router = await lockedRouter(tx, actor, ref);
    const connected = (await legsOf(tx, router.id)).filter(({ external }) => !external);
    if (connected.length > 0) throw stillConnected(connected.map(({ subnetName }) => subnetName));
    await tx.port.deleteMany({ where: { routerId: router.id, owner: "router_gateway" } });
    await tx.router.delete({ where: { id: router.id } });
    await recordEvent(tx, { actor, subject: routerSubject(router), action: "router.delete" });
  });
}
