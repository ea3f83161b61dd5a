/** Copies of root disks that are only remembered: real files all the same, that say of what they are. */
import { writeFile } from "node:fs/promises";
import { simulatedImage } from "../../disk/simulated-image.ts";
import { sourceMissing } from "../../storage/fault.ts";
import type { RootCopies } from "../driver.ts";
import type { SimulatedGuest, SimulatedGuests } from "./guests.ts";

const gib = 1024 ** 3;

/** `find` throws what the driver throws when it has no such guest, or does not answer. */
export function simulatedRootCopies(
  guests: SimulatedGuests,
  find: (guestId: string) => SimulatedGuest,
): RootCopies {
  return {
    async begin(guestId, copyId, signal) {
      const guest = find(guestId);
      signal.throwIfAborted();
      if (guest.diskLost) throw sourceMissing(`the disk of guest ${guestId} was lost`);
      if (!guest.copies.includes(copyId)) guests.hold(guest, [...guest.copies, copyId]);
    },
    async write(guestId, copyId, path, { signal, onPercent }) {
      const { copies, body } = find(guestId);
      signal.throwIfAborted();
      if (!copies.includes(copyId)) throw sourceMissing(`guest ${guestId} is not ready to be copied`);
      const sizeBytes = Math.max((body?.diskGib ?? 0) * gib, body?.image?.virtualSizeBytes ?? 0) || gib;
      await writeFile(path, simulatedImage(sizeBytes, `simulated guest ${guestId}`), { mode: 0o600 });
      onPercent(100);
    },
    async end(guestId, copyId) {
      const guest = guests.get(guestId);
      if (guest?.copies.includes(copyId))
        guests.hold(
          guest,
          guest.copies.filter((one) => one !== copyId),
        );
    },
  };
}
