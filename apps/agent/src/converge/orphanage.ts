/**
 * Guests that are here and that no snapshot names. They are reported with what is known of them, and left exactly as they
 * are: one is destroyed only by an administrator's explicit order, and never while a snapshot names it.
 */
import { isDeepStrictEqual } from "node:util";
import type { Orphan } from "@madang/core/wire/agent";
import type { GuestBody } from "@madang/core/wire/guest";
import type { GuestObservation, HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { Logger } from "pino";
import type { GuestMemory } from "./memory.ts";
import { createOrphanOrders } from "./orphan-orders.ts";

export type OrphanageDeps = {
  driver: HypervisorDriver;
  memory: GuestMemory;
  isNamed: (guestId: string) => boolean;
  /** There are other orphans than before. */
  onOrphans: () => void;
  /** Look at the hypervisor again. */
  again: () => void;
  log: Logger;
};

export type Orphanage = {
  /** The guests that an administrator wants destroyed, all of them. */
  order: (guestIds: readonly string[]) => void;
  /** `present`: everything that the hypervisor has. */
  look: (present: readonly GuestObservation[]) => Promise<void>;
  /** null until a snapshot came and the hypervisor was looked at since. */
  orphans: () => Orphan[] | null;
  stop: () => Promise<void>;
};

export function createOrphanage(deps: OrphanageDeps): Orphanage {
  let isTold = false;
  let found: Orphan[] | null = null;

  const say = (next: Orphan[]) => {
    const same = isDeepStrictEqual(found, next);
    found = next;
    if (!same) deps.onOrphans();
  };
  const orders = createOrphanOrders({
    isNamed: deps.isNamed,
    remove: async (guestId, signal) => {
      await deps.driver.evict(guestId, signal);
      // Named meanwhile, it has a worker that remembers it.
      signal.throwIfAborted();
      await deps.memory.forget(guestId);
    },
    onGone: deps.again,
    onFault: (guestId, fault) =>
      say((found ?? []).map((orphan) => (orphan.guestId === guestId ? { ...orphan, fault } : orphan))),
    log: deps.log,
  });

  return {
    order: (guestIds) => {
      if (!isTold) deps.again();
      isTold = true;
      for (const guestId of orders.order(guestIds.map((id) => ({ id })))) orders.carryOut(guestId);
    },
    look: async (present) => {
      if (!isTold) return;
      const strangers = present.filter(({ guestId }) => !deps.isNamed(guestId));
      const next = await Promise.all(strangers.map((guest) => orphanOf(deps, guest)));
      // Looking took a while: who was named meanwhile is no orphan.
      const still = next.filter(({ guestId }) => !deps.isNamed(guestId));
      say(still.map((orphan) => ({ ...orphan, fault: orders.fault(orphan.guestId) })));
      for (const { guestId } of still) orders.carryOut(guestId);
    },
    orphans: () => found?.filter(({ guestId }) => !deps.isNamed(guestId)) ?? null,
    stop: orders.stop,
  };
}

async function orphanOf(
  { driver, memory, log }: OrphanageDeps,
  { guestId, name, observed }: GuestObservation,
): Promise<Orphan> {
  const body = await driver.describe(guestId).catch((error: unknown) => {
    log.warn({ err: error, guestId }, "orphan cannot be described");
    return null;
  });
  const acked = memory.get(guestId).ackedGeneration ?? 0;
  return { guestId, name, observed, body: body && newest(body, acked), fault: null };
}

/** Whoever adopts it begins with the next generation, which nothing that was ever acknowledged may reach. */
function newest(body: GuestBody, acked: number): GuestBody {
  return { ...body, generation: Math.max(body.generation, acked) };
}
