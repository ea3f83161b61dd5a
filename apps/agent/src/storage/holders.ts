/** Which guest has which volume, defined or running: asked anew each time, for what hangs on the answer is data. */
import type { GuestObservation, HypervisorDriver, LiveDisks } from "@madang/drivers/hypervisor/driver";

export type Holder = { guestId: string; running: boolean };

export type Holders = {
  /** Null when no guest has it. */
  of: (volumeId: string) => Promise<Holder | null>;
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
  return {
    of: async (volumeId) => {
      const present = await look();
      const holders = present.filter(({ disks }) => disks?.some((disk) => disk.volumeId === volumeId));
      // It may be in the definitions of several that are off, and only one can run with it.
      const holder = holders.find(({ observed }) => observed === "running") ?? holders[0];
      return holder ? { guestId: holder.guestId, running: holder.observed === "running" } : null;
    },
    live: (holder) => (holder?.running ? driver.liveDisks : null),
  };
}
