/** The external network that `npm start` leads somewhere. Its row is kept as that says, as long as nobody holds addresses of another range. */
import { isDeepStrictEqual } from "node:util";
import { cidr, ipv4 } from "@madang/core/network/cidr";
import { mtuOf } from "@madang/core/network/mtu";
import { type Prisma, type Subnet, type Tx, transaction } from "@madang/db";
import { z } from "zod";

export const externalNetwork = z.object({
  name: z.string().min(1),
  /** As bridge mappings name it. */
  physicalNetwork: z.string().min(1),
  cidr,
  gateway: ipv4,
  /** What floating IPs and routers get. */
  pool: z.object({ start: ipv4, end: ipv4 }),
  /** This cloud's own machine there, which nobody may send anything to; null: it has no address there. */
  hostAddress: ipv4.nullable(),
  /** What was wished at the last start: what has not changed since is left as an administrator may have set it. */
  before: z.object({ gateway: ipv4, pool: z.object({ start: ipv4, end: ipv4 }) }).optional(),
});
export type ExternalNetwork = z.infer<typeof externalNetwork>;

/** `held`: it keeps its older range or gateway, for floating IPs or routers have addresses that are in the way. */
export type ExternalOutcome = "made" | "changed" | "same" | "held";

/** Whoever renamed it is not undone; deleted, it comes back. */
export async function ensureExternalNetwork(prisma: Prisma, wish: ExternalNetwork): Promise<ExternalOutcome> {
  return await transaction(prisma, async (tx) => {
    const { physicalNetwork } = wish;
    const known = await tx.network.findFirst({
      where: { physicalNetwork, segmentationId: null },
      include: { subnets: true },
    });
    const subnet = known?.subnets.find((one) => one.cidr === wish.cidr);
    if (known && subnet) {
      await keepHostAddress(tx, subnet.id, wish.hostAddress);
      return await followWish(tx, subnet, wish);
    }
    if (known && (await isHeld(tx, known.id))) return "held";
    if (known) await tx.ipAllocation.deleteMany({ where: { subnet: { networkId: known.id } } });
    if (known) await tx.subnet.deleteMany({ where: { networkId: known.id } });
    await insertSubnet(tx, known?.id ?? (await insertNetwork(tx, wish)), wish);
    return "made";
  });
}

/** Addresses that are held already stay as they are, in the pool or not. */
async function followWish(tx: Tx, subnet: Subnet, wish: ExternalNetwork): Promise<ExternalOutcome> {
  const { before = wish, gateway, pool } = wish;
  const changes = {
    ...(gateway !== before.gateway && gateway !== subnet.gateway ? { gateway } : {}),
    ...(isDeepStrictEqual(pool, before.pool) ? {} : { allocationPools: [pool] }),
  };
  if (Object.keys(changes).length === 0) return "same";
  await tx.$queryRaw`SELECT 1 FROM network WHERE id = ${subnet.networkId}::uuid FOR UPDATE`;
  await tx.$queryRaw`SELECT 1 FROM subnet WHERE id = ${subnet.id}::uuid FOR UPDATE`;
  const taken = await tx.ipAllocation.count({ where: { subnetId: subnet.id, address: gateway } });
  if (changes.gateway && taken > 0) return "held";
  await tx.subnet.update({ where: { id: subnet.id }, data: changes });
  await tx.network.update({ where: { id: subnet.networkId }, data: { generation: { increment: 1 } } });
  return "changed";
}

async function isHeld(tx: Tx, networkId: string): Promise<boolean> {
  const anybody = { OR: [{ portId: { not: null } }, { floatingIpId: { not: null } }] };
  return (await tx.ipAllocation.count({ where: { subnet: { networkId }, ...anybody } })) > 0;
}

async function insertNetwork(tx: Tx, { name, physicalNetwork }: ExternalNetwork): Promise<string> {
  const id = crypto.randomUUID();
  const type = "flat";
  await tx.network.create({ data: { id, name, type, physicalNetwork, external: true, mtu: mtuOf(type) } });
  return id;
}

async function insertSubnet(tx: Tx, networkId: string, wish: ExternalNetwork): Promise<void> {
  const id = crypto.randomUUID();
  const { name, cidr: range, gateway, pool } = wish;
  const allocationPools = [pool];
  await tx.subnet.create({
    data: { id, networkId, name, cidr: range, gateway, dhcp: false, allocationPools },
  });
  await tx.network.update({ where: { id: networkId }, data: { generation: { increment: 1 } } });
  await keepHostAddress(tx, id, wish.hostAddress);
}

/** An address that neither a port nor a floating IP holds is this cloud's own machine's. */
async function keepHostAddress(tx: Tx, subnetId: string, address: string | null): Promise<void> {
  const nobody = { portId: null, floatingIpId: null };
  await tx.ipAllocation.deleteMany({
    where: { subnetId, ...nobody, ...(address ? { address: { not: address } } : {}) },
  });
  if (!address) return;
  await tx.ipAllocation.createMany({ data: [{ subnetId, address, ...nobody }], skipDuplicates: true });
}
