/** The interfaces of new instances: ports and addresses in the launches' own transaction, each table in one statement. */
import { CloudError } from "@madang/core/errors";
import type { LaunchInput } from "@madang/core/instance/launch";
import type { Port, Tx } from "@madang/db";
import { portNotFound } from "../reads/port.ts";
import { defaultSecurityGroups } from "./default-security-group.ts";
import type { LaunchWish } from "./launch-instance.ts";
import type { FreshInterface, Place } from "./launch-place.ts";
import { namesVolumes } from "./launch-volumes.ts";
import { insertPorts, type PortWish } from "./new-ports.ts";

/** Of these each is something of its own, which nobody else's launch is to wait for. */
export function goesAlone(input: LaunchInput): boolean {
  const { reachable, networks } = input;
  return namesVolumes(input) || reachable || (networks !== "none" && networks.some((one) => "portId" in one));
}

type Joining = { wish: LaunchWish; place: Place };

/**
 * Call it once the instances are there and room for their ports is known. What it throws may be the fault of any of them.
 * Throws NotFound, InvalidInput, Conflict.
 */
export async function joinNetworks(tx: Tx, joining: readonly Joining[]): Promise<void> {
  for (const { wish, place } of joining) await takePorts(tx, wish.input, place);
  await insertPorts(tx, await newPorts(tx, joining), "networks");
}

async function takePorts(tx: Tx, { projectId, ids }: LaunchInput, { wanted }: Place): Promise<void> {
  const [instanceId = ""] = ids;
  for (const [position, one] of wanted.entries())
    if ("portId" in one) await takePort(tx, projectId, { portId: one.portId, instanceId, position });
}

async function newPorts(tx: Tx, joining: readonly Joining[]): Promise<PortWish[]> {
  const growing = joining.filter(({ place }) => place.fresh.length > 0);
  const usual = growing.filter(({ wish }) => wish.input.securityGroupIds === null);
  const projectIds = [...new Set(usual.map(({ wish }) => wish.input.projectId))];
  const defaults = await defaultSecurityGroups(tx, projectIds);
  return growing.flatMap(({ wish, place }) => {
    const { projectId, ids, securityGroupIds } = wish.input;
    const groups = securityGroupIds ?? [defaults.get(projectId)?.id ?? ""];
    return ids.flatMap((id) => place.fresh.map((one) => portOf(projectId, id, one, groups)));
  });
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
  { networkId, address, position, subnetId }: FreshInterface,
  securityGroupIds: readonly string[],
): PortWish {
  const owner = { projectId, instanceId, owner: "instance", deleteWithInstance: true } as const;
  return {
    row: { id: crypto.randomUUID(), networkId, position, mac: null, ...owner },
    addresses: [{ subnetId, address }],
    securityGroupIds,
  };
}
