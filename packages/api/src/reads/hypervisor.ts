import { type Amounts, capacityOf } from "@madang/core/hypervisor/capacity";
import { type HypervisorState, hypervisorState } from "@madang/core/hypervisor/state";
import { capabilities, type Inventory, inventory, orphan } from "@madang/core/wire/agent";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";

export type HypervisorItem = {
  id: string;
  name: string;
  state: HypervisorState;
  enabled: boolean;
  disabledReason: string;
  driver: string;
  acceleration: "kvm" | "tcg" | "none" | null;
  agentVersion: string;
  availabilityZone: string;
  lastSeenAt: Date | null;
  /** With overcommit; null as long as the agent has reported nothing. */
  capacity: Amounts | null;
  used: Amounts;
  inventory: Inventory | null;
  guests: number;
  /** Guests found there that nobody asked for. They are shown, never touched. */
  orphans: z.infer<typeof orphan>[];
  createdAt: Date;
};

type Row = Pick<
  HypervisorItem,
  | "id"
  | "name"
  | "enabled"
  | "disabledReason"
  | "driver"
  | "agentVersion"
  | "availabilityZone"
  | "lastSeenAt"
  | "guests"
  | "createdAt"
> & {
  revokedAt: Date | null;
  fencedAt: Date | null;
  fencedBootId: string | null;
  bootId: string | null;
  cpuAllocationRatio: number;
  ramAllocationRatio: number;
  diskAllocationRatio: number;
  reservedRamMib: number;
  inventory: unknown;
  capabilities: unknown;
  orphans: unknown;
  used: Partial<Amounts> | null;
};

const select = `h.id, h.name, h.enabled, h.disabled_reason AS "disabledReason", h.driver,
  h.agent_version AS "agentVersion", h.availability_zone AS "availabilityZone", h.last_seen_at AS "lastSeenAt",
  h.created_at AS "createdAt", h.revoked_at AS "revokedAt", h.fenced_at AS "fencedAt",
  h.fenced_boot_id AS "fencedBootId", h.boot_id AS "bootId",
  h.cpu_allocation_ratio AS "cpuAllocationRatio", h.ram_allocation_ratio AS "ramAllocationRatio",
  h.disk_allocation_ratio AS "diskAllocationRatio", h.reserved_ram_mib AS "reservedRamMib", h.inventory, h.capabilities,
  h.orphans, (SELECT count(*)::int FROM guest g WHERE g.hypervisor_id = h.id) AS guests,
  (SELECT json_object_agg(a.resource_class, a.amount) FROM (SELECT resource_class, sum(amount) AS amount FROM allocation
     WHERE hypervisor_id = h.id GROUP BY resource_class) a) AS used`;
const sorts = {
  name: { column: "h.name", type: "text" },
  createdAt: { column: "h.created_at", type: "timestamptz" },
} as const;

export function listHypervisors(database: Database, input: PageInput): Promise<Page<HypervisorItem>> {
  const now = database.now();
  const query = { select, from: "hypervisor h", id: "h.id", sorts, defaultSort: "name", where: [] };
  return listPage<Row, HypervisorItem>(database, { ...query, toItem: (row) => toItem(row, now) }, input);
}

function toItem(row: Row, now: Date): HypervisorItem {
  const known = inventory.nullable().catch(null).parse(row.inventory);
  return {
    id: row.id,
    name: row.name,
    state: hypervisorState(row, now),
    enabled: row.enabled,
    disabledReason: row.disabledReason,
    driver: row.driver,
    acceleration: capabilities.nullable().catch(null).parse(row.capabilities)?.acceleration ?? null,
    agentVersion: row.agentVersion,
    availabilityZone: row.availabilityZone,
    lastSeenAt: row.lastSeenAt,
    capacity: known && capacityOf(known, row),
    used: { VCPU: row.used?.VCPU ?? 0, MEMORY_MB: row.used?.MEMORY_MB ?? 0, DISK_GB: row.used?.DISK_GB ?? 0 },
    inventory: known,
    guests: row.guests,
    orphans: z.array(orphan).catch([]).parse(row.orphans),
    createdAt: row.createdAt,
  };
}
