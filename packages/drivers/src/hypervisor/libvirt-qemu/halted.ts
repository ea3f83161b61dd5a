/** Guests that QEMU paused because a disk failed them: it had no room for a write, or a volume could not be reached. */
import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { ObservedDisk } from "../driver.ts";
import type { DiskCalls } from "./disk-calls.ts";
import { readDisks } from "./disk-xml.ts";
import { isHalted } from "./domain-state.ts";
import type { Domains } from "./domains.ts";
import type { Guest } from "./guests.ts";

type Deps = { domains: Pick<Domains, "state" | "resume" | "liveXml">; disks: Pick<DiskCalls, "errors"> };

/** QEMU tries the request again at once; if it fails again, the guest is paused again well within this, ms. */
const watchedMs = 1_000;
const lookEveryMs = 100;

/**
 * Lets it go on, if it can by now. Throws Unavailable when it can not: GuestHalted, StorageUnreachable, or HaltedHoldsDisk
 * when it has a volume that is not `wanted`, of which only a guest that runs, or ends, lets go.
 */
export async function resumeHalted(
  deps: Deps,
  guest: Guest,
  wanted: readonly ObservedDisk[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { domains } = deps;
  if (!isHalted(await domains.state(guest.domain))) return;
  await domains.resume(guest.domain);
  for (let waited = 0; waited < watchedMs; waited += lookEveryMs) {
    await delay(lookEveryMs, undefined, { signal });
    if (isHalted(await domains.state(guest.domain))) throw await halted(deps, guest, wanted);
  }
}

async function halted(
  { domains, disks }: Deps,
  { id, domain }: Guest,
  wanted: readonly ObservedDisk[] | undefined,
): Promise<CloudError> {
  const unreachable = (await disks.errors(domain)).find(({ isFull }) => !isFull);
  const held = unreachable && wanted && readDisks(await domains.liveXml(domain));
  const stale = held?.find((disk) => !wanted?.some((one) => one.attachmentId === disk.attachmentId));
  if (stale)
    return new CloudError("Unavailable", "The guest is paused, so it can't let go of a volume.", {
      reason: "HaltedHoldsDisk",
      params: { volumeId: stale.volumeId },
      detail: `disk ${unreachable?.target} of ${id} has faults, and ${stale.attachmentId} is to go`,
      retry: "later",
    });
  if (unreachable)
    return new CloudError("Unavailable", "The guest is paused, for one of its volumes can't be reached.", {
      reason: "StorageUnreachable",
      detail: `disk ${unreachable.target} of ${id} has faults`,
      retry: "later",
    });
  return new CloudError("Unavailable", "The guest is paused, for its hypervisor's disk is full.", {
    reason: "GuestHalted",
    detail: `QEMU of ${id} found no room for a write`,
    retry: "later",
  });
}
