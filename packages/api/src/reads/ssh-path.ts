import { cidrOf } from "@madang/core/network/cidr";
import {
  isSshPath,
  planSshPath,
  type SshPath,
  type SshPathFacts,
  type SshPathFault,
  type SshPathWish,
  sshGroupName,
  sshPathUsage,
} from "@madang/core/network/ssh-path";
import { storedRoutes } from "@madang/core/network/stored";
import type { Usage } from "@madang/core/quota/resource";
import type { Database, PrismaNamespace, Tx } from "@madang/db";

/** `usage`: of the quota, for so many instances, beside themselves and their ports. */
export type SshPathAnswer = { path: SshPath; usage: Usage } | { fault: SshPathFault };

/** What a launch would make; the launch itself decides again. */
export async function readSshPath(
  { prisma }: Database,
  projectId: string,
  { count, ...wish }: SshPathWish & { count: number },
): Promise<SshPathAnswer> {
  const found = planSshPath(await readSshPathFacts(prisma, projectId, wish), wish);
  return isSshPath(found) ? { path: found, usage: sshPathUsage(found, count) } : { fault: found };
}

type Asked = Pick<SshPathWish, "networks" | "securityGroupIds">;

/** Of each kind, the oldest. Whoever has more of them is not asked to wait: a way is found or made among these. */
const looked = 100;
const byAge = [{ createdAt: "asc" }, { id: "asc" }] as const;

export async function readSshPathFacts(tx: Tx, projectId: string, wish: Asked): Promise<SshPathFacts> {
  return {
    externals: await readExternals(tx, projectId),
    networks: await readNetworks(tx, projectId, wish),
    routers: await readRouters(tx, projectId),
    groups: await readGroups(tx, projectId, wish),
  };
}

async function readExternals(tx: Tx, projectId: string): Promise<SshPathFacts["externals"]> {
  const visible = { OR: [{ projectId }, { shared: true }, { external: true }] };
  const networks = await tx.network.findMany({
    where: { ...visible, external: true, subnets: { some: {} } },
    include: { subnets: { orderBy: [...byAge], take: looked } },
    orderBy: [{ name: "asc" }, { id: "asc" }],
    take: looked,
  });
  return networks.map(({ id, name, subnets }) => ({ id, name, ranges: subnets.map(({ cidr }) => cidr) }));
}

/** Those that were chosen; else the project's own, one of which may do. */
async function readNetworks(tx: Tx, projectId: string, wish: Asked): Promise<SshPathFacts["networks"]> {
  const named = wish.networks === "none" ? [] : wish.networks;
  const ids = named.flatMap((one) => ("networkId" in one ? [one.networkId] : []));
  const chosen = { id: { in: ids }, OR: [{ projectId }, { shared: true }] };
  const own = { projectId, subnets: { some: {} } };
  const networks = await tx.network.findMany({
    where: { ...(ids.length > 0 ? chosen : own), external: false },
    include: { subnets: { orderBy: [...byAge], take: looked } },
    orderBy: [{ name: "asc" }, { id: "asc" }],
    take: looked,
  });
  return networks.map(({ id, name, projectId: owner, subnets }) => {
    return { id, name, own: owner === projectId, subnets };
  });
}

async function readRouters(tx: Tx, projectId: string): Promise<SshPathFacts["routers"]> {
  const routers = await tx.router.findMany({
    where: { projectId },
    include: { ports: { include: { addresses: { include: { subnet: true } } }, take: looked } },
    orderBy: [...byAge],
    take: looked,
  });
  return routers.map(({ id, name, externalNetworkId, routes, ports }) => ({
    ...{ id, name, externalNetworkId, hasDefaultRoute: leadsEverywhere(routes) },
    legs: ports.flatMap(({ addresses }) =>
      addresses.map(({ subnetId, subnet }) => ({ subnetId, cidr: subnet.cidr })),
    ),
  }));
}

/** What the instances get, and what opens the way or has the name that a new one would have. */
async function readGroups(tx: Tx, projectId: string, wish: Asked): Promise<SshPathFacts["groups"]> {
  const opening: PrismaNamespace.SecurityGroupRuleWhereInput = {
    direction: "ingress",
    remoteGroupId: null,
    OR: [{ protocol: null }, { protocol: tcp }],
  };
  const useful: PrismaNamespace.SecurityGroupWhereInput[] = [
    ...[{ isDefault: true }, { id: { in: [...(wish.securityGroupIds ?? [])] } }],
    ...[{ name: { startsWith: sshGroupName } }, { rules: { some: opening } }],
  ];
  return await tx.securityGroup.findMany({
    where: { projectId, OR: useful },
    include: { rules: { where: { direction: "ingress" }, take: looked } },
    orderBy: [...byAge],
    take: looked,
  });
}

const tcp = 6;

function leadsEverywhere(routes: unknown): boolean {
  return storedRoutes(routes).some(({ destination }) => cidrOf(destination)?.prefix === 0);
}
