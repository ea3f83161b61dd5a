import { CloudError } from "@madang/core/errors";
import type { Network, Tx } from "@madang/db";
import { networkNotFound } from "../reads/visible-network.ts";

/**
 * The networks in which a project may have ports: its own and shared ones, but none that is external. They can't go away
 * or change before the transaction ends. Throws NotFound, InvalidInput.
 */
export async function usableNetworks(
  tx: Tx,
  projectId: string,
  ids: readonly string[],
  field: string,
): Promise<Network[]> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return [];
  await tx.$queryRaw`SELECT 1 FROM network WHERE id = ANY(${wanted}::uuid[]) ORDER BY id FOR KEY SHARE`;
  const networks = await tx.network.findMany({ where: { id: { in: wanted } } });
  const visible = networks.filter((one) => one.projectId === projectId || one.shared || one.external);
  if (visible.length < wanted.length) throw networkNotFound(field);
  const external = visible.find((one) => one.external);
  if (!external) return visible;
  throw new CloudError("InvalidInput", "Instances are not joined to an external network themselves.", {
    reason: "networkExternal",
    params: { network: external.name },
    field,
  });
}
