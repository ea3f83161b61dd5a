/** Stops all guests of a host that ends: asks each to shut down, and forces those that do not in time. */
import type { GuestSpec } from "@madang/core/wire/guest";
import type { HypervisorDriver } from "@madang/drivers/hypervisor/driver";
import type { Logger } from "pino";

/** How much longer than the guests' own time the forcing may take, ms. */
const forcingMs = 15_000;

export async function drainGuests(
  driver: HypervisorDriver,
  specs: readonly GuestSpec[],
  graceMs: number,
  log: Logger,
): Promise<void> {
  const running = (await driver.list()).filter(({ observed }) => observed === "running");
  const known = running.flatMap(({ guestId }) => specs.filter((spec) => spec.guestId === guestId));
  log.info({ guests: known.length, unknown: running.length - known.length }, "draining");
  const limit = AbortSignal.timeout(graceMs + forcingMs);
  const stopped = await Promise.allSettled(
    known.map((spec) =>
      driver.ensure(
        { spec: { ...spec, desired: "stopped" }, imagePath: null, userData: null, made: true },
        { signal: limit, shutdownGraceMs: graceMs },
      ),
    ),
  );
  for (const result of stopped) if (result.status === "rejected") log.error({ err: result.reason }, "drain");
}
