/** Copies of volumes that are to be sent away. As long as one is held here, nobody tidies it away. */
import type { CopyOutOptions, CopySource, StorageDriver } from "@madang/drivers/storage/driver";
import type { Holders } from "./holders.ts";
import type { VolumeLocks } from "./locks.ts";

export type VolumeCopies = {
  /** Holds the volume as it is now under the copy's id; done once. */
  begin: (volumeId: string, copyId: string, signal: AbortSignal) => Promise<void>;
  /** What is held, or a snapshot, alone in a new file. */
  write: (from: CopySource, path: string, options: CopyOutOptions) => Promise<void>;
  end: (volumeId: string, copyId: string) => Promise<void>;
};

export type VolumeCopiesDeps = {
  storage: StorageDriver;
  holders: Holders;
  locks: VolumeLocks;
  /** Ids of what is being copied, which the volumes' own workers leave alone. */
  copying: Set<string>;
};

/** Letting go of one is short, and nobody calls it off. */
const endMs = 120_000;

export function volumeCopies({ storage, holders, locks, copying }: VolumeCopiesDeps): VolumeCopies {
  return {
    begin: (volumeId, copyId, signal) => {
      copying.add(copyId);
      return locks.run([volumeId], signal, async () => {
        const holder = await holders.of(volumeId);
        const live = holders.live(holder);
        if (holder && live) await live.beginCopy(holder.guestId, volumeId, copyId, signal);
        else await storage.beginCopy(volumeId, copyId);
      });
    },
    write: (from, path, options) => storage.copyOut(from, path, options),
    end: (volumeId, copyId) => {
      copying.delete(copyId);
      return locks.run([volumeId], AbortSignal.timeout(endMs), async () => {
        const holder = await holders.of(volumeId);
        const live = holders.live(holder);
        if (holder && live) await live.endCopy(holder.guestId, volumeId, copyId);
        else await storage.endCopy(volumeId, copyId);
      });
    },
  };
}
