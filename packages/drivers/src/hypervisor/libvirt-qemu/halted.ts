/** Guests that QEMU paused because a disk failed them: it had no room for a write, or a volume could not be reached. */
import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { DiskCalls } from "./disk-calls.ts";
import { isHalted } from "./domain-state.ts";
import type { Domains } from "./domains.ts";
import type { Guest } from "./guests.ts";

type Deps = { domains: Pick<Domains, "state" | "resume">; disks: Pick<DiskCalls, "errors"> };

/** QEMU tries the request again at once; if it fails again, the guest is paused again well within this, ms. */
const watchedMs = 1_000;
const lookEveryMs = 100;

/** Lets it go on, if it can by now. Throws Unavailable (GuestHalted, StorageUnreachable) when it can not. */
export async function resumeHalted(deps: Deps, guest: Guest, signal: AbortSignal): Promise<void> {
  const { domains } = deps;
  if (!isHalted(await domains.state(guest.domain))) return;
  await domains.resume(guest.domain);
  for (let waited = 0; waited < watchedMs; waited += lookEveryMs) {
    await delay(lookEveryMs, undefined, { signal });
    if (isHalted(await domains.state(guest.domain))) throw await halted(deps, guest);
  }
}

async function halted({ disks }: Deps, { id, domain }: Guest): Promise<CloudError> {
  const unreachable = (await disks.errors(domain)).find(({ isFull }) => !isFull);
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
