import { cidrOf } from "@madang/core/network/cidr";
import {
  isSshPath,
  planSshPath,
  type SshPath,
  type SshPathFacts,
  type SshPathFault,
  type SshPathWish,
  sshPathUsage,
} from "@madang/core/network/ssh-path";
import { storedRoutes } from "@madang/core/network/stored";
import type { Usage } from "@madang/core/quota/resource";
import type { Database, Tx } from "@madang/db";

/** `usage`: of the quota, for so many instances, beside themselves and their ports. */
export type SshPathAnswer = { path: SshPath; usage: Usage } | { fault: SshPathFault };

/** What a launch would make; the launch itself decides again. */
export async function readSshPath(
  { prisma }: Database,
  projectId: string,
  { count, ...wish }: SshPathWish & { count: number },
): Promise<SshPathAnswer> {
  const found = planSshPath(await readSshPathFacts(prisma, projectId), wish);
  return isSshPath(found) ? { path: found, usage: sshPathUsage(found, count) } : { fault: found };
}

export async function readSshPathFacts(tx: Tx, projectId: string): Promise<SshPathFacts> {
  const byAge = [{ createdAt: "asc" }, { id: "asc" }] as const;
  const visible = { OR: [{ projectId }, { shared: true }, { external: true }] };
  const networks = await tx.network.findMany({
    where: { ...visible, subnets: { some: {} } },
    include: { subnets: { orderBy: [...byAge] } },
    orderBy: [{ name: "asc" }, { id: "asc" }],
  });
  const routers = await tx.router.findMany({
    where: { projectId },
    include: { ports: { include: { addresses: { include: { subnet: true } } } } },
    orderBy: [...byAge],
  });
  const groups = await tx.securityGroup.findMany({
    where: { projectId },
    include: { rules: true },
    orderBy: [...byAge],
  });
  return {
    externals: networks
      .filter(({ external }) => external)
      .map(({ id, name, subnets }) => ({ id, name, ranges: subnets.map(({ cidr }) => cidr) })),
    networks: networks
      .filter(({ external }) => !external)
      .map(({ id, name, projectId: owner, subnets }) => ({ id, name, own: owner === projectId, subnets })),
    routers: routers.map(({ id, name, externalNetworkId, routes, ports }) => ({
      ...{ id, name, externalNetworkId, hasDefaultRoute: leadsEverywhere(routes) },
      legs: ports.flatMap(({ addresses }) =>
        addresses.map(({ subnetId, subnet }) => ({ subnetId, cidr: subnet.cidr })),
      ),
    })),
    groups,
  };
}

function leadsEverywhere(routes: unknown): boolean {
  return storedRoutes(routes).some(({ destination }) => cidrOf(destination)?.prefix === 0);
}
