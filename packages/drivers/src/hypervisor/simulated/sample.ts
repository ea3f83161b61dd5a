/** A simulated guest does nothing, and that is what is told of it: no CPU, no memory, no bytes. */
import type { GuestSample } from "@madang/core/wire/metrics";
import type { SimulatedGuest } from "./guests.ts";

const nothing = { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 };

export function sampleSimulated(guests: readonly SimulatedGuest[]): GuestSample[] {
  return guests
    .filter(({ running }) => running)
    .map(({ guestId, starts }) => ({
      guestId,
      life: String(starts),
      cpuUs: 0,
      residentKib: 0,
      usedKib: null,
      disks: [{ name: "vda", ...nothing }],
      nics: [],
    }));
}
