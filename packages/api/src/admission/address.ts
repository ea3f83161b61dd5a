/**
 * Gives addresses of a network's subnets to ports and floating IPs. The key (subnet, address) is why none is given twice,
 * whoever races; the lock on the subnets makes those who want the next free one take turns, so that "there is none" is
 * exact. Lock order: project → instance → network → its subnets.
 */
import { CloudError } from "@madang/core/errors";
import { contains, toNumber } from "@madang/core/network/cidr";
import { storedPools } from "@madang/core/network/stored";
import { isHostOf } from "@madang/core/network/subnet";
import type { Tx } from "@madang/db";

export type Holder = { portId: string } | { floatingIpId: string };
/**
 * `address` null: the next free one of the pools; else any host of a subnet that nobody holds, in a
 * network of the cloud only of its pools. `subnetId` null: the subnet
 * of the address, or the first with room. Only a router's interface may ask for the gateway's address.
 */
export type AddressWish = {
  holder: Holder;
  address: string | null;
  subnetId?: string | null;
  asGateway?: boolean;
};
export type Allocated = { holder: Holder; subnetId: string; address: string };

type SubnetRow = {
  id: string;
  name: string;
  cidr: string;
  gateway: string | null;
  pools: unknown;
  /** Of a network of the cloud: beside the pools are machines that are not the cloud's. */
  ofCloud: boolean;
};

/**
 * All of them or none, in as many statements as there are subnets to take from. Throws Conflict `subnetExhausted` (naming
 * the subnet) and `addressTaken`, InvalidInput `addressNotInSubnet`, `addressReserved`, `addressNotInPools` and `networkWithoutSubnet`, NotFound
 * `subnetNotFound`.
 */
export async function allocateAddresses(
  tx: Tx,
  networkId: string,
  wishes: readonly AddressWish[],
  field = "address",
): Promise<Allocated[]> {
  if (wishes.length === 0) return [];
  const subnets = await lockSubnets(tx, networkId);
  if (subnets.length === 0)
    throw new CloudError("InvalidInput", "This network has no subnet to take an address from.", {
      reason: "networkWithoutSubnet",
      field,
    });
  const chosen = wishes.flatMap((wish) =>
    wish.address === null ? [] : [chosenOf(wish, wish.address, subnets, field)],
  );
  await takeChosen(tx, chosen, field);
  const open = wishes.filter(({ address }) => address === null);
  return [...chosen, ...(await takeFree(tx, subnets, open, field))];
}

async function lockSubnets(tx: Tx, networkId: string): Promise<SubnetRow[]> {
  return await tx.$queryRaw<SubnetRow[]>`
    SELECT subnet.id, subnet.name, cidr, gateway, allocation_pools AS pools, network.project_id IS NULL AS "ofCloud"
    FROM subnet JOIN network ON network.id = network_id WHERE network_id = ${networkId}::uuid
    ORDER BY subnet.created_at, subnet.id FOR NO KEY UPDATE OF subnet`;
}

function chosenOf(
  { holder, subnetId, asGateway }: AddressWish,
  address: string,
  subnets: readonly SubnetRow[],
  field: string,
): Allocated {
  const among = subnetId ? subnets.filter(({ id }) => id === subnetId) : subnets;
  if (among.length === 0) throw subnetNotFound();
  const subnet = among.find(({ cidr }) => contains(cidr, address));
  if (!subnet) {
    const params = { address, subnets: among.map(({ cidr }) => cidr).join(", ") };
    throw new CloudError("InvalidInput", "This address is in none of the network's subnets.", {
      reason: "addressNotInSubnet",
      params,
      field,
    });
  }
  const isGateway = address === subnet.gateway && !asGateway;
  if (isGateway || !isHostOf(subnet.cidr, address))
    throw new CloudError("InvalidInput", "This is the subnet's gateway, its own or its broadcast address.", {
      reason: "addressReserved",
      params: { address, subnet: subnet.cidr },
      field,
    });
  if (subnet.ofCloud && !asGateway && !isPooled(subnet, address))
    throw new CloudError("InvalidInput", "This address is not one that the network gives out.", {
      reason: "addressNotInPools",
      params: { address, subnet: subnet.cidr },
      field,
    });
  return { holder, subnetId: subnet.id, address };
}

function isPooled({ pools }: SubnetRow, address: string): boolean {
  const at = toNumber(address);
  return storedPools(pools).some(({ start, end }) => toNumber(start) <= at && at <= toNumber(end));
}

