/**
 * A launch with "reachable over SSH": what is missing between the world and the new instances is made with them, in the one
 * transaction, and told as steps of their operations. What is there is used.
 */
import { CloudError } from "@madang/core/errors";
import type { LaunchInput } from "@madang/core/instance/launch";
import { securityPresets } from "@madang/core/network/security-preset";
import {
  isSshPath,
  planSshPath,
  type SshPath,
  type SshPathFault,
  sshPathUsage,
} from "@madang/core/network/ssh-path";
import type { Tx } from "@madang/db";
import { readSshPathFacts } from "../reads/ssh-path.ts";
import { networkSubject } from "./change-network.ts";
import { egressRules, insertFirstRules } from "./default-security-group.ts";
import { insertFloatingIp } from "./floating-ip.ts";
import { associate } from "./floating-ip-association.ts";
import type { Launched, LaunchWish } from "./launch-instance.ts";
import { launchPlace, type Place, readPlaces } from "./launch-place.ts";
import { joinNetworks } from "./launch-ports.ts";
import { groupSubject } from "./locked-group.ts";
import { insertNetwork } from "./network.ts";
import { groupsOf } from "./new-ports.ts";
import { requireRoom } from "./quota-room.ts";
import { recordEvent } from "./record.ts";
import { rememberIds } from "./resource-id.ts";
import { insertRouter } from "./router.ts";
import { insertGateway } from "./router-gateway.ts";
import { connectSubnet } from "./router-interface.ts";
import { routerSubject, touchRouter } from "./router-row.ts";
import { insertSubnet } from "./subnet.ts";

/** Of the first of its operations: what was made once is told there. */
type Making = { tx: Tx; actor: LaunchWish["actor"]; projectId: string; operationId: string | null };

/**
 * Call it instead of `joinNetworks`, with the project locked and before anything else is locked that belongs to networks.
 * Throws what that does, QuotaExceeded, Conflict and InvalidInput with a reason of `sshPathFaults`.
 */
export async function joinReachably(tx: Tx, wish: LaunchWish, { operationIds }: Launched): Promise<void> {
  const { actor, input } = wish;
  const { projectId, ids } = input;
  const path = await pathOf(tx, wish);
  const usage = sshPathUsage(path, ids.length);
  const ports = (usage.ports ?? 0) + freshPorts(input) * ids.length;
  await requireRoom(tx, actor, projectId, { ...usage, ports });
  const making: Making = { tx, actor, projectId, operationId: operationIds[0] ?? null };
  const joint = await makeNetwork(making, path);
  const securityGroupIds = await makeGroup(making, path, input.securityGroupIds);
  const networks = networksWith(input.networks, joint.networkId);
  const placed = { ...wish, input: { ...input, networks, securityGroupIds } };
  await joinNetworks(tx, [{ wish: placed, place: await placeOf(tx, placed.input, joint) }]);
  await makeRouter(making, path, joint.subnetId);
  await makeFloatingIps(making, path, joint.networkId, { ids, operationIds });
  await tellSteps(tx, path, operationIds);
}

/** Of one instance. */
function freshPorts({ networks }: LaunchInput): number {
  if (networks === "none" || networks.length === 0) return 1;
  return networks.filter((one) => "networkId" in one).length;
}

/** What the floating IP is to lead to has its address in the subnet that the router connects. */
async function placeOf(tx: Tx, input: LaunchInput, { networkId, subnetId }: Joint): Promise<Place> {
  const { wanted, fresh } = launchPlace(await readPlaces(tx, [input]), input);
  const first = fresh.find((one) => one.networkId === networkId);
  return { wanted, fresh: fresh.map((one) => (one === first ? { ...one, subnetId } : one)) };
}

async function pathOf(tx: Tx, { input, passwordHash }: LaunchWish): Promise<SshPath> {
  const { projectId, networks, securityGroupIds } = input;
  const canSignIn = input.keyPairId !== null || passwordHash !== null;
  const asked = { networks, securityGroupIds };
  const found = planSshPath(await readSshPathFacts(tx, projectId, asked), { ...asked, canSignIn });
  if (isSshPath(found)) return found;
  throw refusal(found);
}

const messages: Record<SshPathFault["fault"], string> = {
  sshNeedsKey: "Choose a key pair or set a password: otherwise nobody could sign in.",
  sshNeedsExternal: "There is no external network that an address could be had of.",
  sshNeedsNetwork: "Choose a network that the instance gets a new port in.",
  sshChooseNetwork: "The project has several networks: choose one.",
  sshNetworkWithoutSubnet: "This network has no subnet.",
  sshNetworkForeign: "This network is shared by another project, and no router of this project is in it.",
  sshSubnetWithoutGateway: "No subnet of this network has a gateway address that a router could take.",
  sshNoRange: "No range is free for a new network.",
};

function refusal({ fault, name }: SshPathFault): CloudError {
  const code = fault === "sshNeedsKey" ? "InvalidInput" : "Conflict";
  return new CloudError(code, messages[fault], { reason: fault, params: { name }, field: "reachable" });
}

type Joint = { networkId: string; subnetId: string };

