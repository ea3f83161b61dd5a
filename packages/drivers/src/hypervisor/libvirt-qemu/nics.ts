/**
 * Makes a guest's interfaces what they should be, by the difference between order and definition. A running guest has
 * two: what runs and what is stored for its next start; each is looked at and mended by itself, so a crash in between
 * leaves nothing that the next call does not see.
 */
import { CloudError } from "@madang/core/errors";
import type { ObservedNic } from "../driver.ts";
import type { Domains } from "./domains.ts";
import type { GuestEvents } from "./guest-events.ts";
import type { Guest } from "./guests.ts";
import { interfaceXml, type ModelledDevice, readNics } from "./nic-xml.ts";

type Deps = {
  domains: Pick<Domains, "liveXml" | "storedXml" | "attach" | "detach">;
  events: Pick<GuestEvents, "next">;
};

type Plugged = Pick<Guest, "id" | "domain">;

/** How long a guest may take to let go of an interface before somebody is told, ms. It may still do so later. */
const releaseMs = 10_000;
const lookAgainMs = 250;

export async function changeNics(
  deps: Deps,
  guest: Plugged,
  wanted: readonly ModelledDevice[],
  signal: AbortSignal,
): Promise<void> {
  await changeStored(deps, guest, wanted);
  const present = readNics(await deps.domains.liveXml(guest.domain));
  const stale = present.filter((nic) => !has(wanted, nic));
  for (const nic of stale) await take(deps, guest, nic);
  if (stale.length > 0) await released(deps, guest, wanted, signal);
  for (const nic of wanted.filter((one) => !has(present, one))) {
    signal.throwIfAborted();
    await deps.domains.attach(guest.domain, interfaceXml(nic), "live");
  }
  const after = readNics(await deps.domains.liveXml(guest.domain));
  const missing = wanted.find((nic) => !has(after, nic));
  if (missing) throw unplugged(`interface ${missing.portId} was attached and is not there`);
}

async function changeStored({ domains }: Deps, { domain }: Plugged, wanted: readonly ModelledDevice[]) {
  const stored = readNics(await domains.storedXml(domain));
  for (const nic of stored.filter((one) => !has(wanted, one)))
    await domains.detach(domain, identityXml(nic), "stored");
  for (const nic of wanted.filter((one) => !has(stored, one)))
    await domains.attach(domain, interfaceXml(nic), "stored");
}

/** An interface that the guest was asked for before, and still holds, is refused: then it is only waited for. */
async function take({ domains }: Deps, { domain }: Plugged, nic: ObservedNic): Promise<void> {
  try {
    await domains.detach(domain, identityXml(nic), "live");
  } catch (error) {
    if (!(error instanceof CloudError) || error.code === "Unavailable") throw error;
  }
}

/** Only what is seen to be gone is gone. */
async function released(
  { domains, events }: Deps,
  { id, domain }: Plugged,
  wanted: readonly ModelledDevice[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + releaseMs;
  for (;;) {
    const held = readNics(await domains.liveXml(domain)).find((nic) => !has(wanted, nic));
    if (!held) return;
    if (performance.now() >= deadline)
      throw new CloudError("Unavailable", "The guest has not let go of a network interface yet.", {
        reason: "NicHeld",
        params: { mac: held.mac },
        detail: `interface ${held.portId} is still attached`,
        retry: "later",
      });
    await events.next(id, lookAgainMs, signal);
  }
}

export function sameNics(left: readonly ObservedNic[], right: readonly ObservedNic[]): boolean {
  return left.length === right.length && left.every((nic) => has(right, nic));
}

function has(nics: readonly ObservedNic[], { portId, mac }: ObservedNic): boolean {
  return nics.some((nic) => nic.portId === portId && nic.mac === mac);
}

/** What libvirt needs to find it. */
function identityXml({ portId, mac }: ObservedNic): string {
  return interfaceXml({ portId, mac, mtu: 1500, device: "none", offloads: true });
}

function unplugged(detail: string): CloudError {
  return new CloudError("Unavailable", "The guest's network interface could not be plugged.", {
    reason: "NicNotPlugged",
    detail,
    retry: "later",
  });
}
