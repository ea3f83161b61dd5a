/**
 * All volumes of this hypervisor. A volume is converged while a snapshot names it; one that no snapshot names any more is
 * left exactly as it is, and is reported as an orphan if it is there: only an administrator's explicit order removes it.
 */
import type { Snapshot } from "@madang/core/wire/agent";
import type { OrphanVolume, StoragePool, VolumeReport, VolumeSpec } from "@madang/core/wire/volume";
import type { ListedVolume } from "@madang/drivers/storage/driver";
import { createOrphanOrders } from "../converge/orphan-orders.ts";
import { volumeInUse } from "./holders.ts";
import { createVolumeWorker, type VolumeDeps, type VolumeWorker } from "./volume.ts";

export type Volumes = {
  apply: (snapshot: Pick<Snapshot, "volumes" | "orphanVolumeOrders">) => void;
  report: (volumeId: string) => VolumeReport | null;
  reports: () => VolumeReport[];
  /** null until a snapshot came and the storage was looked at since: before that nobody can say who is an orphan. */
  storage: () => { pools: StoragePool[]; orphans: OrphanVolume[] } | null;
  specs: () => VolumeSpec[];
  /** Whether a guest may have it. */
  isReady: (volumeId: string) => boolean;
  /** A guest was given these, or let go of them. */
  released: (volumeIds: readonly string[]) => void;
  /** Looks at everything that the storage has. */
  sweep: () => Promise<void>;
  stop: () => Promise<void>;
};

/** `copying`: what others copy as well, and is to be left alone. */
export type VolumesDeps = Omit<VolumeDeps, "specs" | "copying" | "onCopyEnded"> & { copying?: Set<string> };

export function createVolumes(deps: VolumesDeps): Volumes {
  const workers = new Map<string, VolumeWorker>();
  const { copying = new Set<string>() } = deps;
  let isTold = false;
  let pools: StoragePool[] | null = null;
  let orphans: OrphanVolume[] | null = null;

  const specs = () => [...workers.values()].map((worker) => worker.spec());
  const all: VolumeDeps = {
    ...deps,
    copying,
    specs: () => specs().filter(({ desired }) => desired === "present"),
    onCopyEnded: (volumeId) => workers.get(volumeId)?.look(),
  };
  const takeOn = (spec: VolumeSpec) => {
    const worker = createVolumeWorker(all, spec);
    workers.set(spec.volumeId, worker);
    worker.look();
  };
  const release = (volumeId: string, worker: VolumeWorker) => {
    workers.delete(volumeId);
    const isRemoved = worker.spec().desired === "absent" && worker.report()?.observed === "absent";
    void worker.stop();
    if (isRemoved)
      void deps.memory.forget(volumeId).catch((error) => deps.log.warn({ err: error }, "volume memory"));
  };
  const tell = (listed: readonly ListedVolume[]) => {
    for (const { volumeId, usedBytes, isWhole } of listed) {
      const worker = workers.get(volumeId);
      worker?.used(usedBytes);
      if (!isWhole && worker?.report()?.observed === "available") worker.look();
    }
    const here = new Set(listed.map(({ volumeId }) => volumeId));
    for (const [volumeId, worker] of workers)
      if (!here.has(volumeId) && worker.report()?.observed === "available") worker.look();
    if (!isTold) return;
    const strangers = listed.filter(({ volumeId }) => !workers.has(volumeId));
    orphans = strangers.map(({ volumeId, usedBytes }) => ({ volumeId, usedBytes }));
    for (const { volumeId } of orphans) orders.carryOut(volumeId);
  };
  const orders = createOrphanOrders({
    isNamed: (volumeId) => workers.has(volumeId),
    remove: (volumeId, signal) =>
      deps.locks.run([volumeId], signal, () => removeOrphan(deps, volumeId, signal)),
    onGone: (volumeId) => {
      orphans = orphans?.filter((one) => one.volumeId !== volumeId) ?? null;
    },
    onFault: () => {},
    log: deps.log,
  });
  return {
    apply: ({ volumes, orphanVolumeOrders = [] }) => {
      if (!volumes) return;
      isTold = true;
      const named = new Set(volumes.map(({ volumeId }) => volumeId));
      for (const [volumeId, worker] of workers) if (!named.has(volumeId)) release(volumeId, worker);
      for (const spec of volumes) {
        const worker = workers.get(spec.volumeId);
        if (worker) worker.order(spec);
        else takeOn(spec);
      }
      const fresh = orders.order(
        orphanVolumeOrders.map(({ volumeId, requestedAt }) => ({ id: volumeId, requestedAt })),
      );
      const here = new Set(orphans?.map(({ volumeId }) => volumeId));
      for (const volumeId of fresh) if (here.has(volumeId)) orders.carryOut(volumeId);
    },
    report: (volumeId) => workers.get(volumeId)?.report() ?? null,
    reports: () => [...workers.values()].flatMap((worker) => worker.report() ?? []),
    storage: () => {
      if (!pools || !orphans) return null;
      const still = orphans.filter(({ volumeId }) => !workers.has(volumeId));
      return { pools, orphans: still.map((one) => ({ ...one, fault: orders.fault(one.volumeId) })) };
    },
    specs,
    isReady: (volumeId) => workers.get(volumeId)?.isReady() ?? false,
    released: (volumeIds) => {
      for (const volumeId of volumeIds) {
        const worker = workers.get(volumeId);
        if (worker?.report()?.fault) worker.look(true);
      }
    },
    sweep: async () => {
      pools = [await deps.storage.pool()];
      tell(await deps.storage.list());
    },
    stop: async () => {
      await Promise.all([orders.stop(), ...[...workers.values()].map((worker) => worker.stop())]);
    },
  };
}

/** The lock is held, so that nobody is given it meanwhile. A guest that nobody names may have it all the same. */
async function removeOrphan(
  { storage, holders, memory }: VolumesDeps,
  volumeId: string,
  signal: AbortSignal,
): Promise<void> {
  const holder = await holders.of(volumeId);
  if (holder) throw volumeInUse(volumeId, holder);
  signal.throwIfAborted();
  await storage.remove(volumeId, signal);
  // Named meanwhile, it is remembered as one that was here: no empty one is put in its place.
  signal.throwIfAborted();
  await memory.forget(volumeId);
}