async function makeNetwork(
  { tx, actor, projectId, operationId }: Making,
  { network, subnet }: SshPath,
): Promise<Joint> {
  if (network.kind === "there" && subnet.kind === "there")
    return { networkId: network.id, subnetId: subnet.id };
  const [networkId, subnetId] = [crypto.randomUUID(), crypto.randomUUID()];
  await rememberIds(tx, projectId, [
    ["network", networkId],
    ["subnet", subnetId],
  ]);
  const { name } = network;
  const made = await insertNetwork(tx, projectId, { id: networkId, name, description: "" });
  await recordEvent(tx, { actor, subject: networkSubject(made), action: "network.create", operationId });
  const more = { description: "", dhcp: true, pools: [], dnsServers: [], hostRoutes: [] };
  await insertSubnet(tx, actor, made, { id: subnetId, name, cidr: subnet.cidr, ...more }, "");
  return { networkId, subnetId };
}

/** What the instances' ports get. */
async function makeGroup(
  { tx, actor, projectId, operationId }: Making,
  { group }: SshPath,
  chosen: readonly string[] | null,
): Promise<string[]> {
  const usual = await groupsOf(tx, projectId, chosen);
  if (group.kind === "there") return usual;
  if (group.kind === "added") return [...usual, group.id];
  const id = crypto.randomUUID();
  const made = await tx.securityGroup.create({ data: { id, projectId, name: group.name } });
  await insertFirstRules(tx, projectId, [...egressRules(id), sshRule(id)]);
  await rememberIds(tx, projectId, [["security_group", id]]);
  const subject = groupSubject(made);
  await recordEvent(tx, { actor, subject, action: "security_group.create", operationId });
  return [...usual, id];
}

function sshRule(securityGroupId: string) {
  const preset = securityPresets.find(({ name }) => name === "ssh");
  if (!preset) throw new TypeError("no preset for SSH");
  const { protocol, portMin, portMax } = preset;
  const id = crypto.randomUUID();
  return { id, securityGroupId, direction: "ingress", protocol, portMin, portMax } as const;
}

/** The network comes first, unless it was chosen among others. */
function networksWith(wanted: LaunchInput["networks"], networkId: string): LaunchInput["networks"] {
  if (wanted !== "none" && wanted.length > 0) return wanted;
  return [{ networkId, address: null }];
}

async function makeRouter(
  { tx, actor, projectId, operationId }: Making,
  { router, external }: SshPath,
  subnetId: string,
): Promise<void> {
  if (router.kind === "there") return;
  if (router.kind === "made") {
    const id = crypto.randomUUID();
    await rememberIds(tx, projectId, [["router", id]]);
    const fields = { id, projectId, name: router.name, description: "", snat: true };
    const wish = { ...fields, externalNetworkId: external.id, subnetIds: [subnetId] };
    return await insertRouter(tx, actor, wish, operationId);
  }
  const row = await tx.router.findUniqueOrThrow({ where: { id: router.id } });
  const subject = routerSubject(row);
  await touchRouter(tx, row.id);
  if (router.kind === "gateway") {
    const network = await insertGateway(tx, row, external.id, "reachable");
    const params = { network: network.name };
    return await recordEvent(tx, { actor, subject, action: "router.set-gateway", operationId, params });
  }
  const { name } = await connectSubnet(tx, row, subnetId, "reachable");
  const params = { subnet: name };
  await recordEvent(tx, { actor, subject, action: "router.add-interface", operationId, params });
}

async function makeFloatingIps(
  { tx, actor, projectId }: Making,
  { external }: SshPath,
  networkId: string,
  { ids, operationIds }: Launched,
): Promise<void> {
  const ports = await tx.port.findMany({
    where: { instanceId: { in: ids }, networkId },
    orderBy: { position: "asc" },
  });
  for (const [index, instanceId] of ids.entries()) {
    const port = ports.find((one) => one.instanceId === instanceId);
    if (!port) throw new TypeError("an instance without a port");
    const operationId = operationIds[index] ?? null;
    const id = crypto.randomUUID();
    await rememberIds(tx, projectId, [["floating_ip", id]]);
    const wish = { id, projectId, networkId: external.id, address: null, description: "" };
    const floatingIp = await insertFloatingIp(tx, actor, wish, operationId);
    await associate(tx, actor, floatingIp, { portId: port.id, fixedAddress: null }, operationId);
  }
}

/** What was made is done with the transaction; the steps of the launch itself follow. */
async function tellSteps(tx: Tx, path: SshPath, operationIds: readonly string[]): Promise<void> {
  const parts = [
    ["network", path.network.kind === "made"],
    ["router", path.router.kind !== "there"],
    ["security-group", path.group.kind !== "there"],
    ["floating-ip", true],
  ] as const;
  const made = parts.flatMap(([name, isMade]) => (isMade ? [{ name, state: "succeeded" }] : []));
  await tx.$executeRaw`UPDATE operation SET steps = ${JSON.stringify(made)}::jsonb || steps
    WHERE id = ANY(${[...operationIds]}::uuid[])`;
}
