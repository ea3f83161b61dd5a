/** Networks of a test cloud as rows, without the verbs that are being tested. */
import { cidrOf, toAddress } from "@madang/core/network/cidr";
import { newMac } from "@madang/core/network/port-input";
import { isFault, planSubnet } from "@madang/core/network/subnet";
import type { TestCloud } from "./testing.ts";

export type TestNetwork = { id: string; subnetId: string; gateway: string; cidr: string };

type Options = { external?: boolean; shared?: boolean; projectId?: string | null; name?: string };

/** With one subnet whose gateway is its first address. */
export async function addNetwork(
  { database: { prisma }, projectId }: TestCloud,
  cidr: string,
  options: Options = {},
): Promise<TestNetwork> {
  const [id, subnetId] = [crypto.randomUUID(), crypto.randomUUID()];
  const external = options.external ?? false;
  const shared = options.shared ?? false;
  const owner = options.projectId === undefined && !external ? projectId : (options.projectId ?? null);
  const name = options.name ?? `net ${cidr}`;
  const range = cidrOf(cidr);
  if (!range) throw new TypeError(`${cidr} is no range`);
  const gateway = toAddress(range.first + 1);
  const plan = planSubnet({ cidr, gateway });
  if (isFault(plan)) throw new TypeError(plan.reason);
  await prisma.network.create({
    data: { id, projectId: owner, name, external, shared, type: external ? "flat" : "geneve", mtu: 1_442 },
  });
  await prisma.subnet.create({
    data: {
      ...{ id: subnetId, networkId: id, projectId: owner, name: `subnet ${cidr}`, cidr, gateway },
      allocationPools: plan.pools,
    },
  });
  return { id, subnetId, gateway, cidr };
}

/** A port of the project with one address, as a launch would have made it but without an instance. */
export async function addPort(
  { database: { prisma }, projectId }: TestCloud,
  network: TestNetwork,
  address: string,
): Promise<string> {
  const id = crypto.randomUUID();
  await prisma.port.create({ data: { id, projectId, networkId: network.id, mac: newMac() } });
  await prisma.ipAllocation.create({ data: { subnetId: network.subnetId, address, portId: id } });
  return id;
}
