/** What one hypervisor does for volumes: keeps them, reports them, and gives them to its guests. */
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { StorageDriver } from "@madang/drivers/storage/driver";
import type { Logger } from "pino";
import type { ImageSource } from "./attempt.ts";
import { type VolumeCopies, volumeCopies } from "./copies.ts";
import { type Disks, noDisks, openDisks } from "./disks.ts";
import { openHolders } from "./holders.ts";
import { volumeLocks } from "./locks.ts";
import { openVolumeMemory } from "./memory.ts";
import { createVolumes, type Volumes } from "./volumes.ts";

export type Storage = {
  disks: Disks;
  /** null where there is none. */
  volumes: Volumes | null;
  /** As `volumes`. */
  copies: VolumeCopies | null;
  sweep: () => Promise<void>;
  stop: () => Promise<void>;
};

export type StorageDeps = {
  directory: string;
  driver: HypervisorDriver;
  storage: StorageDriver | null;
  image: (
    source: ImageSource,
    onPercent: (percent: number) => void,
    signal: AbortSignal,
  ) => Promise<string | null>;
  onChange: (volumeId: string, urgent: boolean) => void;
  log: Logger;
};

export async function openStorage(deps: StorageDeps): Promise<Storage> {
  const { directory, driver, storage, image, onChange, log } = deps;
  if (!storage)
    return { disks: noDisks(), volumes: null, copies: null, sweep: async () => {}, stop: async () => {} };
  const locks = volumeLocks();
  const holders = openHolders(driver);
  const memory = await openVolumeMemory(directory);
  const copying = new Set<string>();
  const volumes = createVolumes({ storage, holders, locks, memory, image, onChange, log, copying });
  return {
    disks: openDisks({ storage, volumes, holders, locks }),
    volumes,
    copies: volumeCopies({ storage, holders, locks, copying }),
    sweep: volumes.sweep,
    stop: async () => {
      await volumes.stop();
      await storage.close();
    },
  };
}
