/**
 * Makes a guest's volumes what they should be, by the difference between order and definition, as nics.ts does for its
 * interfaces: what runs and what is stored for the next start are each looked at and mended by themselves.
 */
import { isDeepStrictEqual } from "node:util";
import { CloudError } from "@madang/core/errors";
import type { GuestVolume, ObservedDisk } from "../driver.ts";
import type { DiskCalls } from "./disk-calls.ts";
import { type DefinedDisk, diskXml, freeTarget, limitsOf, readDisks, readTargets } from "./disk-xml.ts";
import type { Domains } from "./domains.ts";
import type { GuestEvents } from "./guest-events.ts";
import type { Guest } from "./guests.ts";
import { xmlBuilder } from "./xml.ts";

type Deps = {
  domains: Pick<Domains, "liveXml" | "storedXml" | "attach" | "detach">;
  disks: Pick<DiskCalls, "tune">;
  events: Pick<GuestEvents, "next">;
};

type Plugged = Pick<Guest, "id" | "domain">;

/** How long a guest may take to let go of a disk before somebody is told, ms. It may still do so later. */
const releaseMs = 10_000;
const lookAgainMs = 250;

export async function changeDisks(
  deps: Deps,
  guest: Plugged,
  disks: readonly GuestVolume[],
  signal: AbortSignal,
): Promise<void> {
  const { domains } = deps;
  // The disk that it booted from stays as long as it runs.
  const wanted = disks.filter(({ boot }) => !boot);
  const booted = disks.filter(({ boot }) => boot);
  const isStale = (one: DefinedDisk) => !has(wanted, one) && !booted.some((disk) => isSame(disk, one));
  for (const where of ["stored", "live"] as const) {
    const xml = await read(domains, guest, where);
    const stale = readDisks(xml).filter(isStale);
    for (const disk of stale) await take(deps, guest, disk, where);
    if (stale.length > 0 && where === "live") await released(deps, guest, isStale, signal);
  }
  await give(deps, guest, wanted, signal);
  const after = readDisks(await domains.liveXml(guest.domain));
  const missing = wanted.find((disk) => !has(after, disk));
  if (missing) throw unattached(`disk ${missing.attachmentId} was attached and is not there`);
  await tune(deps, guest, disks, after);
}

async function read({ storedXml, liveXml }: Deps["domains"], { domain }: Plugged, where: "stored" | "live") {
  return where === "stored" ? storedXml(domain) : liveXml(domain);
}

async function give(
  { domains }: Deps,
  guest: Plugged,
  wanted: readonly GuestVolume[],
  signal: AbortSignal,
): Promise<void> {
  const xml = {
    stored: await read(domains, guest, "stored"),
    live: await read(domains, guest, "live"),
  };
  const taken = new Set([...readTargets(xml.stored), ...readTargets(xml.live)]);
  for (const disk of wanted) {
    const present = { stored: readDisks(xml.stored), live: readDisks(xml.live) };
    const known = [...present.live, ...present.stored].find((one) => isSame(disk, one));
    const target = known?.target ?? freeTarget(taken);
    taken.add(target);
    for (const where of ["stored", "live"] as const) {
      if (has(present[where], disk)) continue;
      signal.throwIfAborted();
      await domains.attach(guest.domain, diskXml(disk, target), where);
    }
  }
}

/** Limits hold from the next request on; a disk that goes meanwhile takes its limits along. */
async function tune(
  { disks: calls }: Deps,
  { domain }: Plugged,
  wanted: readonly GuestVolume[],
  present: readonly DefinedDisk[],
): Promise<void> {
  for (const disk of wanted) {
    const found = present.find((one) => isSame(disk, one));
    const limits = limitsOf(disk.qos);
    if (!found || isDeepStrictEqual(found.limits, limits)) continue;
    await calls.tune(domain, found.target, limits);
  }
}

/** A disk that the guest was asked for before, and still holds, is refused: then it is only waited for. */
async function take(
  { domains }: Deps,
  { domain }: Plugged,
  disk: DefinedDisk,
  where: "stored" | "live",
): Promise<void> {
  try {
    await domains.detach(domain, identityXml(disk), where);
  } catch (error) {
    if (where === "stored" || !(error instanceof CloudError) || error.code === "Unavailable") throw error;
  }
}

/** Only what is seen to be gone is gone. */
async function released(
  { domains, events }: Deps,
  { id, domain }: Plugged,
  isStale: (one: DefinedDisk) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + releaseMs;
  for (;;) {
    const held = readDisks(await domains.liveXml(domain)).find(isStale);
    if (!held) return;
    if (performance.now() >= deadline)
      throw new CloudError("Unavailable", "The guest has not let go of a volume yet.", {
        reason: "DiskHeld",
        params: { volumeId: held.volumeId },
        detail: `disk ${held.attachmentId} is still attached`,
        retry: "later",
      });
    await events.next(id, lookAgainMs, signal);
  }
}

/** Of the definition of a guest that is off. */
export function sameDisks(wanted: readonly GuestVolume[], defined: readonly DefinedDisk[]): boolean {
  return (
    wanted.length === defined.length &&
    wanted.every((disk) => {
      const found = defined.find((one) => isSame(disk, one));
      return found !== undefined && isDeepStrictEqual(found.limits, limitsOf(disk.qos));
    })
  );
}

type Identity = ObservedDisk & { readOnly: boolean };

function has(disks: readonly Identity[], disk: Identity): boolean {
  return disks.some((one) => isSame(one, disk));
}

function isSame(left: Identity, right: Identity): boolean {
  return (
    left.attachmentId === right.attachmentId &&
    left.volumeId === right.volumeId &&
    left.readOnly === right.readOnly
  );
}

/** libvirt finds a disk by its target. */
function identityXml({ target }: DefinedDisk): string {
  return xmlBuilder().build({
    disk: { "@type": "file", "@device": "disk", source: {}, target: { "@dev": target, "@bus": "virtio" } },
  });
}

function unattached(detail: string): CloudError {
  return new CloudError("Unavailable", "The volume could not be attached to the guest.", {
    reason: "DiskNotAttached",
    detail,
    retry: "later",
  });
}
