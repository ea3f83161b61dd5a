import { CloudError } from "@madang/core/errors";
import { mtuOf } from "@madang/core/network/mtu";
import type { CloudNetworkChanges, NewCloudNetwork, NewNetwork } from "@madang/core/network/subnet-input";
import type { Network, Tx } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { changeNetworks, lockNetwork, networkSubject } from "./change-network.ts";
import { requireUnusedNetwork } from "./network-use.ts";
import { requireFreeSegment } from "./physical-network.ts";
import { requireRoom } from "./quota-room.ts";
import { changesOf, recordEvent } from "./record.ts";
import { claimIds, requireOwnIds } from "./resource-id.ts";
import { insertSubnet } from "./subnet.ts";

type Wish = Pick<NewNetwork, "id" | "name" | "description"> & Partial<NewCloudNetwork>;

/** With its first subnet, where one is named. Throws InvalidInput, Conflict, QuotaExceeded. */
export async function createNetwork(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string | null,
  wish: Wish,
): Promise<{ id: string }> {
  return await changeNetworks(deps, actor, projectId, async (tx, same) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["network", actor.userId, projectId, wish]));
    const ids = wish.subnet
      ? ([
          ["network", wish.id],
          ["subnet", wish.subnet.id],
        ] as const)
      : ([["network", wish.id]] as const);
    requireOwnIds(
      ids.map(([, id]) => id),
      "id",
    );
    const claims = ids.map(([kind, id]) => ({ id, kind, projectId, bodyHash }));
    if ((await claimIds(tx, claims)) === "repeat") return same({ id: wish.id });
    if (projectId !== null)
      await requireRoom(tx, actor, projectId, { networks: 1, subnets: wish.subnet ? 1 : 0 });
    const network = await insertNetwork(tx, projectId, wish);
    const { type, mtu, shared, external } = network;
    const params = { type, mtu, shared, external };
    await recordEvent(tx, { actor, subject: networkSubject(network), action: "network.create", params });
    if (wish.subnet) await insertSubnet(tx, actor, network, wish.subnet, "subnet.");
    return { id: wish.id };
  });
}

/** Call it with the project's row locked and room for it known. */
export async function insertNetwork(tx: Tx, projectId: string | null, wish: Wish): Promise<Network> {
  const { id, name, description, shared = false, external = false, type = "geneve" } = wish;
  const { physicalNetwork = null, segmentationId = null } = wish;
  const segment = { type, external, physicalNetwork, segmentationId };
  const mtu = wish.mtu ?? mtuOf(type);
  requireCarried(type, mtu);
  await requireFreeSegment(tx, segment);
  return await tx.network.create({ data: { id, projectId, name, description, shared, ...segment, mtu } });
}

/** Throws InvalidInput for more than frames of this type carry. */
function requireCarried(type: Network["type"], mtu: number): void {
  const most = mtuOf(type);
  if (mtu <= most) return;
  throw new CloudError("InvalidInput", `Frames of this network carry at most ${most} bytes.`, {
    reason: "mtuTooLarge",
    params: { most },
    field: "mtu",
  });
}

/** What is already so is not written again. Throws NotFound, Forbidden, InvalidInput, Conflict. */
export async function updateNetwork(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string | null,
  id: string,
  changes: CloudNetworkChanges,
): Promise<void> {
  await changeNetworks(deps, actor, projectId, async (tx, same) => {
    const unshares = changes.shared === false;
    const before = await lockNetwork(tx, projectId, id, unshares);
    if (unshares && before.shared) await requireNoForeignPorts(tx, id);
    if (changes.mtu !== undefined) requireCarried(before.type, changes.mtu);
    const changed = changesOf(before, changes, ["name", "description", "shared", "mtu"]);
    if (Object.keys(changed).length === 0) return same(undefined);
    const after = await tx.network.update({
      where: { id },
      data: { ...changes, generation: { increment: 1 } },
    });
    await recordEvent(tx, {
      ...{ actor, subject: networkSubject(after), action: "network.update", changes: changed },
    });
  });
}

/** Whoever uses it already would hang in a network that it no longer sees. */
async function requireNoForeignPorts(tx: Tx, networkId: string): Promise<void> {
  const ports = await tx.port.count({ where: { networkId, projectId: { not: null } } });
  if (ports === 0) return;
  throw new CloudError("Conflict", "Projects still have ports in this network.", {
    reason: "networkSharedInUse",
    params: { ports },
    field: "shared",
  });
}

/** Its subnets, its metadata port and the host's own address go with it. Throws NotFound, Forbidden, Conflict `networkInUse`. */
export async function deleteNetwork(
  deps: AdmissionDeps,
  actor: Actor,
  projectId: string | null,
  id: string,
): Promise<void> {
  await changeNetworks(deps, actor, projectId, async (tx) => {
    const network = await lockNetwork(tx, projectId, id, true);
    await requireUnusedNetwork(tx, id);
    await tx.port.deleteMany({ where: { networkId: id } });
    await tx.ipAllocation.deleteMany({ where: { subnet: { networkId: id } } });
    await tx.network.delete({ where: { id } });
    await recordEvent(tx, { actor, subject: networkSubject(network), action: "network.delete" });
  });
}
