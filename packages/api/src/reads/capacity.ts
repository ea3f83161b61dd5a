/** What the cloud has, by hypervisor and by availability zone: what runs, what is set aside for guests, what is left. */
import { type Amounts, capacityOf, plus, resourceClasses } from "@madang/core/hypervisor/capacity";
import { type HypervisorState, hypervisorState } from "@madang/core/hypervisor/state";
import { inventory } from "@madang/core/wire/agent";
import type { Database } from "@madang/db";

export type Capacity = {
  /** With overcommit, of those that can take guests or have some. */
  total: Amounts;
  /** Set aside for guests, whether they run or not. */
  allocated: Amounts;
  /** Of that, what running guests have. */
  used: Amounts;
};
export type HypervisorCapacity = Capacity & {
  id: string;
  name: string;
  zone: string;
  state: HypervisorState;
};
export type ZoneCapacity = Capacity & { zone: string; hypervisors: number };
export type CapacityOverview = {
  zones: ZoneCapacity[];
  /** The fullest ones, the fullest first. */
  hypervisors: HypervisorCapacity[];
  /** All of them. */
  count: number;
};

type Row = {
  id: string;
  name: string;
  zone: string;
  enabled: boolean;
  revokedAt: Date | null;
  fencedAt: Date | null;
  fencedBootId: string | null;
  bootId: string | null;
  lastSeenAt: Date | null;
  inventory: unknown;
  cpuAllocationRatio: number;
  ramAllocationRatio: number;
  diskAllocationRatio: number;
  reservedRamMib: number;
  allocated: Partial<Amounts> | null;
  used: Partial<Amounts> | null;
};

const shown = 10;

const query = `SELECT h.id, h.name, h.availability_zone AS zone, h.enabled, h.revoked_at AS "revokedAt",
    h.fenced_at AS "fencedAt", h.fenced_boot_id AS "fencedBootId", h.boot_id AS "bootId", h.last_seen_at AS "lastSeenAt",
    h.inventory, h.cpu_allocation_ratio AS "cpuAllocationRatio", h.ram_allocation_ratio AS "ramAllocationRatio",
    h.disk_allocation_ratio AS "diskAllocationRatio", h.reserved_ram_mib AS "reservedRamMib", a.allocated, a.used
  FROM hypervisor h LEFT JOIN (
    SELECT hypervisor_id, json_object_agg(resource_class, allocated) AS allocated, json_object_agg(resource_class, used) AS used
    FROM (SELECT a.hypervisor_id, a.resource_class, sum(a.amount)::bigint AS allocated,
        coalesce(sum(a.amount) FILTER (WHERE g.observed = 'running'), 0)::bigint AS used
      FROM allocation a JOIN guest g ON g.id = a.guest_id GROUP BY 1, 2) one GROUP BY hypervisor_id) a ON a.hypervisor_id = h.id
  WHERE h.revoked_at IS NULL AND h.inventory IS NOT NULL`;

export async function readCapacity(database: Database): Promise<CapacityOverview> {
  const { rows } = await database.pool.query<Row>(query);
  const now = database.now();
  const all = rows.map((row) => toCapacity(row, now));
  const zones = Map.groupBy(all, ({ zone }) => zone);
  return {
    zones: [...zones].map(([zone, members]) => zoneOf(zone, members)).toSorted(byName),
    hypervisors: all.toSorted((left, right) => fullness(right) - fullness(left)).slice(0, shown),
    count: all.length,
  };
}

function toCapacity(row: Row, now: Date): HypervisorCapacity {
  const known = inventory.safeParse(row.inventory).data;
  return {
    id: row.id,
    name: row.name,
    zone: row.zone,
    state: hypervisorState(row, now),
    total: known ? capacityOf(known, row) : nothing,
    allocated: { ...nothing, ...row.allocated },
    used: { ...nothing, ...row.used },
  };
}

const nothing: Amounts = { VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 };

function zoneOf(zone: string, members: readonly HypervisorCapacity[]): ZoneCapacity {
  const sum = (part: "total" | "allocated" | "used") => members.map((one) => one[part]).reduce(plus, nothing);
  const [total, allocated, used] = [sum("total"), sum("allocated"), sum("used")];
  return { zone, hypervisors: members.length, total, allocated, used };
}

/** By whatever runs out first. */
function fullness({ total, allocated }: Capacity): number {
  return Math.max(...resourceClasses.map((name) => (total[name] > 0 ? allocated[name] / total[name] : 0)));
}

function byName(left: { zone: string }, right: { zone: string }): number {
  return left.zone < right.zone ? -1 : 1;
}
