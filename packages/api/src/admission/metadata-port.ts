/**
 * The port at which a network's instances reach 169.254.169.254: one a network, there as long as a subnet is, with an
 * address in each that hands out addresses by DHCP (their leases carry the route to it).
 */
import { newMac } from "@madang/core/network/port-input";
import type { Network, Tx } from "@madang/db";
import { type AddressWish, allocateAddresses } from "./address.ts";

/** Makes the port what the network's subnets ask for. Nothing of it in external networks: no instances are there. */
export async function settleMetadata(tx: Tx, network: Network): Promise<void> {
  if (network.external) return;
  const subnets = await tx.subnet.findMany({
    where: { networkId: network.id },
    orderBy: [{ createdAt: "asc" }, { id: "asc" }],
  });
  const known = await tx.port.findFirst({
    where: { networkId: network.id, owner: "metadata" },
    include: { addresses: true },
  });
  if (subnets.length === 0) {
    if (known) await tx.port.delete({ where: { id: known.id } });
    return;
  }
  const port = known ?? { ...(await insert(tx, network)), addresses: [] };
  const wanted = subnets.filter(({ dhcp }) => dhcp).map(({ id }) => id);
  const idle = port.addresses.filter(({ subnetId }) => !wanted.includes(subnetId));
  const missing = wanted.filter((id) => !port.addresses.some(({ subnetId }) => subnetId === id));
  if (idle.length > 0)
    await tx.ipAllocation.deleteMany({
      where: { portId: port.id, subnetId: { in: idle.map(({ subnetId }) => subnetId) } },
    });
  const wishes = missing.map((subnetId) => wishOf(port.id, subnetId));
  await allocateAddresses(tx, network.id, wishes, "dhcp");
  const changed = known && (idle.length > 0 || missing.length > 0);
  if (changed) await tx.port.update({ where: { id: port.id }, data: { generation: { increment: 1 } } });
}

function wishOf(portId: string, subnetId: string): AddressWish {
  return { holder: { portId }, address: null, subnetId };
}

async function insert(tx: Tx, { id: networkId, projectId }: Network): Promise<{ id: string }> {
  const id = crypto.randomUUID();
  await tx.port.create({
    data: {
      id,
      projectId,
      networkId,
      owner: "metadata",
      mac: await freeMac(tx, networkId),
      portSecurity: false,
    },
  });
  return { id };
}

/** The metadata port is made with the network's first subnet, mostly before any other port. */
async function freeMac(tx: Tx, networkId: string): Promise<string> {
  const mac = newMac();
  const taken = await tx.port.findUnique({
    where: { networkId_mac: { networkId, mac } },
    select: { id: true },
  });
  return taken ? await freeMac(tx, networkId) : mac;
}
