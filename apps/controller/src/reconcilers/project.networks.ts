/** What a project's end does to its networks, when no instance is left that uses them. */
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import { appendEvents, type Network, type PgBoss, type Tx, wake } from "@madang/db";
import type { LoadedProject } from "./project.view.ts";
import { controllerActor } from "./record.ts";

type Counts = Pick<Tx, "network" | "router" | "floatingIp" | "securityGroup" | "port">;

/** Everything of tenant networks that is the project's. */
export async function countNetworks(tx: Counts, projectId: string): Promise<number> {
  const where = { projectId };
  const counts = [
    await tx.floatingIp.count({ where }),
    await tx.router.count({ where }),
    await tx.port.count({ where }),
    await tx.securityGroup.count({ where }),
    await tx.network.count({ where }),
  ];
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * In the order that the foreign keys ask for. A shared network that other projects use becomes the cloud's own, for their
 * instances must not lose it.
 */
export async function deleteNetworks(tx: Tx, boss: PgBoss, { row }: LoadedProject): Promise<void> {
  const where = { projectId: row.id };
  await handOver(tx, row.id);
  await tx.floatingIp.deleteMany({ where });
  await tx.port.deleteMany({ where: { OR: [where, { router: where }, { network: where }] } });
  await tx.router.deleteMany({ where });
  await tx.securityGroupRule.deleteMany({ where: { group: where } });
  await tx.securityGroup.deleteMany({ where });
  await tx.network.deleteMany({ where });
  await wake(boss, tx, "network", cloudNetworkId);
}

async function handOver(tx: Tx, projectId: string): Promise<void> {
  const others = { projectId: { not: projectId } };
  const used = await tx.network.findMany({
    where: {
      projectId,
      OR: [{ ports: { some: others } }, { floatingIps: { some: others } }, { routers: { some: others } }],
    },
  });
  if (used.length === 0) return;
  const ids = used.map(({ id }) => id);
  const ofThem = { networkId: { in: ids } };
  await tx.network.updateMany({ where: { id: { in: ids } }, data: { projectId: null } });
  await tx.subnet.updateMany({ where: ofThem, data: { projectId: null } });
  await tx.port.updateMany({ where: { ...ofThem, owner: "metadata" }, data: { projectId: null } });
  await appendEvents(tx, used.map(handedOver));
}

const handedOver = ({ id, name, projectId }: Network) => ({
  ...controllerActor,
  projectId,
  resourceKind: "network",
  resourceId: id,
  resourceName: name,
  action: "network.handed-over",
  result: "succeeded",
  params: {},
});
