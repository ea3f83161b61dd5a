import { CloudError } from "@madang/core/errors";
import type { Network, Tx } from "@madang/db";
import { networkNotFound } from "../reads/visible-network.ts";

export type UsableNetwork = Pick<Network, "id" | "projectId" | "name" | "shared" | "external">;

/**
 * The networks in which a project may have ports: its own and shared ones, but none that is external. They can't go away
 * or be shared no longer before the transaction ends. Throws NotFound, InvalidInput.
 */
export async function usableNetworks(
  tx: Tx,
  projectId: string,
  ids: readonly string[],
  field: string,
): Promise<UsableNetwork[]> {
  const networks = await holdNetworks(tx, ids);
  return [...new Set(ids)].map((id) => requireUsable(networks.get(id), projectId, field));
}

/** Whoever may use them; as they are once whoever was changing them is done. By id. */
export async function holdNetworks(tx: Tx, ids: readonly string[]): Promise<Map<string, UsableNetwork>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const networks = await tx.$queryRaw<UsableNetwork[]>`
    SELECT id, project_id AS "projectId", name, shared, external FROM network
    WHERE id = ANY(${wanted}::uuid[]) ORDER BY id FOR KEY SHARE`;
  return new Map(networks.map((network) => [network.id, network]));
}

/** Throws NotFound, InvalidInput. */
export function requireUsable(
  network: UsableNetwork | undefined,
  projectId: string,
  field: string,
): UsableNetwork {
  const visible = network && (network.projectId === projectId || network.shared || network.external);
  if (!visible) throw networkNotFound(field);
  if (!network.external) return network;
  throw new CloudError("InvalidInput", "Instances are not joined to an external network themselves.", {
    reason: "networkExternal",
    params: { network: network.name },
    field,
  });
}
