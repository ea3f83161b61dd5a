/** The simulated hypervisor as kill-point.ts puts it into an agent: the same, each call of it counted. */
import { z } from "zod";
import {
  openSimulated as openUncounted,
  type SimulatedHypervisor,
  type SimulatedOptions,
} from "../../../../packages/drivers/src/hypervisor/fake.ts";

type DriverCall = <T>(call: () => Promise<T>) => Promise<T>;
const { madangDriverCall: counted } = z
  .object({ madangDriverCall: z.custom<DriverCall>((value) => typeof value === "function") })
  .parse(globalThis);

export function openSimulated(options?: SimulatedOptions): SimulatedHypervisor {
  const driver = openUncounted(options);
  return {
    ...driver,
    observe: (guestId) => counted(() => driver.observe(guestId)),
    ensure: (order, how) => counted(() => driver.ensure(order, how)),
    remove: (guestId, signal) => counted(() => driver.remove(guestId, signal)),
  };
}
