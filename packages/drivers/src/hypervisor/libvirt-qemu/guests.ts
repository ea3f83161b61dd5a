/** Looking at guests: which domains are ours, and what they are doing. Nothing here changes anything. */
import { CloudError } from "@madang/core/errors";
import type { GuestBody } from "@madang/core/wire/guest";
import type { GuestObservation } from "../driver.ts";
import { undefinedGuests } from "./body.ts";
import { readDisks } from "./disk-xml.ts";
import { powerOf } from "./domain-state.ts";
import type { Domains } from "./domains.ts";
import type { GuestMetadata } from "./metadata.ts";
import { readNics } from "./nic-xml.ts";
import { isLibvirtCode, libvirtCode } from "./rpc/fault.ts";
import type { Domain } from "./rpc/xdr.ts";

type Looked = Pick<Domains, "list" | "lookup" | "metadata" | "state" | "liveXml">;

export type Guest = { id: string; domain: Domain; metadata: GuestMetadata };

/** Every domain, with our volumes in it whosever it is, also those that are not ours, and the guests of ours that have lost theirs. */
export async function listGuests(domains: Looked, instancesDir: string): Promise<GuestObservation[]> {
  const all = await domains.list();
  const found = await Promise.all(all.map((domain) => listed(domains, domain)));
  const defined = new Set(all.map(({ uuid }) => uuidText(uuid)));
  const bodies = await undefinedGuests(instancesDir, defined);
  return [...found.filter((one) => one !== null), ...bodies.map(undefinedObservation)];
}

async function listed(domains: Looked, domain: Domain): Promise<GuestObservation | null> {
  try {
    const guest = await asGuest(domains, domain);
    return await (guest ? observation(domains, guest) : foreignObservation(domains, domain));
  } catch (error) {
    // Gone since it was listed.
    if (isLibvirtCode(error, libvirtCode.noDomain)) return null;
    throw error;
  }
}

/** It may be a guest of ours that has lost its mark. */
async function foreignObservation(domains: Looked, domain: Domain): Promise<GuestObservation> {
  const power = powerOf(await domains.state(domain), false);
  const disks = volumesIn(await domains.liveXml(domain));
  return { guestId: uuidText(domain.uuid), name: domain.name, ...power, rebootSeq: 0, disks };
}

function undefinedObservation({ guestId, body }: { guestId: string; body: GuestBody }): GuestObservation {
  const { hostname: name, rebootSeq } = body;
  return { guestId, name, observed: "stopped", stopCause: "unknown", rebootSeq };
}

export async function observeGuest(domains: Domains, guestId: string): Promise<GuestObservation | null> {
  const domain = await domains.lookup(guestId);
  const guest = domain && (await asGuest(domains, domain));
  return guest ? observation(domains, guest) : null;
}

export async function observation(
  domains: Looked,
  { id, domain, metadata }: Guest,
): Promise<GuestObservation> {
  const power = powerOf(await domains.state(domain), metadata.stopping);
  const xml = await domains.liveXml(domain);
  const { hostname: name, rebootSeq } = metadata;
  return { guestId: id, name, ...power, rebootSeq, nics: readNics(xml), disks: volumesIn(xml) };
}

const volumesIn = (xml: string) =>
  readDisks(xml).map(({ attachmentId, volumeId }) => ({ attachmentId, volumeId }));

async function asGuest(domains: Looked, domain: Domain): Promise<Guest | null> {
  const metadata = await domains.metadata(domain);
  return metadata && { id: uuidText(domain.uuid), domain, metadata };
}

/** Throws Conflict when a domain with this id is there and is not ours. */
export async function findOurs(domains: Domains, guestId: string): Promise<Guest | null> {
  const domain = await domains.lookup(guestId);
  if (!domain) return null;
  const guest = await asGuest(domains, domain);
  if (guest) return guest;
  throw new CloudError("Conflict", "Something else on the hypervisor has the guest's id.", {
    reason: "GuestForeign",
    detail: `domain ${guestId} has no metadata of ours`,
    retry: "elsewhere",
  });
}

function uuidText(uuid: Buffer): string {
  const hex = uuid.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
