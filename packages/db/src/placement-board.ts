/**
 * What placement looks at: every hypervisor with what it has and what is taken, read without locks. A ranking, not a
 * claim: whoever takes room locks the hypervisor and reads it again.
 */
import { type Amounts, capacityOf, plus } from "@madang/core/hypervisor/capacity";
import type { Candidate, FlavorSize } from "@madang/core/hypervisor/placement";
import { offeredBy, storedProperties } from "@madang/core/hypervisor/property";
import { hypervisorState } from "@madang/core/hypervisor/state";
import { type Weights, weightsFrom } from "@madang/core/hypervisor/weight";
import { capabilities, inventory } from "@madang/core/wire/agent";
import type { Prisma, Tx } from "./client.ts";
import { type Hypervisor, Prisma as PrismaNamespace } from "./generated/client.ts";

export type PlacementReading = {
  candidates: Candidate[];
  flavors: FlavorSize[];
  weights: Weights;
};

export type PlacementBoard = {
  /** A reading at most this old, ms; calls that come together share one. */
  read: (maxAgeMs: number) => Promise<PlacementReading>;
  /** Counts what was just claimed, until the next reading has it. */
  take: (hypervisorId: string, amounts: Amounts) => void;
  /** The next read is a new one. */
  forget: () => void;
};

type Deps = { prisma: Prisma; now: () => Date };

export function openPlacementBoard({ prisma, now }: Deps): PlacementBoard {
  let last: { readAt: number; reading: Promise<PlacementReading> } | null = null;
  const forget = () => {
    last = null;
  };
  const read = (maxAgeMs: number) => {
    if (last && performance.now() - last.readAt <= maxAgeMs) return last.reading;
    const readAt = performance.now();
    const reading = readPlacement(prisma, now());
    last = { readAt, reading };
    reading.catch(forget);
    return reading;
  };
  const take = (hypervisorId: string, amounts: Amounts) => {
    void last?.reading.then(
      ({ candidates }) => {
        const index = candidates.findIndex(({ id }) => id === hypervisorId);
        const candidate = candidates[index];
        if (candidate) candidates[index] = { ...candidate, used: plus(candidate.used, amounts) };
      },
      () => {},
    );
  };
  return { read, take, forget };
}

async function readPlacement(prisma: Prisma, now: Date): Promise<PlacementReading> {
  const [candidates, flavors, weights] = await Promise.all([
    readCandidates(prisma, now),
    prisma.flavor.findMany({ where: { enabled: true, isPublic: true } }),
    prisma.placementWeight.findMany(),
  ]);
  return {
    candidates,
    flavors: flavors.map((flavor) => ({
      ...flavor,
      requiredProperties: storedProperties(flavor.requiredProperties),
    })),
    weights: weightsFrom(weights),
  };
}

type CandidateRow = Omit<Hypervisor, "reportSequence" | "orphans" | "storage"> & {
  networks: boolean;
  hasStorage: boolean;
  usedVcpus: number;
  usedRamMib: number;
  usedDiskGib: number;
  guests: number;
  failedGuests: number;
  aggregates: unknown[];
};

export function readCandidates(tx: Pick<Tx, "$queryRaw">, now: Date): Promise<Candidate[]> {
  return queryCandidates(tx, PrismaNamespace.sql`h.revoked_at IS NULL`, now);
}

/** One hypervisor with its allocations summed now; exact when its row is locked. null when there is none. */
export async function readCandidate(
  tx: Pick<Tx, "$queryRaw">,
  id: string,
  now: Date,
): Promise<Candidate | null> {
  const [candidate] = await queryCandidates(tx, PrismaNamespace.sql`h.id = ${id}::uuid`, now);
  return candidate ?? null;
}

/** One query whatever the number of hypervisors: sums, guests and aggregates are grouped once and joined. */
async function queryCandidates(
  tx: Pick<Tx, "$queryRaw">,
  where: PrismaNamespace.Sql,
  now: Date,
): Promise<Candidate[]> {
  const rows = await tx.$queryRaw<CandidateRow[]>`
    SELECT h.id::text AS id, h.enabled, h.availability_zone AS "availabilityZone", h.revoked_at AS "revokedAt",
      h.fenced_at AS "fencedAt", h.fenced_boot_id::text AS "fencedBootId", h.boot_id::text AS "bootId",
      h.last_seen_at AS "lastSeenAt", h.cpu_allocation_ratio AS "cpuAllocationRatio",
      h.ram_allocation_ratio AS "ramAllocationRatio", h.disk_allocation_ratio AS "diskAllocationRatio",
      h.reserved_ram_mib AS "reservedRamMib", h.inventory, h.capabilities,
      coalesce(h.network ->> 'datapath' <> 'none', true) AS networks,
      h.storage IS NOT NULL AS "hasStorage",
      coalesce(a.vcpus, 0)::float8 AS "usedVcpus", coalesce(a.ram, 0)::float8 AS "usedRamMib",
      (coalesce(a.disk, 0) + coalesce(v.gib, 0))::float8 AS "usedDiskGib", coalesce(g.guests, 0)::int AS guests,
      coalesce(g.failed, 0)::int AS "failedGuests", coalesce(p.properties, '[]') AS aggregates
    FROM hypervisor h
    LEFT JOIN (SELECT hypervisor_id, sum(amount) FILTER (WHERE resource_class = 'VCPU') AS vcpus,
        sum(amount) FILTER (WHERE resource_class = 'MEMORY_MB') AS ram,
        sum(amount) FILTER (WHERE resource_class = 'DISK_GB') AS disk
      FROM allocation GROUP BY hypervisor_id) a ON a.hypervisor_id = h.id
    LEFT JOIN (SELECT hypervisor_id, sum(size_gib) AS gib FROM volume WHERE hypervisor_id IS NOT NULL
      GROUP BY hypervisor_id) v ON v.hypervisor_id = h.id
    LEFT JOIN (SELECT hypervisor_id, count(*) AS guests, count(*) FILTER (WHERE observed = 'failed') AS failed
      FROM guest GROUP BY hypervisor_id) g ON g.hypervisor_id = h.id
    LEFT JOIN (SELECT m.hypervisor_id, jsonb_agg(x.properties) AS properties
      FROM host_aggregate_member m JOIN host_aggregate x ON x.id = m.aggregate_id
      GROUP BY m.hypervisor_id) p ON p.hypervisor_id = h.id
    WHERE ${where}`;
  return rows.map((row) => candidateOf(row, now));
}

const nothingOffered = offeredBy([]);

function candidateOf(row: CandidateRow, now: Date): Candidate {
  const has = inventory.safeParse(row.inventory).data;
  const can = capabilities.safeParse(row.capabilities).data;
  return {
    id: row.id,
    state: hypervisorState(row, now),
    enabled: row.enabled,
    availabilityZone: row.availabilityZone,
    offered: row.aggregates.length === 0 ? nothingOffered : offeredBy(row.aggregates.map(storedProperties)),
    realDisks: can?.realDisks ?? null,
    networks: row.networks,
    storage: row.hasStorage,
    hardware: capabilities.safeParse(row.capabilities).data?.hardware ?? null,
    bootsFromVolume: can?.bootsFromVolume ?? false,
    capacity: has ? capacityOf(has, row) : null,
    used: { VCPU: row.usedVcpus, MEMORY_MB: row.usedRamMib, DISK_GB: row.usedDiskGib },
    guests: row.guests,
    failedGuests: row.failedGuests,
  };
}
