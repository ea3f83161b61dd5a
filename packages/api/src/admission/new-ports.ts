/** Rows of ports, however many, in as few statements as there are tables. */
import { CloudError } from "@madang/core/errors";
import { newMac } from "@madang/core/network/port-input";
import type { AddressPair } from "@madang/core/network/stored";
import type { PrismaNamespace, Tx } from "@madang/db";
import { type Allocated, allocateAddresses } from "./address.ts";
import { defaultSecurityGroup } from "./default-security-group.ts";
import { idInUse } from "./resource-id.ts";

export type PortRow = {
  id: string;
  projectId: string | null;
  networkId: string;
  name?: string;
  description?: string;
  /** null: one is made. */
  mac: string | null;
  owner?: "none" | "instance" | "router_interface" | "router_gateway";
  instanceId?: string | null;
  routerId?: string | null;
  deleteWithInstance?: boolean;
  position?: number;
  portSecurity?: boolean;
  allowedAddressPairs?: readonly AddressPair[];
};
export type PortAddressWish = { subnetId: string | null; address: string | null; asGateway?: boolean };
export type PortWish = {
  row: PortRow;
  addresses: readonly PortAddressWish[];
  securityGroupIds: readonly string[];
};

/** Call it with their project locked. Throws what `allocateAddresses` does, and Conflict `macTaken` and `idInUse`. */
export async function insertPorts(tx: Tx, wishes: readonly PortWish[], field?: string): Promise<Allocated[]> {
  if (wishes.length === 0) return [];
  await insertRows(
    tx,
    wishes.map(({ row }) => row),
  );
  const groups = wishes.flatMap(({ row, securityGroupIds }) =>
    [...new Set(securityGroupIds)].map((securityGroupId) => ({ portId: row.id, securityGroupId })),
  );
  if (groups.length > 0) await tx.portSecurityGroup.createMany({ data: groups });
  const allocated: Allocated[] = [];
  // In one order for everybody, so that two launches into the same networks can't wait for each other.
  for (const networkId of [...new Set(wishes.map(({ row }) => row.networkId))].sort()) {
    const wanted = wishes
      .filter(({ row }) => row.networkId === networkId)
      .flatMap(({ row, addresses }) => addresses.map((one) => ({ ...one, holder: { portId: row.id } })));
    allocated.push(...(await allocateAddresses(tx, networkId, wanted, field)));
  }
  return allocated;
}

const macTries = 8;

/** Three octets at random meet once in a while: those that did are given another. A port that is there already is never touched. */
async function insertRows(tx: Tx, rows: readonly PortRow[]): Promise<void> {
  let left = [...rows];
  for (let attempt = 0; attempt < macTries; attempt += 1) {
    const data = left.map((row) => dataOf(row));
    const made = await tx.port.createManyAndReturn({ data, skipDuplicates: true, select: { id: true } });
    if (made.length === left.length) return;
    const ids = new Set(made.map(({ id }) => id));
    left = left.filter(({ id }) => !ids.has(id));
    if ((await tx.port.count({ where: { id: { in: left.map(({ id }) => id) } } })) > 0) throw idInUse();
    const chosen = left.find(({ mac }) => mac !== null);
    if (chosen) throw macTaken(chosen.mac ?? "");
  }
  throw new CloudError("Conflict", "No MAC address is left in this network.", { reason: "macsExhausted" });
}

function dataOf({ allowedAddressPairs, mac, ...row }: PortRow): PrismaNamespace.PortCreateManyInput {
  return {
    ...row,
    mac: mac ?? newMac(),
    allowedAddressPairs: (allowedAddressPairs ?? []).map((one) => ({ ...one })),
  };
}

function macTaken(mac: string): CloudError {
  return new CloudError("Conflict", "Another port of this network has this MAC address.", {
    reason: "macTaken",
    params: { mac },
    field: "mac",
  });
}

/** null: the project's default group. Answers whose ids ports get. Throws NotFound for one that is not the project's. */
export async function groupsOf(
  tx: Tx,
  projectId: string,
  wanted: readonly string[] | null,
): Promise<string[]> {
  if (wanted === null) return [(await defaultSecurityGroup(tx, projectId)).id];
  const ids = [...new Set(wanted)];
  if (ids.length === 0) return [];
  const known = await tx.securityGroup.count({ where: { id: { in: ids }, projectId } });
  if (known === ids.length) return ids;
  throw groupNotOfProject();
}

export function groupNotOfProject(): CloudError {
  return new CloudError("NotFound", "There is no such security group in this project.", {
    reason: "securityGroupNotFound",
    field: "securityGroupIds",
  });
}
