/**
 * What to do next for the volumes that are an instance's disks: first match wins. Pure. A guest is told of a volume only once
 * the volume is there, and a volume is free again only once every guest of the instance has said, at the generation it is
 * held to, that it does not have it.
 */
import type { PublicError } from "@madang/core/errors";
import type { AttachmentPhase } from "@madang/core/volume/status";
import type { GuestFacts, ReadinessFact } from "./instance.plan.ts";

export type DiskFacts = {
  attachmentId: string;
  volumeId: string;
  phase: AttachmentPhase;
  detachRequested: boolean;
  /** Where the volume lives; null: nowhere yet. */
  hypervisorId: string | null;
  /** Its hypervisor says that it is there, as it is wanted now. */
  ready: boolean;
  /** Why it never will be. */
  fault: PublicError | null;
};

type DiskGuest = Pick<
  GuestFacts,
  "id" | "hypervisorId" | "desired" | "generation" | "ackedGeneration" | "silenced"
> & {
  /** Volumes that it has as disks; null: its agent knows of none. */
  disks: readonly string[] | null;
};

export type DiskView = {
  deleteRequested: boolean;
  disks: readonly DiskFacts[];
  guests: readonly DiskGuest[];
  activeGuestId: string | null;
};

export type DiskStep<Guest> =
  /** The guest is told of them from its next generation on. */
  | { kind: "connect"; disks: readonly DiskFacts[]; guest: Guest }
  | { kind: "disconnect"; disks: readonly DiskFacts[]; guest: Guest }
  | { kind: "attached"; disks: readonly DiskFacts[] }
  | { kind: "release"; disks: readonly DiskFacts[] }
  | { kind: "place-volume"; disk: DiskFacts; hypervisorId: string }
  | { kind: "withdraw"; disk: DiskFacts; fault: PublicError };

/** A volume is where its instance is not. */
export const volumeElsewhere: PublicError = {
  code: "Conflict",
  reason: "volumeElsewhere",
  message: "This volume is on another hypervisor than the instance.",
  retry: "never",
};

/** null: nothing to do, or something to wait for. What a deletion takes goes with the instance's row. */
export function planDisks<View extends DiskView>(view: View): DiskStep<View["guests"][number]> | null {
  if (view.disks.length === 0 || view.deleteRequested) return null;
  const guest = view.guests.find(({ id, desired }) => id === view.activeGuestId && desired !== "absent");
  return release(view, guest ?? null) ?? (guest && guest.desired !== "hold" ? join(view, guest) : null);
}

/** Ends what is no longer wanted, before anything else is begun. */
function release<Guest extends DiskGuest>(
  { disks, guests }: DiskView & { guests: readonly Guest[] },
  guest: Guest | null,
): DiskStep<Guest> | null {
  const unwanted = disks.filter(({ detachRequested }) => detachRequested);
  const free = unwanted.filter(
    ({ phase, volumeId }) =>
      phase === "reserved" ||
      guests.length === 0 ||
      (phase === "detaching" && guests.every((one) => hasNot(one, volumeId))),
  );
  if (free.length > 0) return { kind: "release", disks: free };
  const held = unwanted.filter(({ phase }) => phase === "attaching" || phase === "attached");
  return guest && held.length > 0 ? { kind: "disconnect", disks: held, guest } : null;
}

/**
 * Silence is no answer, and neither is one to an older order. But from a revoked hypervisor no answer comes, and what it keeps
 * nobody else can be given: the volume is out of reach like the guest.
 */
function hasNot({ generation, ackedGeneration, disks, silenced }: DiskGuest, volumeId: string): boolean {
  if (silenced) return true;
  return ackedGeneration === generation && disks !== null && !disks.includes(volumeId);
}

function join<Guest extends DiskGuest>(view: DiskView, guest: Guest): DiskStep<Guest> | null {
  const wanted = view.disks.filter(({ detachRequested }) => !detachRequested);
  const reserved = wanted.filter(({ phase }) => phase === "reserved");
  const hopeless = reserved.map((disk) => ({ disk, fault: faultOf(disk, guest) })).find(({ fault }) => fault);
  if (hopeless?.fault) return { kind: "withdraw", disk: hopeless.disk, fault: hopeless.fault };
  const homeless = reserved.find(({ hypervisorId }) => hypervisorId === null);
  if (homeless) return { kind: "place-volume", disk: homeless, hypervisorId: guest.hypervisorId };
  const ready = reserved.filter((disk) => disk.ready);
  if (ready.length > 0) return { kind: "connect", disks: ready, guest };
  const acked = guest.ackedGeneration === guest.generation;
  const seen = wanted.filter(
    ({ phase, volumeId }) => phase === "attaching" && acked && guest.disks?.includes(volumeId),
  );
  return seen.length > 0 ? { kind: "attached", disks: seen } : null;
}

function faultOf(disk: DiskFacts, guest: DiskGuest): PublicError | null {
  if (disk.fault) return disk.fault;
  const elsewhere = disk.hypervisorId !== null && disk.hypervisorId !== guest.hypervisorId;
  return elsewhere ? volumeElsewhere : null;
}

/**
 * A guest that is to be started waits until its volumes are there and it has been told of them; one that runs is left alone.
 * A deletion waits for nothing.
 */
export function diskReadiness(
  disks: readonly DiskFacts[],
  guests: readonly { desired: string }[],
  deleteRequested: boolean,
): ReadinessFact[] {
  if (deleteRequested || guests.some(({ desired }) => desired === "running")) return [];
  return disks
    .filter(({ detachRequested }) => !detachRequested)
    .map(({ phase, ready, hypervisorId }) => ({
      condition: "DisksReady",
      hypervisorId: ready && phase !== "reserved" ? hypervisorId : null,
    }));
}
