/** Where launches want their interfaces. Read once for all of them, judged for each. */
import { CloudError } from "@madang/core/errors";
import type { LaunchInput } from "@madang/core/instance/launch";
import type { LaunchNetworks } from "@madang/core/network/interface-input";
import type { Tx } from "@madang/db";
import { groupNotOfProject } from "./new-ports.ts";
import { holdNetworks, requireUsable, type UsableNetwork } from "./usable-network.ts";

type Places = {
  /** By project, the network of those that say nothing. */
  usual: ReadonlyMap<string, string>;
  networks: ReadonlyMap<string, UsableNetwork>;
  /** By security group, its project. */
  groups: ReadonlyMap<string, string>;
};

type Interface = Exclude<LaunchNetworks, "none">[number];
/** `subnetId` null: whichever has room, or the one of the address. */
export type FreshInterface = Extract<Interface, { networkId: string }> & {
  position: number;
  subnetId: string | null;
};
/** `wanted`: in the order in which the guest shall see them; `fresh`: those of which each instance gets a new port. */
export type Place = { wanted: readonly Interface[]; fresh: readonly FreshInterface[] };
export const nowhere: Place = { wanted: [], fresh: [] };

/** `networks`: how many the project has. False: certainly none, without asking anything. */
export function mayHaveInterfaces(input: LaunchInput, networks: number): boolean {
  if (input.networks === "none") return false;
  return input.networks.length > 0 || networks > 0;
}

/** Everything that one of the launches names, whoever may use it; networks stay as they are until the transaction ends. */
export async function readPlaces(tx: Tx, inputs: readonly LaunchInput[]): Promise<Places> {
  const silent = inputs.filter(({ networks }) => networks !== "none" && networks.length === 0);
  const usual = await usualNetworks(tx, [...new Set(silent.map(({ projectId }) => projectId))]);
  const named = inputs.flatMap(({ networks }) => (networks === "none" ? [] : networks));
  const networkIds = named.flatMap((one) => ("networkId" in one ? [one.networkId] : []));
  const networks = await holdNetworks(tx, [...networkIds, ...usual.values()]);
  return { usual, networks, groups: await readGroups(tx, inputs) };
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

async function readGroups(tx: Tx, inputs: readonly LaunchInput[]): Promise<Map<string, string>> {
  const ids = [...new Set(inputs.flatMap(({ securityGroupIds }) => securityGroupIds ?? []))];
  if (ids.length === 0) return new Map();
  const groups = await tx.securityGroup.findMany({
    where: { id: { in: ids } },
    select: { id: true, projectId: true },
  });
  return new Map(groups.map(({ id, projectId }) => [id, projectId]));
}

/** Throws NotFound, InvalidInput. */
export function launchPlace({ usual, networks, groups }: Places, input: LaunchInput): Place {
  const { projectId, ids, securityGroupIds } = input;
  const wanted = interfacesOf(input, usual);
  requireOneInstance(wanted, ids.length);
  const fresh = wanted.flatMap((one, position) =>
    "networkId" in one ? [{ ...one, position, subnetId: null }] : [],
  );
  for (const { networkId } of fresh) requireUsable(networks.get(networkId), projectId, "networks");
  const foreign = fresh.length > 0 && securityGroupIds?.some((id) => groups.get(id) !== projectId);
  if (foreign) throw groupNotOfProject();
  return { wanted, fresh };
}

function interfacesOf(
  { projectId, networks }: LaunchInput,
  usual: ReadonlyMap<string, string>,
): readonly Interface[] {
  if (networks === "none") return [];
  if (networks.length > 0) return networks;
  const networkId = usual.get(projectId);
  return networkId === undefined ? [] : [{ networkId, address: null }];
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
