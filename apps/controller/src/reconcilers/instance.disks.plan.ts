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
  /** The instance boots from it, and is nothing without it. */
  boot: boolean;
  /** It is filled from another volume: where it is, that says, and not its instance. */
  copied: boolean;
  detachRequested: boolean;
  /** Where the volume lives; null: nowhere yet. */
  hypervisorId: string | null;
  /** Its hypervisor says that it is there, as it is wanted now. */
  ready: boolean;
  /** Why it never will be. */
  fault: PublicError | null;
  /** Why it is not yet, though that may pass; left out or null: nothing is known to hinder it. */
  trouble?: PublicError | null;
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
  launched: boolean;
  /** Its first build failed: nothing is put in its place any more. */
  failed: boolean;
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
  | { kind: "place-volume"; disks: readonly DiskFacts[]; hypervisorId: string }
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
  const joins = guest && guest.desired !== "hold" && !view.failed;
  return release(view, guest ?? null) ?? (joins ? join(view, guest) : null);
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
  // What an instance was launched with it is not without: then it fails itself.
  if (hopeless && isNeeded(hopeless.disk, view.launched)) return null;
  if (hopeless?.fault) return { kind: "withdraw", disk: hopeless.disk, fault: hopeless.fault };
  // All at once: room was found for all of them together.
  const homeless = reserved.filter(({ hypervisorId, copied }) => hypervisorId === null && !copied);
  if (homeless.length > 0) return { kind: "place-volume", disks: homeless, hypervisorId: guest.hypervisorId };
  const ready = reserved.filter((disk) => disk.ready);
  if (ready.length > 0) return { kind: "connect", disks: ready, guest };
  const acked = guest.ackedGeneration === guest.generation;
  const seen = wanted.filter(
    ({ phase, volumeId }) => phase === "attaching" && acked && guest.disks?.includes(volumeId),
  );
  return seen.length > 0 ? { kind: "attached", disks: seen } : null;
}

export const isNeeded = ({ boot }: Pick<DiskFacts, "boot">, launched: boolean) => boot || !launched;

function faultOf(disk: DiskFacts, guest: { hypervisorId: string }): PublicError | null {
  if (disk.fault) return disk.fault;
  const elsewhere = disk.hypervisorId !== null && disk.hypervisorId !== guest.hypervisorId;
  return elsewhere ? volumeElsewhere : null;
}

/**
 * A guest that is to be started waits until its volumes are there and it has been told of them; one that runs is left alone.
 * A deletion waits for nothing.
 */
export function diskReadiness(view: ReadinessView): ReadinessFact[] {
  const { disks, guests, deleteRequested, rootless } = view;
  if (deleteRequested || guests.some(({ desired }) => desired === "running")) return [];
  const wanted = disks.filter(({ detachRequested }) => !detachRequested);
  const lost = rootless && !wanted.some(({ boot }) => boot);
  return [...wanted.map((disk) => readinessOf(disk, view)), ...(lost ? [nothingToBoot] : [])];
}

type ReadinessView = {
  disks: readonly DiskFacts[];
  guests: readonly { id: string; hypervisorId: string; desired: string }[];
  activeGuestId: string | null;
  deleteRequested: boolean;
  launched: boolean;
  /** It has no root disk of its own. */
  rootless: boolean;
};

function readinessOf(disk: DiskFacts, view: ReadinessView): ReadinessFact {
  const { phase, ready, hypervisorId, copied } = disk;
  const guest = view.guests.find(({ id }) => id === view.activeGuestId);
  const reason = guest ? faultOf(disk, guest) : disk.fault;
  const fault = isNeeded(disk, view.launched) ? reason : null;
  return {
    condition: "DisksReady",
    hypervisorId: ready && phase !== "reserved" ? hypervisorId : null,
    ...(fault ? { fault } : {}),
    ...(disk.trouble ? { trouble: disk.trouble } : {}),
    ...(copied && hypervisorId === null ? { saysWhere: true } : {}),
  };
}

/** Somebody took it away for good, as where its hypervisor was revoked. */
const nothingToBoot: ReadinessFact = {
  condition: "DisksReady",
  hypervisorId: null,
  fault: {
    code: "InvalidState",
    reason: "bootVolumeGone",
    message: "The volume that it boots from is no longer attached to it.",
    retry: "never",
  },
};
