import { type Amounts, capacityOf } from "@madang/core/hypervisor/capacity";
import { type HypervisorState, hypervisorState } from "@madang/core/hypervisor/state";
import {
  capabilities,
  type HypervisorNetwork,
  hypervisorNetwork,
  type Inventory,
  inventory,
} from "@madang/core/wire/agent";
import type { Database } from "@madang/db";
import { z } from "zod";
import { listPage, type Page, type PageInput } from "../list.ts";
import { type OrphanItem, orphanItem, orphansOfHypervisor } from "./orphan.ts";
import { type OrphanVolumeItem, orphanVolumeItem, orphanVolumesOfHypervisor } from "./orphan-volume.ts";

export type HypervisorItem = {
  id: string;
  name: string;
  state: HypervisorState;
  enabled: boolean;
  disabledReason: string;
  driver: string;
  acceleration: "kvm" | "tcg" | "none" | null;
  /** null: it has reported nothing of it. */
  network: HypervisorNetwork | null;
  agentVersion: string;
  availabilityZone: string;
  lastSeenAt: Date | null;
  /** With overcommit; null as long as the agent has reported nothing. */
  capacity: Amounts | null;
  used: Amounts;
  inventory: Inventory | null;
  guests: number;
  /** A fence is asked for and not yet carried out. */
  fencePending: boolean;
  cpuAllocationRatio: number;
  ramAllocationRatio: number;
  diskAllocationRatio: number;
  reservedRamMib: number;
  /** The first few guests found there that no instance names; shown, and never touched unless somebody says so. */
  orphans: OrphanItem[];
  orphanCount: number;
  /** The same of volumes. */
  orphanVolumes: OrphanVolumeItem[];
  orphanVolumeCount: number;
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
  | "cpuAllocationRatio"
  | "ramAllocationRatio"
  | "diskAllocationRatio"
  | "reservedRamMib"
> & {
  fenceRequestedAt: Date | null;
  revokedAt: Date | null;
  fencedAt: Date | null;
  fencedBootId: string | null;
  bootId: string | null;
  inventory: unknown;
  capabilities: unknown;
  network: unknown;
  orphans: unknown;
  orphanVolumes: unknown;
  used: Partial<Amounts> | null;
};

const select = `h.id, h.name, h.enabled, h.disabled_reason AS "disabledReason", h.driver,
  h.agent_version AS "agentVersion", h.availability_zone AS "availabilityZone", h.last_seen_at AS "lastSeenAt",
  h.created_at AS "createdAt", h.revoked_at AS "revokedAt", h.fenced_at AS "fencedAt",
  h.fence_requested_at AS "fenceRequestedAt", h.fenced_boot_id AS "fencedBootId", h.boot_id AS "bootId",
  h.cpu_allocation_ratio AS "cpuAllocationRatio", h.ram_allocation_ratio AS "ramAllocationRatio",
  h.disk_allocation_ratio AS "diskAllocationRatio", h.reserved_ram_mib AS "reservedRamMib", h.inventory, h.capabilities, h.network,
  ${orphansOfHypervisor} AS orphans, ${orphanVolumesOfHypervisor} AS "orphanVolumes", (SELECT count(*)::int FROM guest g WHERE g.hypervisor_id = h.id) AS guests,
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

/** An older report may say what nobody understands any more. */
const foundOrphans = z.object({ count: z.int(), first: z.array(orphanItem) }).catch({ count: 0, first: [] });

const foundVolumes = z.object({ count: z.int(), first: z.array(orphanVolumeItem) });

function toItem(row: Row, now: Date): HypervisorItem {
  const orphans = foundOrphans.parse(row.orphans);
  const volumes = foundVolumes.parse(row.orphanVolumes);
  const known = inventory.nullable().catch(null).parse(row.inventory);
  return {
    id: row.id,
    name: row.name,
    state: hypervisorState(row, now),
    enabled: row.enabled,
    disabledReason: row.disabledReason,
    driver: row.driver,
    acceleration: capabilities.nullable().catch(null).parse(row.capabilities)?.acceleration ?? null,
    network: hypervisorNetwork.nullable().catch(null).parse(row.network),
    agentVersion: row.agentVersion,
    availabilityZone: row.availabilityZone,
    lastSeenAt: row.lastSeenAt,
    capacity: known && capacityOf(known, row),
    used: { VCPU: row.used?.VCPU ?? 0, MEMORY_MB: row.used?.MEMORY_MB ?? 0, DISK_GB: row.used?.DISK_GB ?? 0 },
    inventory: known,
    guests: row.guests,
    fencePending: row.fenceRequestedAt !== null && row.fenceRequestedAt.getTime() !== row.fencedAt?.getTime(),
    cpuAllocationRatio: row.cpuAllocationRatio,
    ramAllocationRatio: row.ramAllocationRatio,
    diskAllocationRatio: row.diskAllocationRatio,
    reservedRamMib: row.reservedRamMib,
    orphans: orphans.first,
    orphanCount: orphans.count,
    orphanVolumes: volumes.first,
    orphanVolumeCount: volumes.count,
    createdAt: row.createdAt,
  };
}
