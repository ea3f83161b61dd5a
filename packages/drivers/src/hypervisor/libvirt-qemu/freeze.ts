/**
 * A guest's file systems at rest for a moment, by its own agent. A mark in the domain's metadata is there before they are
 * asked to rest and until they are known to go on, so whoever comes after a crash lets them go on.
 */
import { asCloudError } from "@madang/core/errors";
import type { DiskCalls } from "./disk-calls.ts";
import type { Domains } from "./domains.ts";
import type { Guest } from "./guests.ts";

type Deps = { domains: Pick<Domains, "metadata" | "setLiveMetadata">; disks: Pick<DiskCalls, "agent"> };

/** How long the guest's agent may take to bring its file systems to rest, s: meanwhile its writers wait. */
const freezeLimitSeconds = 5;
const thawLimitSeconds = 5;
/** One that did not answer in time may still do what it was asked: it is told to go on for so long. */
const thawTries = 60;
const thawEveryMs = 5_000;

/** `isQuiet` tells whether at least one file system was at rest. */
export async function whileQuiet(
  deps: Deps,
  guest: Guest,
  work: (isQuiet: boolean) => Promise<void>,
): Promise<void> {
  await mark(deps, guest, true);
  const frozen = await deps.disks.agent(guest.domain, "guest-fsfreeze-freeze", freezeLimitSeconds).then(
    (count) => Number(count),
    (error: unknown) => (isAgentMissing(error) ? "nobody" : "unknown"),
  );
  try {
    await work(typeof frozen === "number" && frozen > 0);
  } finally {
    if (frozen === "nobody") await mark(deps, guest, false);
    else if (!(await thaw(deps, guest))) void thawLater(deps, guest);
  }
}

/** Of a guest that was left at rest; false: nobody knows yet whether it goes on. */
export async function thawIfMarked(deps: Deps, guest: Guest): Promise<boolean> {
  return !guest.metadata.freezing || thaw(deps, guest);
}

async function thaw(deps: Deps, guest: Guest): Promise<boolean> {
  const isDone = await deps.disks.agent(guest.domain, "guest-fsfreeze-thaw", thawLimitSeconds).then(
    () => true,
    () => false,
  );
  if (isDone) await mark(deps, guest, false);
  return isDone;
}

async function thawLater(deps: Deps, guest: Guest): Promise<void> {
  for (let tries = 0; tries < thawTries; tries++) {
    await new Promise<void>((resolve) => setTimeout(resolve, thawEveryMs).unref());
    if (await thaw(deps, guest)) return;
  }
}

/** What else is in the mark may have changed meanwhile, so it is read again. */
async function mark(deps: Deps, guest: Guest, freezing: boolean): Promise<void> {
  try {
    const now = await deps.domains.metadata(guest.domain);
    if (!now || now.freezing === freezing) return;
    await deps.domains.setLiveMetadata(guest.domain, { ...now, freezing });
  } catch (error) {
    // A guest that ended meanwhile has no file systems at rest, and its next start no mark.
    if (freezing) throw error;
  }
}

function isAgentMissing(error: unknown): boolean {
  return /agent is not (connected|configured|available)/i.test(asCloudError(error).options.detail ?? "");
}
