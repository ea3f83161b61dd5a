/** The guests of an instance are told something new: only by whoever holds the instance's lock, and saw them as they are. */
import type { Tx } from "@madang/db";
import type { GuestFacts, GuestOrder } from "./instance.plan.ts";
import type { LoadedInstance } from "./instance.view.ts";
import { orderedBy } from "./operation.ts";

/** The rows moved on since the plan was made: nothing is written, and the plan is made again. */
export class StaleView extends Error {}

/** Throws StaleView. */
export async function setGuest(
  tx: Tx,
  loaded: LoadedInstance,
  guest: GuestFacts,
  order: Partial<GuestOrder>,
): Promise<void> {
  const { count } = await tx.guest.updateMany({
    where: { id: guest.id, generation: guest.generation },
    data: { ...order, operationId: orderedBy(loaded), generation: guest.generation + 1 },
  });
  if (count === 0) throw new StaleView();
}

/** The guest is what it was told to be, but for its disks: its agent looks again, and answers at the new generation. */
export function holdGuestAnew(tx: Tx, loaded: LoadedInstance, guest: GuestFacts): Promise<void> {
  return setGuest(tx, loaded, guest, {});
}
