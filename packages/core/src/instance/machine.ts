/** Pinned on every instance at launch, never an alias: a guest keeps its machine for life (16 PCIe root ports are added by the driver). */
export const machineType = "pc-q35-7.2";

/** How long a launch waits for capacity before NoValidHost becomes ERROR, ms. */
export const scheduleTimeoutMs = 120_000;

/** How long a deleted instance can be restored, ms. Nova's own (`reclaim_instance_interval`) is 0: not at all. */
export const reclaimMs = 30 * 60_000;

/** How long a forced deletion waits for an answer of a hypervisor that is up, ms. */
export const forcePatienceMs = 30_000;

/** How long after that deadline a hypervisor may go on failing a first build for a passing cause before it counts as failed, ms. */
export const buildPatienceMs = 300_000;
