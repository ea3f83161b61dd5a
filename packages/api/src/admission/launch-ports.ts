/**
 * The interfaces of new instances: ports and addresses in the launch's own transaction, each table in one statement. It
 * throws, so whoever calls it has one launch in the transaction.
 */
import { CloudError } from "@madang/core/errors";
import type { LaunchInput } from "@madang/core/instance/launch";
import { cloudNetworkId } from "@madang/core/network/cloud-network";
import type { LaunchNetworks } from "@madang/core/network/interface-input";
import { type Port, type Tx, wake } from "@madang/db";
import type { AdmissionDeps } from "../deps.ts";
import { portNotFound } from "../reads/port.ts";
import type { LaunchWish } from "./launch-instance.ts";
import { groupsOf, insertPorts, type PortWish } from "./new-ports.ts";
import { requireRoom } from "./quota-room.ts";
import { usableNetworks } from "./usable-network.ts";

/** `networks`: how many the project has. False: certainly none, without asking anything. */
export function mayHaveInterfaces(input: LaunchInput, networks: number): boolean {
  if (input.reachable) return true;
  if (input.networks === "none") return false;
  return input.networks.length > 0 || networks > 0;
}

/** Call it once the instances are there. Throws NotFound, InvalidInput, Conflict, QuotaExceeded. */
export async function joinNetworks(deps: AdmissionDeps, tx: Tx, wish: LaunchWish): Promise<void> {
  const { actor, input } = wish;
  const wanted = await interfacesOf(tx, input.projectId, input.networks);
  if (wanted.length === 0) return;
  requireOneInstance(wanted, input.ids.length);
  const own = wanted.flatMap((one) => ("portId" in one ? [one.portId] : []));
  const fresh = wanted.flatMap((one, position) => ("networkId" in one ? [{ ...one, position }] : []));
  const networkIds = fresh.map(({ networkId }) => networkId);
  await usableNetworks(tx, input.projectId, networkIds, "networks");
  const ports = fresh.length * input.ids.length;
  if (ports > 0) await requireRoom(tx, actor, input.projectId, { ports });
  const [instanceId = ""] = input.ids;
  const at = (portId: string) => wanted.findIndex((one) => "portId" in one && one.portId === portId);
  for (const portId of own) await takePort(tx, input.projectId, { portId, instanceId, position: at(portId) });
  const groups = ports === 0 ? [] : await groupsOf(tx, input.projectId, input.securityGroupIds);
  const news = input.ids.flatMap((id) => fresh.map((one) => portOf(input.projectId, id, one, groups)));
  await insertPorts(tx, news, "networks");
  await wake(deps.boss, tx, "network", cloudNetworkId);
}

type Interface = Exclude<LaunchNetworks, "none">[number];
type FreshInterface = Extract<Interface, { networkId: string }> & { position: number };

/** Nothing said: the project's own network, when exactly one has a subnet to take an address from. */
async function interfacesOf(tx: Tx, projectId: string, networks: LaunchNetworks): Promise<Interface[]> {
  if (networks === "none") return [];
  if (networks.length > 0) return networks;
  const own = await tx.network.findMany({
    where: { projectId, subnets: { some: {} } },
    select: { id: true },
    take: 2,
  });
  const [only] = own;
  return only && own.length === 1 ? [{ networkId: only.id, address: null }] : [];
}

/** One address, or one port, can't be several instances'. Throws InvalidInput. */
function requireOneInstance(wanted: readonly Interface[], count: number): void {
  const ports = wanted.flatMap((one) => ("portId" in one ? [one.portId] : []));
  const fixed = wanted.some((one) => "address" in one && one.address !== null);
  const refuse = (reason: string, message: string) => {
    throw new CloudError("InvalidInput", message, { reason, field: "networks" });
  };
  if (new Set(ports).size < ports.length) refuse("portTwice", "The same port is named twice.");
  if (count === 1) return;
  if (ports.length > 0) refuse("portWithSeveral", "One port can't be joined to several instances.");
  if (fixed) refuse("addressWithSeveral", "One address can't be given to several instances.");
}

type Taking = { portId: string; instanceId: string; position: number };

/** A port that somebody made before becomes the instance's. Throws NotFound, Conflict `portTaken`. */
export async function takePort(
  tx: Tx,
  projectId: string,
  { portId, instanceId, position }: Taking,
): Promise<Port> {
  const { count } = await tx.port.updateMany({
    where: { id: portId, projectId, owner: "none" },
    data: { owner: "instance", instanceId, position, generation: { increment: 1 } },
  });
  const port = await tx.port.findFirst({ where: { id: portId, projectId } });
  if (!port) throw portNotFound("networks");
  if (count === 1) return port;
  throw new CloudError("Conflict", "Something else uses this port already.", {
    reason: "portTaken",
    field: "networks",
  });
}

function portOf(
  projectId: string,
  instanceId: string,
  { networkId, address, position }: FreshInterface,
  securityGroupIds: readonly string[],
): PortWish {
  const id = crypto.randomUUID();
  return {
    row: {
      id,
      projectId,
      networkId,
      instanceId,
      position,
      mac: null,
      owner: "instance",
      deleteWithInstance: true,
    },
    addresses: [{ subnetId: null, address }],
    securityGroupIds,
  };
}
