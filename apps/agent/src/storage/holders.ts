/** Which guest has which volume, defined or running: asked anew each time, for what hangs on the answer is data. */
import { CloudError } from "@madang/core/errors";
import type { GuestObservation, HypervisorDriver, LiveDisks } from "@madang/drivers/hypervisor/driver";

export type Holder = { guestId: string; running: boolean };

export type Holders = {
  /** Null when no guest has it. */
  of: (volumeId: string) => Promise<Holder | null>;
  /** Those that run come first. */
  all: (volumeId: string) => Promise<Holder[]>;
  /** For a volume that must be changed by the guest that runs with it; null: change it yourself. */
  live: (holder: Holder | null) => LiveDisks | null;
};

export function openHolders(driver: Pick<HypervisorDriver, "list" | "liveDisks">): Holders {
  let running: Promise<GuestObservation[]> = Promise.resolve([]);
  let next: Promise<GuestObservation[]> | null = null;
  /** A look that begins after it was asked for; who asks while another is under way shares the next one. */
  const look = () => {
    next ??= running
      .catch(() => {})
      .then(() => {
        next = null;
        running = driver.list();
        return running;
      });
    return next;
  };
  const all = async (volumeId: string): Promise<Holder[]> => {
    const present = await look();
    const having = present.filter(({ disks }) => disks?.some((disk) => disk.volumeId === volumeId));
    const holders = having.map(({ guestId, observed }) => ({ guestId, running: observed === "running" }));
    return holders.toSorted((one, other) => Number(other.running) - Number(one.running));
  };
  return {
    all,
    // It may be in the definitions of several that are off.
    of: async (volumeId) => (await all(volumeId))[0] ?? null,
    live: (holder) => (holder?.running ? driver.liveDisks : null),
  };
}

export function volumeInUse(volumeId: string, { guestId }: Holder): CloudError {
  return new CloudError("Unavailable", "A guest still has the volume.", {
    reason: "VolumeInUse",
    detail: `volume ${volumeId} is a disk of ${guestId}`,
    retry: "later",
  });
}
