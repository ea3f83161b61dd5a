/**
 * Starting, stopping and rebooting one guest. Every step may be the last one before a crash, so nothing here is a note
 * of progress: the domain's state and its metadata say what is left to do.
 */
import type { RebootKind } from "@madang/core/wire/guest";
import { domainState, powerOf, remedyFor } from "./domain-state.ts";
import type { DomainState, Domains } from "./domains.ts";
import type { GuestEvents } from "./guest-events.ts";
import type { Guest } from "./guests.ts";
import { isLibvirtCode, libvirtCode } from "./rpc/fault.ts";

export type PowerDeps = { domains: Domains; events: GuestEvents };
type Limits = { signal: AbortSignal; graceMs: number };

/** A guest that is still booting misses the power button, so it is pressed again. */
const pressAgainMs = 5000;
/** Looks again after this even without an event. */
const lookAgainMs = 1000;
/** A guest that is already powering off has its file systems down; this is for QEMU's own end. */
const endingMs = 10_000;

/** ACPI within the limit, then by force. Marked first, so that nobody takes the end for the guest's own wish. */
export async function stopGuest(deps: PowerDeps, guest: Guest, limits: Limits): Promise<void> {
  const state = await deps.domains.state(guest.domain);
  if (isOff(state)) return;
  if (limits.graceMs > 0 && state.state !== domainState.paused) {
    await mark(deps, guest);
    if (await powerOffByButton(deps, guest, limits)) return;
  }
  limits.signal.throwIfAborted();
  await forceOff(deps, guest);
}

/** Off afterwards, whoever ends it. */
export async function forceOff(deps: PowerDeps, guest: Pick<Guest, "domain">): Promise<void> {
  await unlessOff(deps.domains.destroy(guest.domain));
}

/**
 * Soft: the power button, then force. The caller starts it again: a new start satisfies every reboot asked for so far,
 * so a crash in between neither loses the reboot nor does it twice.
 */
export async function stopForReboot(
  deps: PowerDeps,
  guest: Guest,
  kind: RebootKind,
  limits: Limits,
): Promise<void> {
  await stopGuest(deps, await mark(deps, guest), kind === "soft" ? limits : { ...limits, graceMs: 0 });
}

/** Makes a domain that is neither running nor off one of the two. True when it runs. */
export async function settle(deps: PowerDeps, guest: Guest, limits: Limits): Promise<boolean> {
  const state = await deps.domains.state(guest.domain);
  switch (remedyFor(state)) {
    case "none":
      return finishStop(deps, guest, limits);
    case "start":
      return false;
    case "wait":
      if (await off(deps, guest, limits.signal, performance.now() + endingMs)) return false;
      await forceOff(deps, guest);
      return false;
    case "resume":
      await deps.domains.resume(guest.domain);
      return true;
    case "replace":
      await forceOff(deps, guest);
      return false;
  }
}

/**
 * A stop that was interrupted after the button was pressed: the guest may go down any moment, so it is given its time.
 * One that stays up ignored the button, and its next power-off will be its own.
 */
async function finishStop(deps: PowerDeps, guest: Guest, limits: Limits): Promise<boolean> {
  if (!guest.metadata.stopping) return true;
  if (await off(deps, guest, limits.signal, performance.now() + limits.graceMs)) return false;
  await unlessOff(deps.domains.setLiveMetadata(guest.domain, { ...guest.metadata, stopping: false }));
  return !isOff(await deps.domains.state(guest.domain));
}

async function powerOffByButton(
  deps: PowerDeps,
  guest: Guest,
  { signal, graceMs }: Limits,
): Promise<boolean> {
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    await unlessOff(deps.domains.powerButton(guest.domain));
    if (await off(deps, guest, signal, Math.min(deadline, performance.now() + pressAgainMs))) return true;
  }
  return false;
}

async function off(deps: PowerDeps, guest: Guest, signal: AbortSignal, deadline: number): Promise<boolean> {
  for (;;) {
    // Subscribed before looking, so an event in between is not lost.
    const event = deps.events.next(
      guest.id,
      Math.min(lookAgainMs, Math.max(1, deadline - performance.now())),
      signal,
    );
    event.catch(() => {});
    if (isOff(await deps.domains.state(guest.domain))) return true;
    if (performance.now() >= deadline) return false;
    await event;
  }
}

async function mark(deps: PowerDeps, guest: Guest): Promise<Guest> {
  if (guest.metadata.stopping) return guest;
  const metadata = { ...guest.metadata, stopping: true };
  await unlessOff(deps.domains.setLiveMetadata(guest.domain, metadata));
  return { ...guest, metadata };
}

/** A call that needs a running domain, and whose purpose is met if it is off by now. */
async function unlessOff(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isLibvirtCode(error, libvirtCode.operationInvalid)) throw error;
  }
}

function isOff(state: DomainState): boolean {
  return powerOf(state, false).observed === "stopped" && state.state !== domainState.crashed;
}
