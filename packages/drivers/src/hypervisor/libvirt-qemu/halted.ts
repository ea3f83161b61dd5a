/** Guests that QEMU paused because a write found no room. */
import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import { isHalted } from "./domain-state.ts";
import type { Domains } from "./domains.ts";
import type { Guest } from "./guests.ts";

/** QEMU tries the write again at once; still without room, the guest is paused again well within this, ms. */
const watchedMs = 1_000;
const lookEveryMs = 100;

/** Lets it go on, if there is room by now. Throws Unavailable (GuestHalted) when there is not. */
export async function resumeHalted(domains: Domains, guest: Guest, signal: AbortSignal): Promise<void> {
  if (!isHalted(await domains.state(guest.domain))) return;
  await domains.resume(guest.domain);
  for (let waited = 0; waited < watchedMs; waited += lookEveryMs) {
    await delay(lookEveryMs, undefined, { signal });
    if (isHalted(await domains.state(guest.domain))) throw halted(guest);
  }
}

function halted({ id }: Guest): CloudError {
  return new CloudError("Unavailable", "The guest is paused, for its hypervisor's disk is full.", {
    reason: "GuestHalted",
    detail: `QEMU of ${id} found no room for a write`,
    retry: "later",
  });
}
