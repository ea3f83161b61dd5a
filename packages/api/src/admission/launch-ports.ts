/**
 * The interfaces of new instances: ports and addresses in the launches' own transaction, each table in one statement. What
 * it throws may be the fault of any of them: then the transaction is rolled back, and each is tried by itself.
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

/** Of these each is something of its own, which nobody else's launch is to wait for. */
export function goesAlone({ reachable, networks }: LaunchInput): boolean {
  return reachable || (networks !== "none" && networks.some((one) => "portId" in one));
}

/** `networks`: how many the project has. False: certainly none, without asking anything. */
export function mayHaveInterfaces(input: LaunchInput, networks: number): boolean {
  if (input.reachable) return true;
  if (input.networks === "none") return false;
  return input.networks.length > 0 || networks > 0;
}

/** Call it once the instances are there. Throws NotFound, InvalidInput, Conflict, QuotaExceeded. */
export async function joinNetworks(
  deps: AdmissionDeps,
  tx: Tx,
  wishes: readonly LaunchWish[],
): Promise<void> {
  const joining = await joiningOf(tx, wishes);
  if (joining.length === 0) return;
  for (const { wanted, wish } of joining) requireOneInstance(wanted, wish.input.ids.length);
  for (const [projectId, ofProject] of Map.groupBy(joining, ({ wish }) => wish.input.projectId))
    await requirePlace(tx, projectId, ofProject);
  for (const { wish, wanted } of joining) await takePorts(tx, wish.input, wanted);
  await insertPorts(tx, await newPorts(tx, joining), "networks");
  await wake(deps.boss, tx, "network", cloudNetworkId);
}

type Joining = { wish: LaunchWish; wanted: readonly Interface[]; fresh: readonly FreshInterface[] };

async function joiningOf(tx: Tx, wishes: readonly LaunchWish[]): Promise<Joining[]> {
  const silent = wishes.filter(({ input }) => input.networks !== "none" && input.networks.length === 0);
  const usual = await usualNetworks(tx, [...new Set(silent.map(({ input }) => input.projectId))]);
  return wishes.flatMap((wish) => {
    const wanted = interfacesOf(wish.input, usual);
    const fresh = wanted.flatMap((one, position) => ("networkId" in one ? [{ ...one, position }] : []));
    return wanted.length === 0 ? [] : [{ wish, wanted, fresh }];
  });
}

/** All of one project: may it use the networks, and is there room for so many ports. */
async function requirePlace(tx: Tx, projectId: string, joining: readonly Joining[]): Promise<void> {
  const networkIds = joining.flatMap(({ fresh }) => fresh.map(({ networkId }) => networkId));
  await usableNetworks(tx, projectId, networkIds, "networks");
  const amounts = joining.map(({ wish, fresh }) => fresh.length * wish.input.ids.length);
  const ports = amounts.reduce((sum, amount) => sum + amount, 0);
  const [first] = joining;
  if (ports > 0 && first) await requireRoom(tx, first.wish.actor, projectId, { ports });
}

async function takePorts(tx: Tx, input: LaunchInput, wanted: readonly Interface[]): Promise<void> {
  const [instanceId = ""] = input.ids;
  for (const [position, one] of wanted.entries())
    if ("portId" in one) await takePort(tx, input.projectId, { portId: one.portId, instanceId, position });
}

/** Who names the same groups of the same project is asked about once. */
async function newPorts(tx: Tx, joining: readonly Joining[]): Promise<PortWish[]> {
  const known = new Map<string, readonly string[]>();
  const ports: PortWish[] = [];
  for (const { wish, fresh } of joining) {
    if (fresh.length === 0) continue;
    const { projectId, ids, securityGroupIds } = wish.input;
    const key = JSON.stringify([projectId, securityGroupIds]);
    const groups = known.get(key) ?? (await groupsOf(tx, projectId, securityGroupIds));
    known.set(key, groups);
    ports.push(...ids.flatMap((id) => fresh.map((one) => portOf(projectId, id, one, groups))));
  }
  return ports;
}

type Interface = Exclude<LaunchNetworks, "none">[number];
type FreshInterface = Extract<Interface, { networkId: string }> & { position: number };

/** `usual`: by project, the network of those that say nothing. */
function interfacesOf(
  { projectId, networks }: LaunchInput,
  usual: ReadonlyMap<string, string>,
): readonly Interface[] {
  if (networks === "none") return [];
  if (networks.length > 0) return networks;
  const networkId = usual.get(projectId);
  return networkId === undefined ? [] : [{ networkId, address: null }];
}

/** By project: its own network, when exactly one has a subnet to take an address from. */
async function usualNetworks(tx: Tx, projectIds: readonly string[]): Promise<Map<string, string>> {
  if (projectIds.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ projectId: string; id: string }[]>`
    SELECT project_id AS "projectId", min(id::text) AS id FROM network
    WHERE project_id = ANY(${[...projectIds]}::uuid[])
      AND EXISTS (SELECT 1 FROM subnet WHERE subnet.network_id = network.id)
    GROUP BY project_id HAVING count(*) = 1`;
  return new Map(rows.map(({ projectId, id }) => [projectId, id]));
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