async function takeChosen(tx: Tx, chosen: readonly Allocated[], field: string): Promise<void> {
  if (chosen.length === 0) return;
  const { count } = await tx.ipAllocation.createMany({
    data: chosen.map(({ holder, ...at }) => ({ ...at, ...holder })),
    skipDuplicates: true,
  });
  if (count === chosen.length) return;
  const held = await tx.ipAllocation.findMany({
    where: { OR: chosen.map(({ subnetId, address }) => ({ subnetId, address })) },
  });
  const mine = (one: Allocated) =>
    held.some((row) => row.address === one.address && isHolder(row, one.holder));
  const address = chosen.find((one) => !mine(one))?.address ?? chosen[0]?.address ?? "";
  throw new CloudError("Conflict", "Somebody has this address already.", {
    reason: "addressTaken",
    params: { address },
    field,
  });
}

function isHolder(row: { portId: string | null; floatingIpId: string | null }, holder: Holder): boolean {
  return "portId" in holder ? row.portId === holder.portId : row.floatingIpId === holder.floatingIpId;
}

/** In the order of the wishes; what the first subnet has no room for comes from the next. */
async function takeFree(
  tx: Tx,
  subnets: readonly SubnetRow[],
  wishes: readonly AddressWish[],
  field: string,
): Promise<Allocated[]> {
  const taken: Allocated[] = [];
  let left = [...wishes];
  for (const { id } of subnets) {
    const here = left.filter(({ subnetId }) => !subnetId || subnetId === id);
    const got = here.length === 0 ? [] : await takeFrom(tx, id, here);
    const served = new Set(here.slice(0, got.length));
    taken.push(...got);
    left = left.filter((wish) => !served.has(wish));
  }
  if (left.length === 0) return taken;
  const asked = left.flatMap(({ subnetId }) => subnetId ?? []);
  const full = asked.length > 0 ? subnets.filter(({ id }) => asked.includes(id)) : subnets;
  if (full.length === 0) throw subnetNotFound();
  const named = full.map(({ name, cidr }) => `${name} (${cidr})`).join(", ");
  throw new CloudError("Conflict", `No address is left in ${named}.`, {
    reason: "subnetExhausted",
    params: { subnet: named, missing: left.length },
    field,
  });
}

function keyOf(holder: Holder): string {
  return "portId" in holder ? holder.portId : holder.floatingIpId;
}

/**
 * The lowest free ones. With n held, the first k free lie among the first n + k of the pools, so a large subnet costs what
 * is held of it and not its size. The gateway stays out even of a pool that was laid before it was there.
 */
async function takeFrom(tx: Tx, subnetId: string, wishes: readonly AddressWish[]): Promise<Allocated[]> {
  const holders = wishes.map(({ holder }) => keyOf(holder));
  const isPort = wishes.map(({ holder }) => "portId" in holder);
  const rows = await tx.$queryRaw<{ address: string }[]>`
    WITH held AS (SELECT address FROM ip_allocation WHERE subnet_id = ${subnetId}::uuid),
    free AS (
      SELECT (pool.start + step.step) AS address
      FROM subnet, jsonb_to_recordset(subnet.allocation_pools) AS pool (start inet, "end" inet),
        LATERAL generate_series(0, least(pool."end" - pool.start,
          (SELECT count(*) FROM held) + ${holders.length}::int)) AS step (step)
      WHERE subnet.id = ${subnetId}::uuid
        AND (subnet.gateway IS NULL OR pool.start + step.step <> subnet.gateway::inet)
        AND NOT EXISTS (SELECT 1 FROM held WHERE held.address = pool.start + step.step)
      ORDER BY 1 LIMIT ${holders.length}::int),
    numbered AS (SELECT address, row_number() OVER (ORDER BY address) AS place FROM free),
    wish AS (SELECT * FROM unnest(${holders}::uuid[], ${isPort}::boolean[])
      WITH ORDINALITY AS wish (holder, is_port, place))
    INSERT INTO ip_allocation (subnet_id, address, port_id, floating_ip_id)
    SELECT ${subnetId}::uuid, numbered.address, CASE WHEN wish.is_port THEN wish.holder END,
      CASE WHEN NOT wish.is_port THEN wish.holder END
    FROM numbered JOIN wish USING (place)
    RETURNING host(address) AS address`;
  // The lowest went to the first wish, and so on.
  const addresses = rows
    .map(({ address }) => address)
    .sort((left, right) => toNumber(left) - toNumber(right));
  return addresses.flatMap((address, index) => {
    const wish = wishes[index];
    return wish ? [{ holder: wish.holder, subnetId, address }] : [];
  });
}

export function subnetNotFound(): CloudError {
  return new CloudError("NotFound", "There is no such subnet in this network.", { reason: "subnetNotFound" });
}
