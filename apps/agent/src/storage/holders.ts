/** Which guest has which volume, defined or running. Who may have it is remembered; whether it has is asked each time. */
import type { GuestSpec } from "@madang/core/wire/guest";
import type { GuestObservation, HypervisorDriver, LiveDisks } from "@madang/drivers/hypervisor/driver";

export type Holder = { guestId: string; running: boolean };

export type Holders = {
  /** Null when no guest has it. Throws while nobody can say. */
  of: (volumeId: string) => Promise<Holder | null>;
  /** For a volume that must be changed by the guest that runs with it; null: change it yourself. */
  live: (holder: Holder | null) => LiveDisks | null;
  /** `present`: everything that the hypervisor has. */
  look: (present: readonly GuestObservation[]) => void;
};

export type HoldersDeps = {
  driver: Pick<HypervisorDriver, "list" | "observe" | "liveDisks">;
  specs: () => readonly Pick<GuestSpec, "guestId" | "disks">[];
};

export function openHolders({ driver, specs }: HoldersDeps): Holders {
  let listed: readonly GuestObservation[] | null = null;
  const has = (volumeId: string) => (guest: GuestObservation) =>
    guest.disks?.some((disk) => disk.volumeId === volumeId) ?? false;
  return {
    of: async (volumeId) => {
      listed ??= await driver.list();
      const named = specs().filter(({ disks = [] }) => disks.some((disk) => disk.volumeId === volumeId));
      const guestIds = new Set([...named, ...listed.filter(has(volumeId))].map(({ guestId }) => guestId));
      const found = await Promise.all([...guestIds].map((guestId) => driver.observe(guestId)));
      const holders = found.flatMap((guest) => (guest && has(volumeId)(guest) ? [guest] : []));
      // It may be in the definitions of several that are off, and only one can run with it.
      const holder = holders.find(({ observed }) => observed === "running") ?? holders[0];
      return holder ? { guestId: holder.guestId, running: holder.observed === "running" } : null;
    },
    live: (holder) => (holder?.running ? driver.liveDisks : null),
    look: (present) => {
      listed = present;
    },
  };
}
