/** Every hypervisor with what it has and what is taken, read without locks: a ranking, not a claim. */
import { type Amounts, amountsOf, capacityOf, resourceClasses } from "@madang/core/hypervisor/capacity";
import { hypervisorState } from "@madang/core/hypervisor/state";
import { capabilities, inventory } from "@madang/core/wire/agent";
import { guestSpec } from "@madang/core/wire/guest";
import type { Hypervisor, Instance, Tx } from "@madang/db";
import type { Candidate, PlacementRequest } from "./filters.ts";

type Reader = Pick<Tx, "hypervisor" | "allocation">;

export async function readCandidates(tx: Reader, now: Date): Promise<Candidate[]> {
  const hypervisors = await tx.hypervisor.findMany({ where: { revokedAt: null } });
  const sums = await tx.allocation.groupBy({
    by: ["hypervisorId", "resourceClass"],
    _sum: { amount: true },
  });
  return hypervisors.map((row) => {
    const own = sums.filter(({ hypervisorId }) => hypervisorId === row.id);
    return candidateOf(row, usedAmounts(own), now);
  });
}

/** One hypervisor with its allocations summed now; exact when its row is locked. null when it is gone or revoked. */
export async function readCandidate(tx: Reader, id: string, now: Date): Promise<Candidate | null> {
  const row = await tx.hypervisor.findUnique({ where: { id } });
  if (!row) return null;
  const sums = await tx.allocation.groupBy({
    by: ["resourceClass"],
    where: { hypervisorId: id },
    _sum: { amount: true },
  });
  return candidateOf(row, usedAmounts(sums), now);
}

function usedAmounts(sums: { resourceClass: string; _sum: { amount: number | null } }[]): Amounts {
  const of = (name: string) => sums.find(({ resourceClass }) => resourceClass === name)?._sum.amount ?? 0;
  const [vcpu, memory, disk] = resourceClasses.map(of);
  return { VCPU: vcpu ?? 0, MEMORY_MB: memory ?? 0, DISK_GB: disk ?? 0 };
}

function candidateOf(row: Hypervisor, used: Amounts, now: Date): Candidate {
  const has = inventory.safeParse(row.inventory).data;
  return {
    id: row.id,
    state: hypervisorState(row, now),
    enabled: row.enabled,
    availabilityZone: row.availabilityZone,
    realDisks: capabilities.safeParse(row.capabilities).data?.realDisks ?? null,
    capacity: has ? capacityOf(has, row) : null,
    used,
  };
}

const bytesPerGib = 1024 ** 3;

/** What an instance takes; a flavor with disk 0 takes what its image's disk is. */
export function wantedAmounts(
  instance: Pick<Instance, "vcpus" | "ramMib" | "diskGib" | "imageSource">,
): Amounts {
  const image = guestSpec.shape.image.parse(instance.imageSource);
  const amounts = amountsOf(instance);
  return { ...amounts, DISK_GB: Math.max(amounts.DISK_GB, Math.ceil(image.virtualSizeBytes / bytesPerGib)) };
}

export function placementRequest(instance: Instance, candidates: readonly Candidate[]): PlacementRequest {
  return {
    amounts: wantedAmounts(instance),
    availabilityZone: instance.availabilityZone,
    excluded: new Set(instance.excludedHypervisors),
    realDisksExist: candidates.some(({ realDisks }) => realDisks === true),
  };
}
