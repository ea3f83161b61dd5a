/**
 * All volumes of this hypervisor. A volume is converged while a snapshot names it; one that no snapshot names any more is
 * left exactly as it is, and is reported as an orphan if it is there.
 */
import type { Snapshot } from "@madang/core/wire/agent";
import type { OrphanVolume, StoragePool, VolumeReport, VolumeSpec } from "@madang/core/wire/volume";
import type { ListedVolume } from "@madang/drivers/storage/driver";
import { createVolumeWorker, type VolumeDeps, type VolumeWorker } from "./volume.ts";

export type Volumes = {
  apply: (snapshot: Pick<Snapshot, "volumes">) => void;
  report: (volumeId: string) => VolumeReport | null;
  reports: () => VolumeReport[];
  /** null until the storage answered. */
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

export type VolumesDeps = Omit<VolumeDeps, "specs" | "copying" | "onCopyEnded">;

export function createVolumes(deps: VolumesDeps): Volumes {
  const workers = new Map<string, VolumeWorker>();
  const copying = new Set<string>();
  let isTold = false;
  let pools: StoragePool[] | null = null;
  let orphans: OrphanVolume[] = [];

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
    const strangers = isTold ? listed.filter(({ volumeId }) => !workers.has(volumeId)) : [];
    orphans = strangers.map(({ volumeId, usedBytes }) => ({ volumeId, usedBytes }));
  };
  return {
    apply: ({ volumes }) => {
      if (!volumes) return;
      isTold = true;
      const named = new Set(volumes.map(({ volumeId }) => volumeId));
      for (const [volumeId, worker] of workers) if (!named.has(volumeId)) release(volumeId, worker);
      for (const spec of volumes) {
        const worker = workers.get(spec.volumeId);
        if (worker) worker.order(spec);
        else takeOn(spec);
      }
    },
    report: (volumeId) => workers.get(volumeId)?.report() ?? null,
    reports: () => [...workers.values()].flatMap((worker) => worker.report() ?? []),
    storage: () => pools && { pools, orphans: orphans.filter(({ volumeId }) => !workers.has(volumeId)) },
    specs,
    isReady: (volumeId) => workers.get(volumeId)?.isReady() ?? false,
    released: (volumeIds) => {
      for (const volumeId of volumeIds) {
        const worker = workers.get(volumeId);
        if (worker?.report()?.fault) worker.look(true);
      }
    },
    sweep: async () => {
      tell(await deps.storage.list());
      pools = [await deps.storage.pool()];
    },
    stop: async () => {
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    },
  };
}
