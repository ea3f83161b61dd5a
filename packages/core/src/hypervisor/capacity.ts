/** Capacity with overcommit, in Placement's resource classes: VCPU, MEMORY_MB (MiB), DISK_GB (GiB). */
import type { Inventory } from "../wire/agent.ts";

export const resourceClasses = ["VCPU", "MEMORY_MB", "DISK_GB"] as const;
export type ResourceClass = (typeof resourceClasses)[number];
export type Amounts = Record<ResourceClass, number>;

export type CapacityPolicy = {
  cpuAllocationRatio: number;
  ramAllocationRatio: number;
  diskAllocationRatio: number;
  reservedRamMib: number;
};

export function capacityOf(inventory: Inventory, policy: CapacityPolicy): Amounts {
  return {
    VCPU: Math.floor(inventory.vcpus * policy.cpuAllocationRatio),
    MEMORY_MB: Math.floor(Math.max(0, inventory.ramMib - policy.reservedRamMib) * policy.ramAllocationRatio),
    DISK_GB: Math.floor(inventory.diskGib * policy.diskAllocationRatio),
  };
}

/** What is not asked for needs no room, also where more is taken than there is. */
export function fits(capacity: Amounts, used: Amounts, wanted: Amounts): boolean {
  return resourceClasses.every((name) => wanted[name] === 0 || used[name] + wanted[name] <= capacity[name]);
}

export function plus(left: Amounts, right: Amounts): Amounts {
  return {
    VCPU: left.VCPU + right.VCPU,
    MEMORY_MB: left.MEMORY_MB + right.MEMORY_MB,
    DISK_GB: left.DISK_GB + right.DISK_GB,
  };
}

export function amountsOf(instance: { vcpus: number; ramMib: number; diskGib: number }): Amounts {
  return { VCPU: instance.vcpus, MEMORY_MB: instance.ramMib, DISK_GB: instance.diskGib };
}
