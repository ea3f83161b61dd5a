/** The one way to change what is wanted of networks, subnets and ports: lock, judge, write, record, wake. */
import { CloudError } from "@madang/core/errors";
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import { type Network, type Tx, transaction, wake } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { networkNotFound } from "../reads/visible-network.ts";
import { lockOpenProject } from "./open-project.ts";
import type { Subject } from "./record.ts";
import { requireStill } from "./still.ts";

/** Says that nothing is to be told to the network, and hands on the answer. */
export type Same = <T>(answer: T) => T;

/** What `work` changed the network is told at the end: nothing else is locked while somebody else wakes it. */
export async function wakingNetwork<T>(
  deps: AdmissionDeps,
  tx: Tx,
  work: (tx: Tx, same: Same) => Promise<T>,
): Promise<T> {
  let changed = true;
  const answer = await work(tx, (same) => {
    changed = false;
    return same;
  });
  if (changed) await wake(deps.boss, tx, "network", cloudNetworkId);
  return answer;
}

/** `projectId` null: of the cloud's own, by an administrator. */
export async function changeNetworks<T>(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string | null,
  work: (tx: Tx, same: Same) => Promise<T>,
): Promise<T> {
  const run = () =>
    transaction(deps.admission.prisma, async (tx) => {
      if (projectId === null) await requireStill(tx, actor);
      else await lockOpenProject(tx, actor, projectId);
      return await wakingNetwork(deps, tx, work);
    });
  const done = projectId === null ? await run() : await deps.admissions.run(projectId, run);
  deps.hints.publish("event");
  return done;
}

/**
 * A network that the project (null: the cloud) may change, locked. `wholly`: against new ports too, for what they would stand against.
 * Throws NotFound, and Forbidden for one that it may only use.
 */
export async function lockNetwork(
  tx: Tx,
  projectId: string | null,
  id: string,
  wholly = false,
): Promise<Network> {
  if (wholly) await tx.$queryRaw`SELECT 1 FROM network WHERE id = ${id}::uuid FOR UPDATE`;
  else await tx.$queryRaw`SELECT 1 FROM network WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
  const network = await tx.network.findUnique({ where: { id } });
  if (!network) throw networkNotFound();
  if (network.projectId === projectId) return network;
  if (!network.shared && !network.external) throw networkNotFound();
  throw new CloudError("Forbidden", "This network belongs to the cloud; a project can only use it.", {
    reason: "networkOfCloud",
  });
}

/** For each change that its subnets or its own row make to what the network driver is told. */
export async function bumpNetwork(tx: Tx, id: string): Promise<void> {
  await tx.network.update({ where: { id }, data: { generation: { increment: 1 } } });
}

export function networkSubject({ id, name, projectId }: Pick<Network, "id" | "name" | "projectId">): Subject {
  return { kind: "network", id, name, projectId };
}
